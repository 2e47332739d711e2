"""The picture of any file that ffmpeg reads. What drapto encodes is probed instead (`drapto.media.probe`)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

import av
from av import FFmpegError

from drapto.engine.context import file_url
from drapto.errors import SourceError
from drapto.media import tracks
from drapto.media.demuxer import demuxer_of
from drapto.media.frame_count import FRAME_PER_PACKET, Counted, promised_times, spread
from drapto.media.index import index_packets, is_cover
from drapto.media.matroska.pictures import PLAIN, track_heads
from drapto.media.mediainfo import TrackFacts, read_facts
from drapto.media.model import SourceInfo
from drapto.media.rate import NS
from drapto.media.texts import ANY_TEXT

if TYPE_CHECKING:
    from pathlib import Path

    from av.container import InputContainer
    from av.video.stream import VideoStream

    from drapto.media.index import VideoTally
    from drapto.media.model import VideoTrack

NO_FACTS = TrackFacts()


@dataclass(frozen=True)
class Picture:
    """A file's picture.

    Attributes:
        path: The file.
        video: Its first video track that is no cover.
        times: When its frames are shown, nanoseconds, ascending.
    """

    path: Path
    video: VideoTrack
    times: list[int]

    @property
    def info(self) -> SourceInfo:
        """The same as a source of which nothing else is known."""
        return SourceInfo(
            digest="", size=0, container="", duration=None, writer=None, tags={}, video=self.video
        )


def look_at(path: Path) -> Picture:
    """Return the picture of a file; all of its packets are read, and decoded where they may be no frames.

    Raises:
        SourceError: It has no picture, or cannot be read.
    """
    try:
        with av.open(file_url(path), format=demuxer_of(path), **ANY_TEXT) as container:
            return _read(path, container)
    except FFmpegError as error:
        problem = f"cannot be read by ffmpeg ({error.strerror})"
        raise SourceError(problem, path=path, remedy="name a file with a picture") from error
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
        raise SourceError(problem, path=path, remedy="check the name") from error


def _read(path: Path, container: InputContainer) -> Picture:
    stream = next((stream for stream in container.streams.video if not is_cover(stream)), None)
    if stream is None or stream.codec_context is None:
        raise SourceError("has no video track", path=path, remedy="name a file with a picture")
    heads = track_heads(path)
    crops = {index: head.crop for index, head in heads.items()}
    tally = index_packets(container, crops).video[stream.index]
    ticks, how = _ticks(path, stream, tally)
    if not ticks or tally.trial.first is None:
        raise SourceError("has no frame that can be decoded", path=path, remedy="make it again")
    base = stream.time_base or Fraction(1, 1000)
    times = [round(tick * base * NS) for tick in spread(ticks)]
    counted = Counted(ticks, how, tally.trial.history)
    facts = read_facts(path).tracks.get(stream.index, NO_FACTS)
    about = tracks.Said(facts, heads.get(stream.index, PLAIN), None, None)
    return Picture(path, tracks.video_track(stream, tally, times, counted, about), times)


def _ticks(
    path: Path, stream: VideoStream, tally: VideoTally
) -> tuple[list[int], Literal["packets", "decoded"]]:
    """Return when each frame is shown, ticks, ascending."""
    promised = promised_times(tally.times, tally.trial.times, missing=tally.missing)
    certain = stream.codec_context.codec.canonical_name in FRAME_PER_PACKET and tally.starts_with_key
    if promised is not None and certain:
        return promised, "packets"
    return _decoded(path, stream), "decoded"


def _decoded(path: Path, asked: VideoStream) -> list[int]:
    """Return the times of the frames that decode; by their number where they have none."""
    ticks: list[int] = []
    frames = 0
    with av.open(file_url(path), format=demuxer_of(path), **ANY_TEXT) as container:
        stream = next(stream for stream in container.streams.video if stream.index == asked.index)
        stream.thread_type = "AUTO"
        for packet in container.demux(stream):
            try:
                decoded = packet.decode()
            except FFmpegError:
                continue
            frames += len(decoded)
            ticks += [frame.pts for frame in decoded if frame.pts is not None]
    if len(ticks) == frames:
        return sorted(ticks)
    each = 1 / (asked.average_rate or Fraction(25)) / (asked.time_base or Fraction(1, 1000))
    return [round(number * each) for number in range(frames)]
