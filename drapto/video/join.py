"""Join the encoded segments, and give every frame its source's time back.

AV1 in Matroska has one packet for each shown frame, in the order they are shown, so packet k gets the
source's k-th timestamp. Nothing is decoded, no list file names a file, a variable frame rate stays as it is.

HDR10+ messages and Dolby Vision RPUs are put in here and not by the encoder: libsvtav1 in ffmpeg 9.0.2 drops
the former, and writes the latter anew, in other bits; here they stay as they are, bit for bit.

The shape of a pixel is not in the joined file (PyAV cannot set it on a stream it copies); the mux puts it on.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import chain, islice, repeat
from typing import TYPE_CHECKING, NamedTuple, cast

import av

from drapto.engine import atomic
from drapto.errors import DISK_FULL, ArtifactError, FrameCountError, SpaceError, ToolFailedError
from drapto.media.hdr.dynamic import NOTHING
from drapto.media.hdr.obu import insert_t35
from drapto.media.muxer import REPRODUCIBLE_OPTIONS
from drapto.media.timestamps import NS_PER_MS, read_timestamps
from drapto.video.carry import messages

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from av.container import InputContainer, OutputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

    from drapto.engine.resources import DiskRate
    from drapto.media.hdr.dynamic import FrameMetadata

NS = 1_000_000_000
MATROSKA_TICK = NS_PER_MS
"""libavformat writes Matroska with a tick of one millisecond, in nanoseconds."""
TICK = Fraction(MATROSKA_TICK, NS)

STALE = "run again; if it persists, delete the title's encoded directory"
"""What to do about segments that are not those of the plan."""


def join(
    segments: Sequence[Path],
    timestamps: Path,
    target: Path,
    *,
    rate: Fraction,
    disk_rate: DiskRate,
    metadata: Iterable[FrameMetadata] = (),
) -> int:
    """Write ``target`` from the encoded ``segments``; return its number of frames.

    Args:
        segments: AV1 files in order.
        timestamps: The presentation times of all frames.
        target: The Matroska file to write.
        rate: The nominal frame rate, which gives the last frame its duration.
        disk_rate: How fast to write at most.
        metadata: The HDR10+ message and the Dolby Vision RPU of each frame, in order; none by default.

    Raises:
        FrameCountError: The segments do not have as many frames as there are timestamps.
        ArtifactError: The segments do not fit together.
        ToolFailedError: A file cannot be read or written.
        SpaceError: The disk is full.
    """
    runs = [Run(path) for path in segments]
    return _join(runs, read_timestamps(timestamps), target, rate, disk_rate, metadata)


ODD_ONE = (
    "delete it and run again; where it comes out the same, the source's picture changes there, and "
    'encoding.mode = "standard" makes one of it'
)


class Run(NamedTuple):
    """Frames of an encoded file.

    Attributes:
        path: The file.
        first: How many of its frames go before them.
        end: The number of its first frame behind them; None where they go on to its end.
    """

    path: Path
    first: int = 0
    end: int | None = None


def append(runs: Sequence[Run], target: Path, *, frames: int, rate: Fraction, disk_rate: DiskRate) -> None:
    """Write ``target`` from runs of frames, each from a keyframe on, at their nominal times.

    Args:
        runs: In order.
        target: The Matroska file to write.
        frames: How many frames they have together.
        rate: The nominal frame rate.
        disk_rate: How fast to write at most.

    Raises:
        FrameCountError: They do not have as many.
        ArtifactError: They do not fit together.
        ToolFailedError: A file cannot be read or written.
        SpaceError: The disk is full.
    """
    times = [round(frame * NS / rate) for frame in range(frames)]
    _join(runs, times, target, rate, disk_rate)


def _join(
    runs: Sequence[Run],
    times: Sequence[int],
    target: Path,
    rate: Fraction,
    disk_rate: DiskRate,
    metadata: Iterable[FrameMetadata] = (),
) -> int:
    throttle = disk_rate.throttle()
    frames_metadata = chain(metadata, repeat(NOTHING))
    frame = 0
    try:
        with (
            atomic.replacing(target) as partial,
            av.open(str(partial), "w", format="matroska", options=REPRODUCIBLE_OPTIONS) as output,
        ):
            joined = _Joined(output, target, times, rate)
            for run in runs:
                for packet in joined.packets_of(run):
                    throttle.spend(packet.size)
                    joined.write(_with(packet, next(frames_metadata), run.path), frame)
                    frame += 1
            if frame != len(times):
                raise FrameCountError(
                    f"its segments have {frame} frames instead of {len(times)}", path=target, remedy=STALE
                )
    except av.FFmpegError as error:
        if error.errno in DISK_FULL:
            raise SpaceError(
                "the disk is full", path=target.parent, remedy="free some space and run again"
            ) from error
        raise ToolFailedError(f"cannot be joined ({error.strerror})", path=target) from error
    return frame


def packets_of(run: Run, metadata: Iterable[FrameMetadata] = ()) -> Iterator[Packet[VideoStream]]:
    """Yield the packets of a run as they are joined.

    Args:
        run: Frames of an encoded file.
        metadata: What is put into each; nothing by default.

    Raises:
        ArtifactError: It does not begin with a keyframe, or is damaged.
        av.FFmpegError: The file cannot be read.
    """
    frames_metadata = chain(metadata, repeat(NOTHING))
    with av.open(str(run.path), "r") as container:
        for packet in _packets(container, run):
            yield _with(packet, next(frames_metadata), run.path)


def _packets(container: InputContainer, run: Run) -> Iterator[Packet[VideoStream]]:
    packets = (packet for packet in container.demux(container.streams.video[0]) if packet.size)
    for number, packet in enumerate(islice(packets, run.first, run.end)):
        if not number and not packet.is_keyframe:
            raise ArtifactError(
                "has no keyframe where it is cut", path=run.path, remedy="delete it and run again"
            )
        yield packet


def _with(packet: Packet[VideoStream], metadata: FrameMetadata, path: Path) -> Packet[VideoStream]:
    """Return the packet with its frame's metadata in it."""
    if metadata == NOTHING:
        return packet
    try:
        whole = insert_t35(bytes(packet), messages(metadata))
    except ValueError as error:
        raise ArtifactError(f"is damaged ({error})", path=path, remedy="delete it and run again") from error
    copy = cast("Packet[VideoStream]", av.Packet(whole))
    copy.is_keyframe = packet.is_keyframe
    return copy


