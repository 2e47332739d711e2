"""Which pictures are looked at to find the bars.

Keyframes all over the title, its closing credits left out: a keyframe decodes by itself, so a film costs
sixty pictures. Where keyframes are few, the pictures that follow each are decoded too, those left out that no
other refers to.
"""

from __future__ import annotations

from contextlib import ExitStack
from itertools import chain
from typing import TYPE_CHECKING, Self

import av
from av import FFmpegError
from av.codec.context import Flags

from drapto.engine.context import file_url
from drapto.media.crop.shown import Shown
from drapto.media.demuxer import demuxer_of
from drapto.media.texts import ANY_TEXT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from av import VideoFrame
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

    from drapto.media.model import VideoTrack

WANTED = 60
"""Pictures to look at, so that one in twenty may be an outlier."""

CREDITS = ((3600, 180), (1200, 60), (300, 30))
"""Longer than so many seconds: so many at the end are left out: small print on black."""

DECODED = 240
"""About how many packets are decoded to look past few keyframes: 0.3 s of one core at 1280x720."""

CLOSER = 24
"""Packets after a keyframe that tell a scene from a flash."""

LONG = 600
"""Seconds beyond which everything is decoded instead, since so few packets would not speak for the rest."""


def sample_times(start: float, end: float, count: int = WANTED) -> list[float]:
    """Return ``count`` evenly spaced times of a picture shown from ``start`` to ``end``, in seconds."""
    left_out = next((skip for length, skip in CREDITS if end - start > length), 0)
    step = (end - left_out - start) / count
    return [start + (number + 0.5) * step for number in range(count)]


def keyframes(source: Path, video: VideoTrack, count: int = WANTED) -> Iterator[tuple[float, VideoFrame]]:
    """Yield at most ``count`` keyframes of a title with their times in seconds, in order.

    Raises:
        av.FFmpegError: The file cannot be read.
    """
    with _open(source) as container, _Packets(source, video) as packets:
        stream, shown = _stream(container, video), Shown(video)
        # a keyframe that is only a recovery point is withheld otherwise
        stream.codec_context.flags |= Flags.output_corrupt
        for packet in packets.keys(sample_times(video.start, video.end, count)):
            for frame in list(_decode(stream, [packet]))[:1]:
                yield _seconds(stream, packet.pts), shown(frame)


def runs(source: Path, video: VideoTrack) -> Iterator[tuple[float, VideoFrame]]:
    """Yield pictures from the runs that follow a title's few keyframes, with their times in seconds.

    Raises:
        av.FFmpegError: The file cannot be read.
    """
    count = max(1, video.keyframes)
    length = video.frames if video.end - video.start > LONG else max(1, DECODED // count)
    gap = min(length, video.frames / count) * count / WANTED / float(video.rate)
    return follow(source, video, sample_times(video.start, video.end), length=length, gap=gap)


def follow(
    source: Path, video: VideoTrack, times: Sequence[float], *, length: int = CLOSER, gap: float = 0.0
) -> Iterator[tuple[float, VideoFrame]]:
    """Yield the pictures that follow the keyframes at or before ``times``, with their own times in seconds.

    Args:
        source: The file.
        video: Its video track.
        times: Seconds, ascending.
        length: How many packets are decoded after each keyframe, at most up to the next.
        gap: Seconds from one picture that is yielded to the next.

    Raises:
        av.FFmpegError: The file cannot be read.
    """
    with (
        _open(source) as container,
        _Packets(source, video) as ahead,
        _Packets(source, video) as packets,
    ):
        stream, as_shown = _stream(container, video), Shown(video)
        stream.codec_context.skip_frame = "NONREF"
        for key in ahead.keys(times):
            due = _seconds(stream, key.pts)
            for frame in _decode(stream, packets.run(key.pts or 0, length)):
                shown = _seconds(stream, frame.pts)
                if due <= shown <= times[-1] + max(gap, 1) and not frame.is_corrupt:
                    yield shown, as_shown(frame)
                    due = shown + gap


def _open(source: Path) -> AbstractContextManager[InputContainer]:
    return av.open(file_url(source), format=demuxer_of(source), **ANY_TEXT)


def _stream(container: InputContainer, video: VideoTrack) -> VideoStream:
    stream = next(stream for stream in container.streams.video if stream.index == video.index)
    stream.codec_context.thread_count = 1
    stream.codec_context.flags |= Flags.unaligned  # cropped on the left as far as it says, as by ffmpeg
    return stream


class _Packets:
    """A title's packets, found by the file's index; where that leads nowhere, in passing.

    A file without an index, none of whose blocks says that it is a keyframe, is such a one.
    """

    def __init__(self, source: Path, video: VideoTrack) -> None:
        self._source, self._video = source, video
        self._passing: Iterator[Packet[VideoStream]] | None = None
        self._next: Packet[VideoStream] | None = None

    def __enter__(self) -> Self:
        self._files = ExitStack()
        self._begin()
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    def _begin(self) -> None:
        self._files.close()
        self._container = self._files.enter_context(_open(self._source))
        self._stream = _stream(self._container, self._video)

    def _from(self, ticks: int) -> Iterator[Packet[VideoStream]]:
        """Return the packets from a place before ``ticks`` on, which is not before that asked for last."""
        if self._passing is None:
            try:
                self._container.seek(ticks, stream=self._stream)
            except FFmpegError:
                self._begin()  # nobody says where it stands now
                self._passing = self._container.demux(self._stream)
            else:
                return self._container.demux(self._stream)
        return self._passing

    def keys(self, times: Iterable[float]) -> Iterator[Packet[VideoStream]]:
        """Yield the keyframe at or before each of some ascending times, each once."""
        last: int | None = None
        for time in times:
            ticks = round(time / (self._stream.time_base or 1))
            key = self._key(ticks)
            if key is not None and key.pts != last:
                last = key.pts
                yield key

    def _key(self, ticks: int) -> Packet[VideoStream] | None:
        found = self._next
        if found is not None and (found.pts or 0) > ticks:
            return None
        for packet in self._from(ticks):
            if not packet.is_keyframe or packet.pts is None:
                continue
            if self._passing is None:
                return packet
            if packet.pts > ticks:
                self._next = packet
                break
            found = packet
        return found

    def run(self, key: int, length: int) -> Iterator[Packet[VideoStream]]:
        """Yield the keyframe that is shown at ``key`` ticks and what follows it, up to the next one."""
        number = 0
        for packet in chain([self._next] if self._next is not None else [], self._from(key)):
            self._next = None
            if not number and self._passing is not None and packet.pts != key:
                continue
            if not packet.size:
                return
            if number == length or (number and packet.is_keyframe):
                self._next = packet if self._passing is not None else None
                return
            number += 1
            yield packet


def _decode(stream: VideoStream, packets: Iterable[Packet[VideoStream]]) -> Iterator[VideoFrame]:
    """Yield the frames of packets that stand by themselves, and leave the decoder empty."""
    context = stream.codec_context
    for packet in chain(packets, [None]):
        try:
            yield from context.decode(packet)
        except FFmpegError:
            continue
    context.flush_buffers()


def _seconds(stream: VideoStream, ticks: int | None) -> float:
    return float((ticks or 0) * (stream.time_base or 0))
