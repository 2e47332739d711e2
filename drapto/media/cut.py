"""Cuts a part out of a source, without coding anything anew: see `drapto.media.matroska.part`."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from drapto.engine import atomic
from drapto.errors import DISK_FULL, ElementError, SourceError, SpaceError
from drapto.media.matroska import ids
from drapto.media.matroska.blocks import track_width
from drapto.media.matroska.ebml import SIZE_WIDTH, Element, content, elements, encoded_size, real, unsigned
from drapto.media.matroska.part import NS, NotThereError, bounds, chosen, subtitles
from drapto.media.matroska.tree import Reader
from drapto.media.matroska.within import chapters_within, lasting, tags_within
from drapto.media.matroska.writing import HEADER, seek_head, write

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from drapto.engine.resources import DiskRate, Throttle
    from drapto.media.matroska.blocks import Block, Cluster
    from drapto.media.matroska.part import Bounds, Wanted

LARGEST_BLOCK = 1 << 28
"""Bytes of a block; an uncompressed picture of 8K has half of that."""

LEAST, MOST = -(1 << 15), (1 << 15) - 1
"""Ticks that a block may be from its cluster."""


@dataclass(frozen=True)
class Taken:
    """What was cut out.

    Attributes:
        since, until: When it begins and ends in the source, seconds: the first frame, and the first frame
            behind it; where it goes to the end of the film, that is None.
        frames: How many frames its picture has.
        bytes: Of the file.
    """

    since: float
    until: float | None
    frames: int
    bytes: int


def cut(
    source: Path,
    target: Path,
    wanted: Wanted,
    *,
    disk_rate: DiskRate | None = None,
    picture_only: bool = False,
) -> Taken:
    """Write a part of a source: tracks, chapters and attachments as they are in it, times from 0.

    Args:
        source: A Matroska file.
        target: Where to; written whole or not at all.
        wanted: Which part.
        disk_rate: How fast to write at most.
        picture_only: Leave out all but the picture.

    Raises:
        SourceError: The film has no such part, or is damaged there.
        SpaceError: The disk is full.
    """
    try:
        with source.open("rb") as file:
            reader = Reader(file)
            part = bounds(reader, wanted)
            with atomic.replacing(target) as partial, partial.open("wb") as written:
                throttle = None if disk_rate is None else disk_rate.throttle()
                _Writer(reader, part, written, throttle, picture_only=picture_only).write()
    except NotThereError as error:
        raise SourceError(
            f"does not have that part: {error.problem}", path=source, remedy="correct input.range, or --range"
        ) from error
    except ElementError as error:
        raise SourceError(
            f"cannot be cut ({error})", path=source, remedy="remux it, or encode all of it"
        ) from error
    except OSError as error:
        if error.errno in DISK_FULL:
            raise SpaceError("the disk is full", path=target, remedy="free some space") from error
        if error.errno == errno.EINVAL:  # it says that something lies where no file can reach
            remedy = "rip or copy it again"
            raise SourceError(f"has a damaged head ({error})", path=source, remedy=remedy) from error
        raise
    until = None if part.until is None else part.until * part.scale / NS
    return Taken(part.since * part.scale / NS, until, part.frames, target.stat().st_size)


class _Writer:
    """Writes a part into a file that is empty."""

    def __init__(
        self,
        reader: Reader,
        part: Bounds,
        file: IO[bytes],
        throttle: Throttle | None,
        *,
        picture_only: bool,
    ) -> None:
        self._reader = reader
        self._part = part
        self._file = file
        self._throttle = throttle
        self._picture_only = picture_only
        self._tracks = reader.first(ids.TRACKS)
        self._texts = subtitles(self._tracks)
        self._cues: list[tuple[int, int]] = []

    def write(self) -> None:
        """Write all of it.

        Raises:
            ElementError: The source is damaged.
        """
        head = self._head()
        self._file.write(HEADER.encode())
        self._file.write(Element(ids.SEGMENT, b"", SIZE_WIDTH).head(0))
        start = self._file.tell()
        named = [*(one.id for one in head), ids.CUES]
        self._file.write(seek_head(named, {}, start).encode())
        positions = {}
        for element in head:
            positions[element.id] = self._file.tell()
            write(element, self._file, self._reader)
        for cluster, inside in chosen(self._reader, self._part, self._tracks):
            kept = [one for one in inside if not self._picture_only or one.track == self._part.track]
            if kept:
                self._cluster(cluster, kept, start)
        positions[ids.CUES] = self._file.tell()
        self._file.write(Element(ids.CUES, tuple(self._cue_points())).encode())
        end = self._file.tell()
        self._file.seek(start - SIZE_WIDTH)
        self._file.write(encoded_size(end - start, SIZE_WIDTH))
        self._file.write(seek_head(named, positions, start).encode())

    def _head(self) -> list[Element]:
        """Return what stands before the clusters."""
        reader, part = self._reader, self._part
        info = reader.first(ids.INFO) or Element(ids.INFO, ())
        length = self._length(info)
        found = [info if length is None else lasting(info, length)]
        if self._tracks is not None:
            found.append(self._tracks_kept(self._tracks))
        if self._picture_only:
            return found
        until = None if part.until is None else part.until * part.scale
        chapters = reader.joined(ids.CHAPTERS)
        inside = chapters_within(chapters, part.since * part.scale, until) if chapters else None
        tags = reader.joined(ids.TAGS)
        more = (inside, tags_within(tags, inside) if tags else None, reader.joined(ids.ATTACHMENTS))
        return [*found, *(one for one in more if one is not None)]

    def _tracks_kept(self, tracks: Element) -> Element:
        if not self._picture_only:
            return tracks
        number = self._part.track
        entries = (one for one in tracks.of(ids.TRACK_ENTRY) if one.number(ids.TRACK_NUMBER) == number)
        return Element(tracks.id, tuple(entries))

    def _length(self, info: Element) -> float | None:
        """Return how many ticks the part lasts, where that is known."""
        if self._part.until is not None:
            return self._part.until - self._part.since
        stated = info.find(ids.DURATION)
        return None if stated is None else max(0.0, real(stated.value) - self._part.since)

    def _cluster(self, cluster: Cluster, inside: Sequence[Block], start: int) -> None:
        """Write a cluster with these blocks, by the part's clock."""
        time = max(0, cluster.time - self._part.since)
        position = self._file.tell() - start
        parts = [Element(ids.CLUSTER_TIMESTAMP, unsigned(time))]
        for block in inside:
            shown = max(0, block.time - self._part.since)
            parts.append(self._moved(block, shown, shown - time))
            if block.track == self._part.track and block.key:
                self._cues.append((shown, position))
        data = Element(ids.CLUSTER, tuple(parts)).encode()
        self._file.write(data)
        if self._throttle is not None:
            self._throttle.spend(len(data))

    def _moved(self, block: Block, shown: int, relative: int) -> Element:
        """Return a block that is shown at another time; a subtitle lasts as long as it does in the part."""
        if not LEAST <= relative <= MOST:
            raise ElementError("a block is too far from its cluster")
        data = content(self._reader.file, block.place, LARGEST_BLOCK)
        if block.place.id == ids.SIMPLE_BLOCK:
            return Element(block.place.id, _at(data, relative))
        parts = []
        for part in elements(data):
            if part.id == ids.BLOCK:
                parts.append(Element(part.id, _at(part.value, relative), part.width))
            elif part.id == ids.BLOCK_DURATION and block.track in self._texts:
                parts.append(Element(part.id, unsigned(self._lasts(block, shown))))
            else:
                parts.append(part)
        return Element(block.place.id, tuple(parts))

    def _lasts(self, block: Block, shown: int) -> int:
        """Return how long a block is shown in the part, ticks."""
        part = self._part
        end = block.time + (block.duration or 0)
        if part.until is not None:
            end = min(end, part.until)
        return max(0, end - part.since - shown)

    def _cue_points(self) -> Iterator[Element]:
        for time, position in self._cues:
            where = (
                Element(ids.CUE_TRACK, unsigned(self._part.track)),
                Element(ids.CUE_CLUSTER_POSITION, unsigned(position)),
            )
            yield Element(
                ids.CUE_POINT,
                (Element(ids.CUE_TIME, unsigned(time)), Element(ids.CUE_TRACK_POSITIONS, where)),
            )


def _at(block: bytes, relative: int) -> bytes:
    """Return a block with another time within its cluster."""
    width = track_width(block[:12])
    return block[:width] + relative.to_bytes(2, "big", signed=True) + block[width + 2 :]
