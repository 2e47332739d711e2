"""The blocks of a Matroska file (RFC 9559, "Cluster"): where they lie, whose they are, when they are on."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, NamedTuple

from drapto.errors import ElementError
from drapto.media.matroska import ids
from drapto.media.matroska.ebml import content, elements, integer, place_at, places

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drapto.media.matroska.ebml import Place
    from drapto.media.matroska.tree import Reader

BLOCK_HEAD = 12
"""Bytes of a block up to its flags and with them: a track's number of at most 8, a time of 2, flags of 1."""

KEYFRAME = 0x80
"""The flag of a SimpleBlock that says that it needs no other one."""

IN_CLUSTERS = frozenset(
    (
        *(ids.CLUSTER_TIMESTAMP, ids.SIMPLE_BLOCK, ids.BLOCK_GROUP, ids.VOID, ids.CRC_32),
        *(ids.CLUSTER_POSITION, ids.CLUSTER_PREV_SIZE, ids.SILENT_TRACKS),
    )
)
"""What may stand in a cluster; with anything else begins what follows one that does not say its size."""


class Cluster(NamedTuple):
    """A cluster: when it begins, ticks, and where what is in it lies, bytes."""

    time: int
    start: int
    end: int


class Block(NamedTuple):
    """A block.

    Attributes:
        place: Where its SimpleBlock, or its BlockGroup, lies.
        track: The number of its track.
        time: When it is shown, ticks.
        key: Whether it needs no other one.
        duration: How long it is shown, ticks; None where it does not say so.
    """

    place: Place
    track: int
    time: int
    key: bool
    duration: int | None = None


def clusters(reader: Reader, start: int | None = None) -> Iterator[Cluster]:
    """Yield the clusters of a file, in its order.

    Args:
        reader: The file.
        start: Where the first that is wanted begins; that of the file by default.

    Raises:
        ElementError: The file is damaged there.
    """
    file = reader.file
    size = file.seek(0, 2)
    last = size if reader.segment.end is None else min(size, reader.segment.end)
    at = reader.clusters if start is None else start
    while at is not None and at < last and (place := place_at(file, at)) is not None:
        if place.id in (ids.EBML, ids.SEGMENT):
            return
        end = _end(file, place, last) if place.end is None else min(place.end, last)
        if place.id == ids.CLUSTER:
            yield Cluster(_time(file, place.start, end), place.start, end)
        at = end


def _end(file: IO[bytes], cluster: Place, last: int) -> int:
    """Return where a cluster ends that does not say its size."""
    at = cluster.start
    while at < last and (place := place_at(file, at)) is not None and place.id in IN_CLUSTERS:
        if place.end is None:
            raise ElementError("an element does not say its size")
        at = place.end
    return min(at, last)


def _time(file: IO[bytes], start: int, end: int) -> int:
    for place in places(file, start, end):
        if place.id == ids.CLUSTER_TIMESTAMP:
            return integer(content(file, place, 8))
    return 0


def blocks(file: IO[bytes], cluster: Cluster) -> Iterator[Block]:
    """Yield the blocks of a cluster, in the order of the file.

    Raises:
        ElementError: It is damaged.
    """
    for place in places(file, cluster.start, cluster.end):
        if place.id == ids.SIMPLE_BLOCK:
            track, relative, flags = _head(file, place)
            yield Block(place, track, cluster.time + relative, bool(flags & KEYFRAME))
        elif place.id == ids.BLOCK_GROUP and (found := _group(file, place, cluster.time)) is not None:
            yield found


def _group(file: IO[bytes], group: Place, time: int) -> Block | None:
    track, duration, key = None, None, True
    for place in places(file, group.start, group.end):
        if place.id == ids.BLOCK:
            track, relative, _ = _head(file, place)
            time += relative
        elif place.id == ids.BLOCK_DURATION:
            duration = integer(content(file, place, 8))
        elif place.id == ids.REFERENCE_BLOCK:
            key = False
    return None if track is None else Block(group, track, time, key, duration)


def _head(file: IO[bytes], place: Place) -> tuple[int, int, int]:
    """Return a block's track, its time within its cluster, and its flags."""
    file.seek(place.start)
    head = file.read(BLOCK_HEAD)
    width = track_width(head)
    number = int.from_bytes(head[:width], "big") & ((1 << 7 * width) - 1)
    return number, int.from_bytes(head[width : width + 2], "big", signed=True), head[width + 2]


def track_width(head: bytes) -> int:
    """Return how many bytes the number of its track has at the beginning of a block.

    Raises:
        ElementError: It is cut short.
    """
    width = 9 - head[0].bit_length() if head else 9
    if len(head) < width + 3 or width > 8:  # noqa: PLR2004  a number's longest, then a time and flags
        raise ElementError("a block is cut short")
    return width


def cued(reader: Reader, time: int) -> int | None:
    """Return where the last cluster begins that the cues name for ``time`` (ticks) or before, if any."""
    cues = reader.place(ids.CUES)
    found = None
    try:
        for place in places(reader.file, cues.start, cues.end) if cues else ():
            if place.id != ids.CUE_POINT:
                continue
            parts = elements(content(reader.file, place, MOST_OF_A_CUE))
            if next((integer(one.value) for one in parts if one.id == ids.CUE_TIME), 0) > time:
                break
            for one in parts:
                if one.id == ids.CUE_TRACK_POSITIONS:
                    inside = {part.id: part.value for part in elements(one.value)}
                    found = reader.segment.start + integer(inside.get(ids.CUE_CLUSTER_POSITION, b""))
        named = None if found is None else place_at(reader.file, found)
    except ElementError:
        return None
    return found if named is not None and named.id == ids.CLUSTER else None


MOST_OF_A_CUE = 64 << 10
"""Bytes of a cue; one has 20 for each track."""