class _Joined:
    """The file being written.

    Args:
        output: Its container.
        path: Its final name, for errors.
        times: Presentation times of all frames, nanoseconds.
        rate: The nominal frame rate.
    """

    def __init__(self, output: OutputContainer, path: Path, times: Sequence[int], rate: Fraction) -> None:
        self._output = output
        self._path = path
        self._ticks = [round(time / MATROSKA_TICK) for time in times]
        self._ticks.append(round((times[-1] + NS / rate) / MATROSKA_TICK) if times else 0)
        self._rate = rate
        self._stream: VideoStream | None = None
        self._header: bytes | None = None

    def packets_of(self, run: Run) -> Iterator[Packet[VideoStream]]:
        """Yield the packets of a segment, once it is known to fit to the ones before it."""
        path = run.path
        with av.open(str(path), "r") as container:
            template = container.streams.video[0]
            header = template.codec_context.extradata
            if self._stream is None:
                self._stream = self._output.add_stream_from_template(template, opaque=True)
                self._stream.codec_context.framerate = self._rate
                self._header = header
            elif header != self._header:
                # another sequence header means another size or bit depth: a player would stop or show rubbish
                raise ArtifactError("does not fit to the segments before it", path=path, remedy=ODD_ONE)
            yield from _packets(container, run)

    def write(self, packet: Packet[VideoStream], frame: int) -> None:
        """Mux ``packet`` as frame number ``frame``."""
        if frame >= len(self._ticks) - 1:
            count = len(self._ticks) - 1
            raise FrameCountError(
                f"its segments have more than {count} frames", path=self._path, remedy=STALE
            )
        packet.time_base = TICK
        packet.pts = packet.dts = self._ticks[frame]
        packet.duration = self._ticks[frame + 1] - self._ticks[frame]
        assert self._stream is not None  # noqa: S101  packets_of made it
        packet.stream = self._stream
        self._output.mux_one(packet)
