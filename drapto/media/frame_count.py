"""From packets to frames: packets are not always frames, so count what decodes.

Decoding a whole film only to count its frames would cost a fifth of its encode. A trial of the first packets
tells whether the decoder gives one frame for each, with its time; where it does not, or where the timestamps
leave a doubt, everything is decoded once. ffmpeg's command line, by default, decodes the same frames as PyAV
(tried on open-GOP starts of H.264, HEVC and MPEG-2: both drop the undecodable leading pictures).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

import av
from av import FFmpegError
from av.codec.context import Flags

from drapto.engine.context import file_url
from drapto.errors import SourceError
from drapto.media.history import History
from drapto.media.holes import find_holes
from drapto.media.texts import ANY_TEXT
from drapto.media.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from av.video.stream import VideoStream

    from drapto.media.index import VideoTally
    from drapto.media.matroska.pictures import Margins
    from drapto.media.peculiar import Hole

MILLISECOND = Fraction(1, 1000)
"""Matroska's usual tick, seconds."""

CountBy = Literal["auto", "packets", "decode"]

FRAME_PER_PACKET = ("h264", "hevc", "mpeg1video", "mpeg2video", "av1", "vp9", "ffv1")
"""Codecs of which a block is one shown frame. MPEG-4 ASP may pack two, VP8 hide some, VC-1 skip some."""


@dataclass(frozen=True)
class Counted:
    """A stream's frames.

    Attributes:
        times: Every frame's presentation time in ticks, ascending.
        how: How they were found.
        history: What form they have.
        holes: Where some are missing.
    """

    times: list[int]
    how: Literal["packets", "decoded"]
    history: History
    holes: tuple[Hole, ...] = ()


def count_frames(source: Path, stream: VideoStream, tally: VideoTally, count_by: CountBy) -> Counted:
    """Return a stream's frames.

    Args:
        source: The file.
        stream: The video stream.
        tally: What the pass over the packets found.
        count_by: ``auto`` decodes where there is a doubt.

    Raises:
        SourceError: A frame has no time at all.
    """
    codec = stream.codec_context.codec.canonical_name
    times, how, history = _frame_times(source, stream.index, codec, tally, count_by)
    leading = tally.times[0] if tally.times else None
    base = stream.time_base or MILLISECOND
    holes = find_holes(sorted(tally.times), times, base, leading=leading) if times and tally.times else ()
    return Counted(times, how, history, holes)


def _frame_times(
    source: Path, stream: int, codec: str, tally: VideoTally, count_by: CountBy
) -> tuple[list[int], Literal["packets", "decoded"], History]:
    """Return every frame's presentation time in ticks, ascending, how they were found, and their forms."""
    history = tally.trial.history
    if count_by != "decode":
        doubtful = tally.missing + tally.broken
        promised = promised_times(tally.times, tally.trial.times, missing=doubtful)
        certain = promised is not None and codec in FRAME_PER_PACKET and tally.starts_with_key
        if certain and promised is not None and (count_by == "packets" or history.keeps_its_decoder):
            return promised, "packets", history
        if count_by == "packets":
            return sorted(promised if promised is not None else tally.times), "packets", history
    times, history = _decode_times(source, stream, history.crop)
    return times, "decoded", history


def promised_times(
    packets: Sequence[int], decoded: Sequence[int | None], *, missing: int = 0
) -> list[int] | None:
    """Return the frames' times that the packets promise, None where the trial does not bear it out.

    Args:
        packets: All packets' times, in the order of the file.
        decoded: The times of the frames that the first packets gave.
        missing: Packets that have no time, or are damaged.
    """
    ascending = sorted(packets)
    if missing or not packets or len(set(ascending)) != len(ascending):
        return None
    tried = sorted(packets[: Trial.PACKETS])
    found = sorted(time for time in decoded if time is not None)
    if found == tried and len(found) == len(decoded):
        return ascending
    # the leading pictures of an open first GOP refer to what is not there
    start = packets[0]
    if found == [time for time in tried if time >= start] and ascending[: len(tried) - len(found)] == [
        time for time in tried if time < start
    ]:
        return [time for time in ascending if time >= start]
    return None


def _decode_times(source: Path, index: int, crop: Margins) -> tuple[list[int], History]:
    """Decode the whole stream; return the frames' times, ascending, and their forms."""
    times, history = [], History(crop)
    with av.open(file_url(source), format="matroska", **ANY_TEXT) as container:
        stream = next(stream for stream in container.streams.video if stream.index == index)
        stream.thread_type = "AUTO"
        stream.codec_context.flags |= Flags.unaligned  # cropped on the left as far as it says, as by ffmpeg
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except FFmpegError:
                continue
            for frame in frames:
                time = frame.pts if frame.pts is not None else frame.dts
                if time is None:
                    raise SourceError(
                        "has frames without a timestamp", path=source, remedy="remux it with mkvmerge first"
                    )
                times.append(time)
                history.see(time, frame, stream.codec_context)
    return sorted(times), history


def spread(times: Sequence[int]) -> list[int]:
    """Move a time that equals the one before it one tick on, so that all ascend."""
    result: list[int] = []
    for time in times:
        result.append(time if not result or time > result[-1] else result[-1] + 1)
    return result
