"""Matroska files with something wrong in them, by seed."""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING

from tests import clips
from tests.oddities import surgery

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.chaos.trials import Chaos

HEAD = 4096
"""Bytes at the beginning in which ffmpeg's files have all that is said of tracks."""

IDS = [
    bytes.fromhex(one)
    for one in (
        *("1A45DFA3", "18538067", "114D9B74", "4DBB", "53AC", "1549A966", "2AD7B1", "4489", "1654AE6B", "AE"),
        *("D7", "83", "86", "63A2", "23E383", "E0", "B0", "BA", "54B0", "55B0", "E1", "B5", "9F", "6264"),
        *("1F43B675", "E7", "A3", "A0", "A1", "9B", "FB", "75A1", "1C53BB6B", "BB", "F1", "1043A770", "B6"),
        *("1941A469", "61A7", "465C", "1254C367", "7373", "67C8", "6D80", "5034", "EC"),
    )
]
"""Elements whose sizes are changed (RFC 9559, section 5.1)."""


@functools.cache
def originals(chaos: Chaos) -> tuple[Path, ...]:
    """Make the files that are changed: codecs, tracks, times of several kinds, small."""
    folder, ffmpeg = chaos.folder / "originals", chaos.ffmpeg
    folder.mkdir(exist_ok=True)
    small = {"size": (160, 96), "frames": 36}
    return (
        clips.make_tracks(ffmpeg, folder / "tracks.mkv", frames=36),
        clips.make_clip(ffmpeg, folder / "h264.mkv", **small),
        clips.make_clip(ffmpeg, folder / "hevc.mkv", codec="hevc", **small),
        clips.make_clip(ffmpeg, folder / "mpeg2.mkv", codec="mpeg2", open_gop=True, **small),
        clips.make_clip(ffmpeg, folder / "ffv1.mkv", codec="ffv1", size=(96, 64), frames=12),
        clips.make_vfr(ffmpeg, folder / "vfr.mkv", frames=36),
    )


def _somewhere(data: bytearray, chance: random.Random, longest: int) -> tuple[int, int]:
    at = chance.randrange(len(data))
    return at, min(len(data), at + chance.randint(1, longest))


def _flip(data: bytearray, chance: random.Random, other: bytes) -> None:
    del other
    for _ in range(chance.choice((1, 1, 4, 64))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _head(data: bytearray, chance: random.Random, other: bytes) -> None:
    del other
    for _ in range(chance.choice((1, 1, 2, 8))):
        data[chance.randrange(min(HEAD, len(data)))] = chance.randrange(256)


def _cut(data: bytearray, chance: random.Random, other: bytes) -> None:
    del other
    del data[chance.randrange(len(data)) :]


def _drop(data: bytearray, chance: random.Random, other: bytes) -> None:
    del other
    at, end = _somewhere(data, chance, len(data) // 4)
    del data[at:end]


def _repeat(data: bytearray, chance: random.Random, other: bytes) -> None:
    del other
    at, end = _somewhere(data, chance, len(data) // 4)
    data[at:at] = data[at:end]


def _zeros(data: bytearray, chance: random.Random, other: bytes) -> None:
    del other
    at, end = _somewhere(data, chance, len(data) // 8)
    data[at:end] = bytes(end - at)


def _noise(data: bytearray, chance: random.Random, other: bytes) -> None:
    del other
    at, end = _somewhere(data, chance, 2000)
    data[at:end] = chance.randbytes(end - at)


def _graft(data: bytearray, chance: random.Random, other: bytes) -> None:
    at, end = _somewhere(data, chance, 20_000)
    begin = chance.randrange(len(other))
    data[at:end] = other[begin : begin + end - at]


def _size(data: bytearray, chance: random.Random, other: bytes) -> None:
    """Give an element another size, or another value."""
    del other
    identity = chance.choice([one for one in IDS if one in data])
    places = [at for at in range(len(data)) if data.startswith(identity, at)][:200]
    at = chance.choice(places) + len(identity) + chance.choice((0, 0, 1, 2))
    if at < len(data):
        data[at] = chance.choice((0, 1, 0x80, 0x81, 0xFE, 0xFF, chance.randrange(256)))


def _times(data: bytearray, chance: random.Random, other: bytes) -> None:
    """Give some blocks other times."""
    del other
    blocks = [at for _, at in surgery._blocks(bytes(data))]
    for at in chance.sample(blocks, min(len(blocks), chance.choice((1, 3, 20)))):
        data[at + 1 : at + 3] = chance.randbytes(2)


WAYS: dict[str, Callable[[bytearray, random.Random, bytes], None]] = {
    "flip": _flip,
    "head": _head,
    "cut": _cut,
    "drop": _drop,
    "repeat": _repeat,
    "zeros": _zeros,
    "noise": _noise,
    "graft": _graft,
    "size": _size,
    "times": _times,
}


def mutate(files: Sequence[Path], chance: random.Random, target: Path) -> tuple[Path, str]:
    """Write a changed file; return of which it is made, and how it was changed."""
    original, other = chance.choice(files), chance.choice(files)
    data = bytearray(original.read_bytes())
    ways = chance.choices(list(WAYS), k=chance.choice((1, 1, 1, 2, 3)))
    for way in ways:
        if len(data) > 1:
            with contextlib.suppress(IndexError):  # an element that tells its size falsely by now
                WAYS[way](data, chance, other.read_bytes())
    target.write_bytes(data)
    return original, f"{original.stem} {'+'.join(ways)}"
