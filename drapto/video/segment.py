"""Split a source by stream copy, frame-exact, open GOP included.

ffmpeg's segment muxer cuts the packet list, and loses the leading pictures of every open GOP at a cut. Here
each piece gets its own packets and, at its end, the next piece's keyframe with the leading pictures that need
it; its decode is then cut to the planned frames. The frames of all pieces in order are the source's.
"""

from __future__ import annotations

import contextlib
import errno
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, cast

import av

from drapto.engine import atomic
from drapto.engine.resources import Throttle
from drapto.errors import SourceError, SpaceError
from drapto.media.timestamps import read_timestamps
from drapto.video import cut
from drapto.video.plan import Segment, SegmentPlan

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from av.container import OutputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

    from drapto.media.model import SourceInfo

NS = cut.NS

MILLISECOND = Fraction(1, 1000)
"""Matroska's usual tick."""

ANY_DTS = -(1 << 40)
"""Matroska stores no decoding times; the muxer only wants them not to fall and not to pass the presentation
time."""


@dataclass(frozen=True)
class Request:
    """What `split` is asked for.

    Attributes:
        source: The source file.
        work: The title's work directory, which paths in the plan are relative to.
        plan: The plan to write.
        segments: The directory of the pieces.
        timestamps: The file of all frames' times.
        keyframes: The file of the keyframes' times.
    """

    source: Path
    work: Path
    plan: Path
    segments: Path
    timestamps: Path
    keyframes: Path


def split(
    request: Request,
    info: SourceInfo,
    *,
    strategy: str,
    reason: str,
    chunk_size: float | None,
    settings: dict[str, object],
    disk_rate: int,
) -> SegmentPlan:
    """Write the pieces and the plan; a title that is not cut gets a plan of one piece, the source itself.

    Args:
        request: The files.
        info: What is in the source.
        strategy: The strategy's name, for the record.
        reason: Why that strategy, for the record.
        chunk_size: Wanted length of a piece in seconds, or None for one piece.
        settings: The settings slice, for the record.
        disk_rate: Bytes per second to write at most.

    Raises:
        SourceError: The source cannot be read to its end.
        SpaceError: The disk is full.
    """
    times = read_timestamps(request.timestamps)
    keyframes = read_timestamps(request.keyframes)
    cuts = cut.choose_cuts(times, keyframes, chunk_size) if chunk_size is not None else []
    ranges = cut.frame_ranges(times, cuts)
    names = [f"{number:04d}.mkv" for number in range(1, len(ranges) + 1)] if cuts else []
    if cuts:
        paths = [request.segments / name for name in names]
        _copy(request.source, info, cuts, paths, disk_rate)
    _remove_others(request.segments, keep=set(names))
    end = times[-1] + round(NS / info.video.rate)
    plan = SegmentPlan(
        digest=info.digest,
        settings=settings,
        strategy=strategy,
        reason=reason if cuts or chunk_size is None else f"{reason}; no keyframe to cut at, so one segment",
        rate=info.video.rate,
        timestamps=request.timestamps.relative_to(request.work).as_posix(),
        segments=tuple(
            _describe(request, number, frames, times, end, split=bool(cuts))
            for number, frames in enumerate(ranges, start=1)
        ),
    )
    return plan.write(request.plan)


def _describe(
    request: Request, number: int, frames: range, times: Sequence[int], end: int, *, split: bool
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
    )


def _remove_others(folder: Path, keep: set[str]) -> None:
    """Remove the pieces of an earlier plan, which nothing refers to any more."""
    for path in folder.glob("*.mkv"):
        if path.name not in keep:
            path.unlink()


