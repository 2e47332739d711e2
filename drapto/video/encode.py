"""One segment through SVT-AV1: exactly the planned frames, checked."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

import av

from drapto.engine import atomic
from drapto.engine.job import EncodeProgress, Job, file_url
from drapto.errors import FrameCountError, ToolFailedError
from drapto.video.encode_settings import EncodedSegment, EncodeSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SHORTEST_KEYINT = 2
"""With a keyframe interval of 1, SVT-AV1 codes "all intra", whose sequence header no other segment's equals:
a title with a segment of one frame, or of frames that are shown for long, could not be joined."""

CRASH_RETRIES = 1
"""How often an encoder that was killed, or crashed, is started again before its segment fails."""

FILM_GRAIN = "film-grain=8:film-grain-denoise=1"
"""What `encoding.film_grain` asks of SVT-AV1: the strength that its documentation names for typical film."""


def svt_parameters(settings: EncodeSettings, lp: int) -> str:
    """Return the value of ``-svtav1-params``."""
    # the later of two equal keys counts, so drapto's own come last
    keyint = max(SHORTEST_KEYINT, settings.keyint)
    own = f"crf={settings.crf:g}:keyint={keyint}:lp={lp}"
    grain = FILM_GRAIN if settings.film_grain else ""
    return ":".join(part for part in (settings.svt_params, grain, own) if part)


def encode_arguments(
    source: Path, stream: int, target: Path, settings: EncodeSettings, *, lp: int
) -> list[str | Path]:
    """Return ffmpeg's arguments for one segment.

    The frames are renumbered at the nominal rate: times that are uneven, or that two frames share after
    rounding, would make ffmpeg drop or double frames. The true times come back when the segments are joined.
    """
    rate = settings.rate
    filters = [f"crop={settings.crop}"] if settings.crop else []
    filters += [f"settb={rate.denominator}/{rate.numerator}", "setpts=N"]
    if settings.chroma_location:
        # said again once the format is the encoder's: ffmpeg forgets it on the way from 8 to 10 bit
        filters += [f"format={settings.pix_fmt}", f"setparams=chroma_location={settings.chroma_location}"]
    return [
        *("-threads", str(lp), "-i", file_url(source), "-map", f"0:{stream}"),
        *("-vf", ",".join(filters), "-frames:v", str(settings.frames), "-fps_mode", "passthrough"),
        *("-pix_fmt", settings.pix_fmt, "-c:v", "libsvtav1", "-preset", str(settings.preset)),
        *("-svtav1-params", svt_parameters(settings, lp)),
        *("-an", "-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1"),
        *("-fflags", "+bitexact", "-f", "matroska", "-y", file_url(target)),
    ]


def encode_segment(  # noqa: PLR0913  a stage's parameters are its inputs
    source: Path,
    stream: int,
    target: Path,
    record: Path,
    settings: EncodeSettings,
    *,
    index: int,
    strategy: str,
    slots: int,
    lp: int,
    job: Job,
    on_start: Callable[[], None] | None = None,
    on_progress: Callable[[EncodeProgress], None] | None = None,
) -> EncodedSegment:
    """Encode one segment and check its frames.

    Args:
        source: The piece, or the whole source.
        stream: Index of the video stream in it.
        target: The AV1 file to write.
        record: The JSON file to write beside it.
        settings: What shapes the bytes.
        index: The segment's number.
        strategy: The strategy's name, for the record.
        slots: The CPU slots to hold.
        lp: SVT-AV1's level of parallelism.
        job: The title's surroundings.
        on_start: Called once the CPU slots are held.
        on_progress: Called about twice a second.

    Raises:
        FrameCountError: It did not come to the planned number of frames.
        ToolFailedError: The encoder failed.
    """
    report = on_progress or (lambda _: None)
    with job.cpu.hold(slots), atomic.replacing(target) as partial:
        if on_start:
            on_start()
        arguments = encode_arguments(source, stream, partial, settings, lp=lp)
        started = time.monotonic()
        for attempt in range(1, CRASH_RETRIES + 2):
            try:
                finished = job.run_ffmpeg(
                    arguments, stage=f"encode-{index:04d}", about=source, on_progress=report
                )
                break
            except ToolFailedError as error:
                if attempt > CRASH_RETRIES or "killed by signal" not in error.problem:
                    raise
        frames = count_packets(partial)
        if frames != settings.frames:
            raise FrameCountError(
                f"segment {index} came to {frames} frames instead of {settings.frames}",
                path=source,
                remedy='the source may be damaged there; try --set input.frame_index="decode"',
            )
        encoded = EncodedSegment(
            index=index,
            strategy=strategy,
            crf=settings.crf,
            preset=settings.preset,
            attempts=attempt,
            frames=frames,
            bytes=partial.stat().st_size,
            seconds=round(time.monotonic() - started, 3),
            cpu_seconds=round(finished.cpu_seconds, 3),
            complaints=len(finished.complaints),
            complaint="".join(finished.complaints[:1]),
        )
    return encoded.write(record)


def count_packets(path: Path) -> int:
    """Return the video packets of an AV1 file, each of which is one shown frame.

    Raises:
        ToolFailedError: The file cannot be read.
    """
    try:
        with contextlib.closing(av.open(str(path), "r")) as container:
            return sum(1 for packet in container.demux(video=0) if packet.size)
    except av.FFmpegError as error:
        raise ToolFailedError(f"an encoded file cannot be read ({error.strerror})", path=path) from error
