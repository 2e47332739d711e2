"""Where a part of a Matroska file lies that can stand alone, its blocks as they are.

It begins with a keyframe, at or before the wanted time, since nothing else decodes by itself; leading
pictures of that keyframe, which need what comes before it, are left out. It ends behind the last picture that
is shown before the wanted end, or as few behind that as the order of decoding allows: where all that was
decoded so far is shown before all that follows, so that no picture is missing, and none needs one that is.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from drapto.errors import ElementError
from drapto.media.matroska import ids
from drapto.media.matroska.blocks import Block, blocks, clusters, cued
from drapto.media.matroska.ebml import real
from drapto.media.matroska.records import streams
from drapto.words import clock_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drapto.media.matroska.blocks import Cluster
    from drapto.media.matroska.ebml import Element
    from drapto.media.matroska.tree import Reader

NS = 1_000_000_000

DEFAULT_SCALE = 1_000_000
"""Nanoseconds of a tick where a file does not say it (RFC 9559, TimestampScale)."""

LOOK_BACK = 60.0
"""Seconds before the part in which subtitles are looked for that are still shown in it."""

MUXED_APART = 10.0
"""Seconds by which what is shown at one time may lie apart in a file."""

REORDERED = 64
"""Pictures behind the end that are looked at: a picture is decoded at most 16 before it is shown (H.264's and
HEVC's largest buffer), and each may have two blocks."""

TOLERANCE = 1.0
"""Seconds by which an end may lie behind the film's: people round up."""

VIDEO, SUBTITLES = 1, 0x11
"""RFC 9559, TrackType."""


class NotThereError(ElementError):
    """A part that the film does not have."""


@dataclass(frozen=True)
class Wanted:
    """What part of a film is wanted.

    Attributes:
        start, end: Seconds from the film's beginning; no end is that of the film.
        stream: Which of ffmpeg's streams is the picture; that with the most frames by default.
    """

    start: float
    end: float | None = None
    stream: int | None = None


class Bounds(NamedTuple):
    """Where a part lies in its film.

    Attributes:
        track: The number of the track with the picture.
        since, until: When it begins and ends, ticks; it goes on to the end of the film without one.
        first, behind: Where the block of its first picture begins, and that of the first one behind it,
            bytes; without the latter it goes on to the end.
        frames: How many blocks of the picture it has.
        scale: Nanoseconds of a tick.
        from_cluster: Where the cluster begins from which on there is something of it.
    """

    track: int
    since: int
    until: int | None
    first: int
    behind: int | None
    frames: int
    scale: int
    from_cluster: int | None


def bounds(reader: Reader, wanted: Wanted) -> Bounds:
    """Return where the part lies that is wanted.

    Raises:
        NotThereError: The film has no such part.
        ElementError: The file is damaged there.
    """
    info, tracks = reader.first(ids.INFO), reader.first(ids.TRACKS)
    scale = (info.number(ids.TIMESTAMP_SCALE) if info else 0) or DEFAULT_SCALE
    stated = _require_length(info, scale, wanted)
    start = round(wanted.start * NS / scale)
    end = None if wanted.end is None else round(wanted.end * NS / scale)
    look_from = start - round(LOOK_BACK * NS / scale)
    at = cued(reader, look_from) if look_from > 0 else None
    track = _picture(reader, tracks, wanted, start, at)
    found = _pictures(reader, at, track, start, end)
    if at is not None and (found is None or found[0][0].time > start):  # no keyframe for so long
        at, found = None, _pictures(reader, None, track, start, end)
    if found is None:
        raise NotThereError("it has no picture there")
    pictures, last = found
    latest = max(one.time for one in pictures)
    if end is not None and last and not stated and latest < end - round(TOLERANCE * NS / scale):
        raise NotThereError(f"it ends at {clock_text(latest * scale / NS)}")
    count, until = _end(pictures, end)
    behind = pictures[count].place.at if count < len(pictures) else None
    kept = sum(one.time >= pictures[0].time for one in pictures[:count])
    return Bounds(track, pictures[0].time, until, pictures[0].place.at, behind, kept, scale, at)


def _require_length(info: Element | None, scale: int, wanted: Wanted) -> bool:
    """Refuse what lies behind the end; return whether the file says when that is."""
    stated = info.find(ids.DURATION) if info else None
    length = real(stated.value) * scale / NS if stated else 0.0
    if length and (wanted.start >= length or (wanted.end or 0.0) > length + TOLERANCE):
        raise NotThereError(f"it ends at {clock_text(length)}")
    return bool(length)


def _picture(reader: Reader, tracks: Element | None, wanted: Wanted, start: int, at: int | None) -> int:
    """Return the number of the track with the picture: of several, the one with most of it near the start."""
    known = streams(tracks)
    if wanted.stream is not None and wanted.stream in known:
        return known[wanted.stream].number(ids.TRACK_NUMBER)
    numbers = [one.number(ids.TRACK_NUMBER) for one in known.values() if one.number(ids.TRACK_TYPE) == VIDEO]
    if not numbers:
        raise NotThereError("it has no picture")
    if len(numbers) == 1:
        return numbers[0]
    counts = dict.fromkeys(numbers, 0)
    for cluster in clusters(reader, at):
        for block in blocks(reader.file, cluster):
            if block.track in counts:
                counts[block.track] += 1
        if cluster.time >= start and sum(counts.values()) > REORDERED:
            break
    return max(numbers, key=lambda number: counts[number])


def _pictures(
    reader: Reader, at: int | None, track: int, start: int, end: int | None
) -> tuple[list[Block], bool] | None:
    """Return the picture's blocks from the keyframe for ``start`` on to some behind ``end``.

    Returns:
        The blocks, in the order of decoding, and whether they go to the end of the film; None where there is
        no such keyframe.
    """
    found: list[Block] = []
    behind = 0
    for block in _blocks_of(reader, at, track):
        if block.key and (not found or found[0].time < block.time <= start):
            found, behind = [block], 0
        elif found:
            found.append(block)
        behind = behind + 1 if end is not None and block.time >= end and block.time > start else 0
        if behind == REORDERED and found:
            return found, False
    return (found, True) if found else None


def _blocks_of(reader: Reader, at: int | None, track: int) -> Iterator[Block]:
    for cluster in clusters(reader, at):
        yield from (block for block in blocks(reader.file, cluster) if block.track == track)


def _end(pictures: list[Block], end: int | None) -> tuple[int, int | None]:
    """Return how many of the pictures are in the part, and when the first one behind it is shown."""
    if end is None:
        return len(pictures), None
    times = [one.time for one in pictures]
    first_left = list(accumulate(reversed(times), min))[::-1]
    last_seen = list(accumulate(times, max))
    for number in range(1, len(times)):
        if first_left[number] >= end and last_seen[number - 1] < first_left[number]:
            return number, first_left[number]
    return len(times), None


def subtitles(tracks: Element | None) -> set[int]:
    """Return the numbers of the subtitle tracks."""
    entries = tracks.of(ids.TRACK_ENTRY) if tracks else []
    return {one.number(ids.TRACK_NUMBER) for one in entries if one.number(ids.TRACK_TYPE) == SUBTITLES}


def chosen(reader: Reader, part: Bounds, tracks: Element | None) -> Iterator[tuple[Cluster, list[Block]]]:
    """Yield the clusters of a part, with those of their blocks that are in it, in the order of the file.

    Raises:
        ElementError: The file is damaged there.
    """
    texts, begun = subtitles(tracks), set[int]()
    delays = _delays(tracks, part.scale)
    last = None if part.until is None else part.until + round(MUXED_APART * NS / part.scale)
    for cluster in clusters(reader, part.from_cluster):
        if last is not None and cluster.time > last:
            return
        inside = [
            block
            for block in blocks(reader.file, cluster)
            if _is_in(block, part, texts, begun, delays.get(block.track, 0))
        ]
        if inside:
            yield cluster, inside


def _delays(tracks: Element | None, scale: int) -> dict[int, int]:
    """Return by how many ticks each track is heard before its blocks' times (RFC 9559, CodecDelay)."""
    entries = tracks.of(ids.TRACK_ENTRY) if tracks else []
    return {one.number(ids.TRACK_NUMBER): round(one.number(ids.CODEC_DELAY) / scale) for one in entries}


def _is_in(block: Block, part: Bounds, texts: set[int], begun: set[int], delay: int) -> bool:
    """Tell whether a block is in a part; what needs others is not before one has begun that needs none.

    A decoder drops as much of the sound's beginning as its delay, so that begins with the part by its blocks'
    times, and ends with it by when they are heard.
    """
    if block.track == part.track:
        before = part.behind is None or block.place.at < part.behind
        return block.place.at >= part.first and before and block.time >= part.since
    end = block.time + (block.duration or 0) if block.track in texts else block.time
    if (part.until is not None and block.time - delay >= part.until) or max(end - 1, block.time) < part.since:
        return False
    if block.track not in begun and not block.key:
        return False
    begun.add(block.track)
    return True
