"""Stream copies of parts of a source, each of which decodes by itself to all of its frames.

ffmpeg's segment muxer cuts the packet list, and loses the leading pictures of every open GOP at a cut. Here
each segment source begins with a keyframe, less the leading pictures that need what is before it, and ends
with a keyframe that it shares with a later one, and the leading pictures that need it.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, cast

import av

from drapto.engine import atomic
from drapto.errors import DISK_FULL, SourceError, SpaceError
from drapto.media.muxer import REPRODUCIBLE_OPTIONS
from drapto.media.texts import ANY_TEXT
from drapto.video import stand_in
from drapto.words import time_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from av.packet import Packet
    from av.video.stream import VideoStream

    from drapto.engine.resources import DiskRate
    from drapto.media.foreign import ForeignCodec
    from drapto.media.model import SourceInfo

NS = 1_000_000_000

MILLISECOND = Fraction(1, 1000)
"""Matroska's usual tick."""

ANY_DTS = -(1 << 40)
"""Matroska stores no decoding times; the muxer only wants them not to fall and not to pass the presentation
time."""


@dataclass(frozen=True)
class Span:
    """What a segment source must hold.

    Attributes:
        path: The file to write.
        start: When the keyframe that it begins with is shown, nanoseconds; None: with the source.
        last: When the last frame that it must hold is shown, nanoseconds; None: to the source's end.
    """

    path: Path
    start: int | None
    last: int | None


class _SegmentWriter:
    """Writes one segment source.

    Args:
        span: What it must hold.
        template: The source's video.
        rate: The nominal frame rate: the same in every one, so that every encoder is told the same.
        codec: What the source says that the muxer will not; None: it will.
    """

    def __init__(
        self, span: Span, template: VideoStream, rate: Fraction, codec: ForeignCodec | None = None
    ) -> None:
        self.span = span
        self._files = contextlib.ExitStack()
        self._partial = self._files.enter_context(atomic.replacing(span.path))
        self._codec = codec
        options = REPRODUCIBLE_OPTIONS if codec is None else {**REPRODUCIBLE_OPTIONS, **stand_in.OPTIONS}
        self._container = av.open(str(self._partial), "w", format="matroska", options=options)
        self._files.callback(self._container.close)
        if codec is None:
            # opaque: the codec need not have an encoder here (RealVideo 4 has none), it is only copied
            self._stream = self._container.add_stream_from_template(template, opaque=True)
        else:
            self._stream = stand_in.add(self._container, template, codec)
        self._stream.codec_context.framerate = rate
        self._ends_at: int | None = None
        self._final: Packet[VideoStream] | None = None

    def give(self, packet: Packet[VideoStream], time: int) -> bool:
        """Write a packet shown at ``time`` where it is needed; return False once no more are."""
        if packet.is_keyframe:
            if self._ends_at is not None:
                return False
            if self.span.last is not None and time > self.span.last:
                self._ends_at, self._final = time, packet
                return True
        elif self._ends_at is not None:
            if time < self._ends_at:
                self._finish_with(packet)
            return True
        elif self.span.start is not None and time < self.span.start:
            return True
        self._write(packet)
        return True

    def _finish_with(self, leading: Packet[VideoStream]) -> None:
        """Write a leading picture of the final keyframe, and before the first one the keyframe itself."""
        if self._final is not None:
            self._write(self._final)
            self._final = None
        self._write(leading)

    def _write(self, packet: Packet[VideoStream]) -> None:
        """Mux a copy of ``packet``; the same packet may go into two of them."""
        copy = av.Packet(bytes(packet))
        copy.stream = self._stream
        copy.time_base = packet.time_base
        copy.pts = packet.pts
        copy.dts = ANY_DTS
        copy.duration = packet.duration or 0
        copy.is_keyframe = packet.is_keyframe
        self._container.mux_one(copy)

    def close(self) -> None:
        """Put the file under its name."""
        self._container.close()
        if self._codec is not None:
            stand_in.unmask(self._partial, self._codec)
        self._files.close()

    def discard(self, error: BaseException) -> None:
        """Throw the file away."""
        with contextlib.suppress(type(error)):
            self._files.__exit__(type(error), error, error.__traceback__)


class _Copier:
    """Deals a source's video packets out to the segment sources, in one pass."""

    def __init__(
        self, stream: VideoStream, spans: Sequence[Span], rate: Fraction, codec: ForeignCodec | None
    ) -> None:
        self._stream = stream
        self._codec = codec
        self._base = stream.time_base or MILLISECOND
        self._rate = rate
        self._waiting = list(spans)[::-1]
        self._open: list[_SegmentWriter] = []

    def give(self, packet: Packet[VideoStream]) -> None:
        """Write ``packet`` to every segment source that needs it."""
        assert packet.pts is not None  # noqa: S101  the caller passes timed packets only
        time = round(packet.pts * self._base * NS)
        while self._waiting and self._begins(self._waiting[-1], packet, time):
            self._open.append(_SegmentWriter(self._waiting.pop(), self._stream, self._rate, self._codec))
        for writer in list(self._open):
            if not writer.give(packet, time):
                self._open.remove(writer)
                writer.close()

    def _begins(self, span: Span, packet: Packet[VideoStream], time: int) -> bool:
        return span.start is None or (packet.is_keyframe and time == span.start)

    def require_all_begun(self, source: Path) -> None:
        """Refuse a source whose keyframes lie in another order than that in which they are shown.

        Raises:
            SourceError: A segment source's first keyframe did not come where it is due.
        """
        if self._waiting:
            when = time_text((self._waiting[-1].start or 0) / NS)
            raise SourceError(
                f"is damaged: its keyframes are not in order, the one at {when} is out of place",
                path=source,
                remedy='rip it again, or set encoding.mode = "standard", which copies nothing of it',
            )

    def close(self, error: BaseException | None) -> None:
        """Put the open segment sources under their names, or throw them away after an ``error``."""
        while self._open:
            writer = self._open.pop(0)
            if error is None:
                writer.close()
            else:
                writer.discard(error)


def copy_segments(source: Path, info: SourceInfo, spans: Sequence[Span], disk_rate: DiskRate) -> None:
    """Copy the video packets of ``source`` into segment sources.

    Args:
        source: The file.
        info: What is in it.
        spans: The segment sources, in order of their starts.
        disk_rate: How fast to write.

    Raises:
        SourceError: The source cannot be read to its end.
        SpaceError: The disk is full.
    """
    throttle = disk_rate.throttle()
    try:
        with av.open(str(source), "r", **ANY_TEXT) as container:
            stream = cast("VideoStream", container.streams[info.video.index])
            foreign = stand_in.is_needed(stream)
            codec = stand_in.codec_of(source, info.video.index) if foreign else None
            copier = _Copier(stream, spans, info.video.rate, codec)
            try:
                for packet in container.demux(stream):
                    if packet.size and packet.pts is not None:
                        copier.give(packet)
                        throttle.spend(packet.size)
                copier.require_all_begun(source)
            except BaseException as error:
                copier.close(error)
                raise
            copier.close(None)
    except av.FFmpegError as error:
        if error.errno in DISK_FULL:
            raise SpaceError(
                "the disk is full", path=spans[0].path.parent, remedy="free some space and run again"
            ) from error
        raise SourceError(
            f"cannot be copied to its end ({error.strerror})",
            path=source,
            remedy='rip it again, or set encoding.mode = "standard", which copies nothing of it',
        ) from error
