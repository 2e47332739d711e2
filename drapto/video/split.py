"""Split a source by stream copy, frame-exact, open GOP included.

The frames of all segment sources in order, each one's decode cut to the planned ones, are the source's. Where
a title's fields are filtered, a segment source also holds neighbours of its frames
(`drapto.video.fieldfilters`).
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drapto.media.bounds import encoder_rate
from drapto.media.fields.model import Cadence, cadence
from drapto.media.orientation import as_shown
from drapto.media.timestamps import read_timestamps, write_timestamps
from drapto.media.uniform import uniform_filters
from drapto.video import cut
from drapto.video.fieldfilters import LEAD_IN, LEAD_OUT, field_filters, needs_neighbours
from drapto.video.plan import Segment, SegmentPlan
from drapto.video.segment_writer import Span, copy_segments

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from drapto.engine.resources import DiskRate
    from drapto.media.fields.model import FieldRate, FieldsInfo
    from drapto.media.model import SourceInfo

NS = cut.NS


@dataclass(frozen=True)
class Request:
    """What `split` is asked for.

    Attributes:
        source: The source file.
        work: The title's work directory, which paths in the plan are relative to.
        plan: The plan to write.
        segments: The directory of the segment sources.
        timestamps: The file of all of the source's frames' times.
        keyframes: The file of the keyframes' times.
        planned: The file to write of all of the output's frames' times.
    """

    source: Path
    work: Path
    plan: Path
    segments: Path
    timestamps: Path
    keyframes: Path
    planned: Path


@dataclass(frozen=True)
class Cutting:
    """How a title is to be cut.

    Attributes:
        strategy: The strategy's name, for the record.
        reason: Why that strategy, for the record.
        chunk_size: Wanted length of a segment in seconds, or None for one segment.
        field_rate: How often an interlaced title's pictures come.
        settings: The settings slice, for the record.
    """

    strategy: str
    reason: str
    chunk_size: float | None
    field_rate: FieldRate
    settings: dict[str, object]


def split(
    request: Request, info: SourceInfo, fields: FieldsInfo, cutting: Cutting, *, disk_rate: DiskRate
) -> SegmentPlan:
    """Write the segment sources and the plan; a title that is not cut is one segment, read from its source.

    Args:
        request: The files.
        info: What is in the source.
        fields: What its pictures are made of.
        cutting: How it is to be cut.
        disk_rate: How fast to write at most.

    Raises:
        SourceError: The source cannot be read to its end.
        SpaceError: The disk is full.
    """
    chunk_size, field_rate, reason = cutting.chunk_size, cutting.field_rate, cutting.reason
    times = read_timestamps(request.timestamps)
    keyframes = read_timestamps(request.keyframes)
    cuts = cut.choose_cuts(times, keyframes, chunk_size) if chunk_size is not None else []
    pulse = cadence(fields.kind, field_rate)
    ranges = _whole_cycles(cut.frame_ranges(times, cuts), pulse)
    paths = [request.segments / f"{number:04d}.mkv" for number in range(1, len(ranges) + 1)]
    if cuts:
        neighbours = needs_neighbours(fields)
        spans = _spans(paths, ranges, times, keyframes, neighbours=neighbours)
        copy_segments(request.source, info, spans, disk_rate)
    _remove_others(request.segments, keep={path.name for path in paths} if cuts else set())
    end = times[-1] + round(NS / info.video.rate)
    planned = pulse.times(times, end)
    write_timestamps(request.planned, planned)
    before = uniform_filters(info.video, fields=needs_neighbours(fields))
    after = as_shown(info.video)
    filters = [
        (*before, *field_filters(fields, field_rate, times, frames, leads=bool(cuts)), *after)
        for frames in ranges
    ]
    segments = [
        _describe(request, number, _made(frames, pulse), planned, end, split=bool(cuts), filters=own)
        for number, (frames, own) in enumerate(zip(ranges, filters, strict=True), start=1)
    ]
    plan = SegmentPlan(
        digest=info.digest,
        settings=cutting.settings,
        strategy=cutting.strategy,
        reason=reason if cuts or chunk_size is None else f"{reason}; no keyframe near a cut, so one segment",
        rate=encoder_rate(info.video.rate * pulse.ratio),
        segments=tuple(segments),
    )
    return plan.write(request.plan)


def _whole_cycles(ranges: Sequence[range], pulse: Cadence) -> list[range]:
    """Return the segments' frames of the source with every border moved on to the end of a cycle."""
    ends = [-(-frames.stop // pulse.taken) * pulse.taken for frames in ranges[:-1]]
    bounds = sorted({0, *(end for end in ends if end < ranges[-1].stop)})
    return [range(first, end) for first, end in zip(bounds, [*bounds[1:], ranges[-1].stop], strict=True)]


def _made(frames: range, pulse: Cadence) -> range:
    """Return the output's frames that some of the source's become; the first one begins a cycle."""
    first = pulse.frames(frames.start)
    return range(first, first + pulse.frames(len(frames)))


def _spans(
    paths: Sequence[Path],
    ranges: Sequence[range],
    times: Sequence[int],
    keyframes: Sequence[int],
    *,
    neighbours: bool,
) -> list[Span]:
    """Return what each segment source must hold to decode to its frames, and to their neighbours."""
    shown = set(times)
    starts = [key for key in keyframes if key in shown and key > times[0]]
    lead_in, lead_out = (LEAD_IN, LEAD_OUT) if neighbours else (0, 0)
    spans = []
    for path, frames in zip(paths, ranges, strict=True):
        first = times[max(0, frames.start - lead_in)]
        last = frames.stop - 1 + lead_out
        key = bisect_right(starts, first)
        spans.append(
            Span(
                path,
                start=starts[key - 1] if key and frames.start else None,
                last=times[last] if last < len(times) - 1 else None,
            )
        )
    return spans


def _describe(
    request: Request,
    number: int,
    frames: range,
    times: Sequence[int],
    end: int,
    *,
    split: bool,
    filters: tuple[str, ...],
) -> Segment:
    path = request.segments / f"{number:04d}.mkv" if split else None
    after = times[frames.stop] if frames.stop < len(times) else end
    return Segment(
        index=number,
        path=path.relative_to(request.work).as_posix() if path else None,
        size=(path or request.source).stat().st_size,
        start_time=times[frames.start] / NS,
        duration=(after - times[frames.start]) / NS,
        frames=len(frames),
        first_frame=frames.start,
        keyint=cut.longest_run(times[frames.start : frames.stop]),
        filters=filters,
    )


def _remove_others(folder: Path, keep: set[str]) -> None:
    """Remove the segment sources of an earlier plan, which nothing refers to any more."""
    for path in folder.glob("*.mkv"):
        if path.name not in keep:
            path.unlink()