class _Piece:
    """A segment file being written."""

    def __init__(self, container: OutputContainer, template: VideoStream, rate: Fraction) -> None:
        self._container = container
        # opaque: the codec need not have an encoder here (VC-1 has none), it is only copied
        self._stream = container.add_stream_from_template(template, opaque=True)
        # the same nominal rate in every piece, so that every encoder is told the same
        self._stream.codec_context.framerate = rate

    def write(self, packet: Packet[VideoStream]) -> None:
        """Mux a copy of ``packet``; the same packet may go into two pieces."""
        copy = av.Packet(bytes(packet))
        copy.stream = self._stream
        copy.time_base = packet.time_base
        copy.pts = packet.pts
        copy.dts = ANY_DTS
        copy.duration = packet.duration or 0
        copy.is_keyframe = packet.is_keyframe
        self._container.mux_one(copy)


class _Copier:
    """Deals a source's video packets out to its pieces, in one pass.

    Args:
        stream: The source's video.
        cuts: Presentation times of the keyframes that open pieces 2, 3, …, nanoseconds.
        paths: One file for each piece.
        rate: The nominal frame rate.
    """

    def __init__(self, stream: VideoStream, cuts: list[int], paths: list[Path], rate: Fraction) -> None:
        self._stream = stream
        self._base = stream.time_base or MILLISECOND
        self._waiting = [*zip(cuts, paths[1:], strict=True)][::-1]
        self._rate = rate
        self._open: list[tuple[_Piece, contextlib.ExitStack]] = []
        self._overlap: Packet[VideoStream] | None = None
        self._opened_at: int | None = None
        self._start(paths[0])

    def _start(self, path: Path) -> None:
        files = contextlib.ExitStack()
        partial = files.enter_context(atomic.replacing(path))
        options = {"fflags": "+bitexact"}
        container = files.enter_context(av.open(str(partial), "w", format="matroska", options=options))
        self._open.append((_Piece(container, self._stream, self._rate), files))

    def give(self, packet: Packet[VideoStream]) -> None:
        """Write ``packet`` to the piece, or the two pieces, that need it."""
        assert packet.pts is not None  # noqa: S101  the caller passes timed packets only
        time = round(packet.pts * self._base * NS)
        if packet.is_keyframe:
            self._close_all_but_newest()
            self._overlap = None
            if self._waiting and time == self._waiting[-1][0]:
                self._start(self._waiting.pop()[1])
                self._opened_at = time
                self._overlap = packet
        elif self._opened_at is not None and time < self._opened_at and len(self._open) > 1:
            older = self._open[0][0]
            if self._overlap is not None:
                older.write(self._overlap)
                self._overlap = None
            older.write(packet)
            return
        self._open[-1][0].write(packet)

    def _close_all_but_newest(self) -> None:
        while len(self._open) > 1:
            self._open.pop(0)[1].close()

    def close(self, error: BaseException | None) -> None:
        """Put the open pieces under their names, or throw them away after an ``error``."""
        while self._open:
            _, files = self._open.pop(0)
            if error is None:
                files.close()
            else:
                with contextlib.suppress(type(error)):
                    files.__exit__(type(error), error, error.__traceback__)


def _copy(source: Path, info: SourceInfo, cuts: list[int], paths: list[Path], disk_rate: int) -> None:
    """Copy the video packets of ``source`` into ``paths``, one file for each piece."""
    throttle = Throttle(disk_rate)
    try:
        with av.open(str(source), "r") as container:
            stream = cast("VideoStream", container.streams[info.video.index])
            copier = _Copier(stream, cuts, paths, info.video.rate)
            try:
                for packet in container.demux(stream):
                    if packet.size and packet.pts is not None:
                        copier.give(packet)
                        throttle.spend(packet.size)
            except BaseException as error:
                copier.close(error)
                raise
            copier.close(None)
    except av.FFmpegError as error:
        if error.errno == errno.ENOSPC:
            folder = paths[0].parent
            raise SpaceError(
                "the disk is full", path=folder, remedy="free some space and run again"
            ) from error
        raise SourceError(
            f"cannot be read to its end ({error.strerror})", path=source, remedy="make the rip again"
        ) from error
