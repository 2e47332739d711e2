"""What ffmpeg's muxer does not write, done to a file that it has written: elements moved and changed.

A few lines of their own, and not drapto's reader: what is made here is what that is tried on. Element IDs are
those of RFC 9559, sections 5.1 and 8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

SEGMENT, SEEK_HEAD, VOID, INFO, TRACKS, CLUSTER, CUES = (
    bytes.fromhex(one)
    for one in ("18538067", "114D9B74", "EC", "1549A966", "1654AE6B", "1F43B675", "1C53BB6B")
)
TIMESTAMP_SCALE, SIMPLE_BLOCK, BLOCK_GROUP, BLOCK = (
    bytes.fromhex(one) for one in ("2AD7B1", "A3", "A0", "A1")
)


def scaled(path: Path, scale: int) -> None:
    """Set ``TimestampScale``, nanoseconds; the ticks stay."""
    content = path.read_bytes()
    at = content.index(TIMESTAMP_SCALE)
    length = content[at + 3] & 0x7F
    path.write_bytes(content[: at + 4] + scale.to_bytes(length, "big") + content[at + 4 + length :])


def element(identity: bytes, content: bytes) -> bytes:
    """Return an element whose size has eight bytes, as any size fits in."""
    return identity + (0x01 << 56 | len(content)).to_bytes(8, "big") + content


def joined(parts: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Return elements, each of its ID and its content, one behind the other."""
    return b"".join(element(identity, content) for identity, content in parts)


def children(content: bytes) -> list[tuple[bytes, bytes]]:
    """Return the elements in an element's content: ID and content of each."""
    at, found = 0, []
    while at < len(content):
        identity, inner, end = _read(content, at)
        found.append((identity, content[inner:end]))
        at = end
    return found


def rewritten(
    path: Path,
    changes: Mapping[bytes, Callable[[bytes], bytes]],
    before: Mapping[bytes, bytes] | None = None,
) -> None:
    """Change the content of elements of the highest level, by their IDs; without an index then.

    Args:
        path: The file.
        changes: What becomes of the content of each.
        before: What is put in front of each.
    """
    content = path.read_bytes()
    start, elements = _elements(content)
    parts = []
    for identity, at, end in elements:
        if identity in (SEEK_HEAD, VOID, CUES):
            continue
        _, inner, _ = _read(content, at)
        own = content[inner:end]
        parts.append((before or {}).get(identity, b"") + element(identity, changes.get(identity, bytes)(own)))
    body = b"".join(parts)
    path.write_bytes(content[: start - 8] + (0x01 << 56 | len(body)).to_bytes(8, "big") + body)


def second_seek_head(path: Path) -> None:
    """Put another ``SeekHead``, which points at the tracks, into the room that the muxer leaves."""
    content = path.read_bytes()
    start, elements = _elements(content)
    tracks = next(at for identity, at, _ in elements if identity == TRACKS)
    _, at, end = next(one for one in elements if one[0] == VOID)
    added = _seek_head({TRACKS: tracks - start})
    room = end - at - len(added)
    filled = added + VOID + (0x01 << 56 | (room - 9)).to_bytes(8, "big") + bytes(room - 9)
    path.write_bytes(content[:at] + filled + content[end:])


def tracks_last(path: Path) -> None:
    """Move ``Tracks`` behind the clusters, a ``SeekHead`` says where; without an index."""
    content = path.read_bytes()
    start, elements = _elements(content)
    kept = [(one, content[at:end]) for one, at, end in elements if one not in (SEEK_HEAD, VOID, TRACKS, CUES)]
    tracks = next(content[at:end] for one, at, end in elements if one == TRACKS)
    empty = len(_seek_head({INFO: 0, TRACKS: 0}))
    body = b"".join(part for _, part in kept)
    head = _seek_head({INFO: empty, TRACKS: empty + len(body)})
    assert kept[0][0] == INFO
    size = (0x01 << 56 | (len(head) + len(body) + len(tracks))).to_bytes(8, "big")
    path.write_bytes(content[: start - 8] + size + head + body + tracks)


def equal_times(path: Path, number: int = 5) -> None:
    """Give block ``number`` of each track the time of the one before it, where both are in one cluster."""
    content = bytearray(path.read_bytes())
    seen: dict[int, tuple[int, int]] = {}
    for cluster, at in _blocks(bytes(content)):
        track = content[at]
        count, before = seen.get(track, (0, -1))
        if count == number and before >= cluster:
            content[at + 1 : at + 3] = content[before + 1 : before + 3]
        seen[track] = count + 1, at
    path.write_bytes(content)


def _blocks(content: bytes) -> Iterator[tuple[int, int]]:
    """Yield where each block's cluster and its own content (track, time, flags) begin."""
    start = content.index(SEGMENT) + 12
    waiting, cluster = [(start, len(content))], 0
    while waiting:
        at, end = waiting.pop()
        while at < end:
            identity, inner, after = _read(content, at)
            if identity == CLUSTER:
                cluster = inner
            if identity in (CLUSTER, BLOCK_GROUP):
                waiting.append((min(after, end), end))
                at, end = inner, min(after, end)
                continue
            if identity in (SIMPLE_BLOCK, BLOCK):
                yield cluster, inner
            at = after


def _read(content: bytes, at: int) -> tuple[bytes, int, int]:
    """Return an element's ID, where its content begins and ends; one of unknown size ends nowhere."""
    width = _width(content[at])
    length = _width(content[at + width])
    inner = at + width + length
    size = int.from_bytes(content[at + width : inner], "big") & ((1 << 7 * length) - 1)
    return content[at : at + width], inner, len(content) if size == (1 << 7 * length) - 1 else inner + size


def _elements(content: bytes) -> tuple[int, list[tuple[bytes, int, int]]]:
    """Return where the segment's content begins, and each element in it: ID, first byte, byte behind it."""
    start = content.index(SEGMENT) + 12
    at, found = start, []
    while at < len(content):
        identity, _, end = _read(content, at)
        found.append((identity, at, end))
        at = end
    return start, found


def _width(first: int) -> int:
    return 9 - first.bit_length()


def _element(identity: str, content: bytes) -> bytes:
    return bytes.fromhex(identity) + bytes([0x80 | len(content)]) + content


def _seek_head(places: dict[bytes, int]) -> bytes:
    """Return a ``SeekHead`` with the places of elements, bytes from the start of the segment's content."""
    seeks = b"".join(
        _element("4DBB", _element("53AB", identity) + _element("53AC", place.to_bytes(8, "big")))
        for identity, place in places.items()
    )
    return _element(SEEK_HEAD.hex(), seeks)
