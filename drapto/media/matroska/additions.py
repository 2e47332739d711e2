"""ITU-T T.35 messages in the additions of a track's blocks, as WebM carries HDR10+.

libavformat takes HDR10+ alone out of them, and in a form of its own; here they are as they stand in the file.
"""

from __future__ import annotations

from collections import defaultdict
from typing import IO, TYPE_CHECKING

from drapto.errors import ElementError
from drapto.media.matroska import ids
from drapto.media.matroska.ebml import content, elements, integer, place_at
from drapto.media.matroska.records import streams
from drapto.media.matroska.tree import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from drapto.media.matroska.ebml import Element, Place

T35 = 4
"""The type of a mapping to ITU-T T.35 messages (Matroska's block additional mappings), and the ID that such
additions have in a track without mappings."""

LARGEST = 1 << 20
"""Bytes of the additions of one block."""

BLOCK_HEAD = 11
"""Bytes of a block up to its flags: a track's number of at most 8, a time of 2."""

ENTERED = (ids.SEGMENT, ids.CLUSTER, ids.BLOCK_GROUP)


def t35_additions(source: Path, stream: int) -> Mapping[int, list[bytes]]:
    """Return the messages beside a track's blocks, by the blocks' times in ticks; all up to damage.

    Args:
        source: A Matroska file.
        stream: Which of ffmpeg's streams the track is.
    """
    found: dict[int, list[bytes]] = defaultdict(list)
    with source.open("rb") as file:
        try:
            entry = streams(Reader(file).first(ids.TRACKS))[stream]
            track, wanted = entry.number(ids.TRACK_NUMBER), _wanted(entry)
            for number, time, additions in _additions(file):
                if number == track:
                    found[time] += _messages(additions, wanted)
        except (ElementError, KeyError):
            return found  # ffmpeg has read the file: what it makes of it is all there is
    return found


def _wanted(entry: Element) -> set[int]:
    mappings = entry.of(ids.BLOCK_ADDITION_MAPPING)
    mapped = {
        mapping.number(ids.BLOCK_ADDITION_VALUE, T35)
        for mapping in mappings
        if mapping.number(ids.BLOCK_ADDITION_TYPE) == T35
    }
    return mapped or {T35}


def _additions(file: IO[bytes]) -> Iterator[tuple[int, int, bytes]]:
    """Yield track, time and content of all blocks' additions, in the order of the file."""
    at = cluster = 0
    track = time = -1
    while (place := place_at(file, at)) is not None:
        at = place.start if place.id in ENTERED or place.end is None else place.end
        if place.id == ids.CLUSTER_TIMESTAMP:
            cluster = integer(content(file, place, 8))
        elif place.id == ids.BLOCK:
            track, relative = _block(file, place)
            time = cluster + relative
        elif place.id == ids.BLOCK_ADDITIONS:
            yield track, time, content(file, place, LARGEST)


def _block(file: IO[bytes], place: Place) -> tuple[int, int]:
    """Return a block's track, and its time within its cluster."""
    file.seek(place.start)
    head = file.read(BLOCK_HEAD)
    width = 9 - head[0].bit_length() if head else 9
    if len(head) < width + 2 or width > 8:  # noqa: PLR2004  a number's longest, and the time's two bytes
        raise ElementError("a block is cut short")
    number = int.from_bytes(head[:width], "big") & ((1 << 7 * width) - 1)
    return number, int.from_bytes(head[width : width + 2], "big", signed=True)


def _messages(additions: bytes, wanted: set[int]) -> Iterator[bytes]:
    for more in elements(additions):
        if more.id == ids.BLOCK_MORE:
            parts = {part.id: part.value for part in elements(more.value)}
            if integer(parts.get(ids.BLOCK_ADD_ID, b"\1")) in wanted and ids.BLOCK_ADDITIONAL in parts:
                yield parts[ids.BLOCK_ADDITIONAL]
