"""One segment through SVT-AV1: exactly the planned frames, checked."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import av

from drapto.engine.causes import FAILED
from drapto.engine.context import EncodeProgress, StageContext, file_url
from drapto.errors import FrameCountError, ToolFailedError
from drapto.media.bounds import MOST_RATE
from drapto.media.complaints import of_the_track, of_what_is_there
from drapto.media.filters import renumbered, without_first
from drapto.media.refresh import begins_openly
from drapto.media.uniform import input_options
from drapto.media.yuv import conversion
from drapto.video.hardware import decoder_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drapto.engine.process import Finished
    from drapto.video.encode_settings import EncodeSettings
    from drapto.video.entry import Entry
    from drapto.video.hardware import Hardware
    from drapto.video.request import EncodeRequest, KeptFrames

SHORTEST_KEYINT = 2
"""With a keyframe interval of 1, SVT-AV1 codes "all intra", whose sequence header no other segment's equals:
a title with a segment of one frame, or of frames that are shown for long, could not be joined."""

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
    source: Path,
    stream: int,
    target: Path,
    settings: EncodeSettings,
    *,
    lp: int,
    hardware: Hardware | None = None,
    kept: KeptFrames | None = None,
) -> list[str | Path]:
    """Return ffmpeg's arguments for one segment, decoded by ``hardware`` or by ffmpeg itself.

    The frames are renumbered at the nominal rate; the true times come back when the segments are joined. What
    is ``kept`` of them takes a second output, and changes nothing about the first.
    """
    # fields first: cropped by an odd number of lines, they would change places
    filters = [*(hardware.filters if hardware else []), *settings.filters]
    filters += without_first(settings.first)
    filters += [f"crop={settings.crop}"] if settings.crop else []
    filters += conversion(settings.yuv_matrix)
    filters += [renumbered(settings.rate)]
    if settings.rate >= MOST_RATE:
        filters += [f"fps={MOST_RATE}"]  # the encoder is told the source's rate else; no frame is lost by it
    if settings.chroma_location or kept:
        filters += [f"format={settings.pix_fmt}"]  # once for both outputs
    if settings.chroma_location:
        # said again once the format is the encoder's: ffmpeg forgets it on the way from 8 to 10 bit
        filters += [f"setparams=chroma_location={settings.chroma_location}"]
    if kept:
        whole = f"[0:{stream}]{','.join([*filters, f'trim=end_frame={settings.frames}'])},split[all][some]"
        graph = f"{whole};[some]{kept.choose}[kept]"
        chain: tuple[str, ...] = ("-filter_complex", graph, "-map", "[all]")
    else:
        chain = ("-map", f"0:{stream}", "-vf", ",".join(filters))
    return [
        *(["-copyts"] if settings.filters else []),
        *(hardware.options if hardware else []),
        *input_options(settings.filters),
        *("-noautorotate", "-threads", str(lp), "-i", file_url(source)),
        *(*chain, "-frames:v", str(settings.frames), "-fps_mode", "passthrough"),
        *("-pix_fmt", settings.pix_fmt, "-c:v", "libsvtav1", "-preset", str(settings.preset)),
        *("-svtav1-params", svt_parameters(settings, lp)),
        *("-an", "-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1"),
        *("-fflags", "+bitexact", "-f", "matroska", "-y", file_url(target)),
        *(_kept_arguments(kept) if kept else ()),
    ]


def _kept_arguments(kept: KeptFrames) -> tuple[str, ...]:
    raw = ("-c:v", "rawvideo", "-f", "nut", "-y", file_url(kept.path))
    return ("-map", "[kept]", "-fps_mode", "passthrough", *raw)


@dataclass(frozen=True)
class Encode:
    """One finished encode of a segment.

    Attributes:
        bytes: The file's size.
        seconds, cpu_seconds: What it took.
        starts: How often the encoder was started.
        complaints: What ffmpeg complained of in the source, a line each.
    """

    bytes: int
    seconds: float
    cpu_seconds: float
    starts: int
    complaints: tuple[str, ...]


def run_encoder(
    request: EncodeRequest,
    target: Path,
    settings: EncodeSettings,
    *,
    context: StageContext,
    report: Callable[[EncodeProgress], None] | None = None,
    kept: KeptFrames | None = None,
    entry: Entry | None = None,
) -> Encode:
    """Encode a request to ``target``, and check its frames.

    Args:
        request: What to encode.
        target: Where to; it is written in place, so give a temporary name.
        settings: What shapes the bytes.
        context: The title's surroundings.
        report: Called about twice a second.
        kept: What is to be kept of its frames; nothing is where hardware decodes them.
        entry: Where in the source ffmpeg's own decoder begins; None: at its beginning.

    Raises:
        FrameCountError: It did not come to the planned number of frames.
        ToolFailedError: The encoder failed.
    """
    started = time.monotonic()
    finished, starts = _encoded(request, target, settings, context, report or (lambda _: None), kept, entry)
    frames = count_packets(target)
    if frames < finished.frames:
        error = ToolFailedError(
            f"an encoded file is not whole: {frames} of its {finished.frames} frames are in it",
            path=request.source,
            remedy="check the disk of the work, and run again",
        )
        error.cause = FAILED.name
        raise error
    if report is not None and finished.peak:
        report(EncodeProgress(frames, 0.0, target.stat().st_size, peak=finished.peak))
    if frames != settings.frames:
        raise FrameCountError(
            f"segment {request.index} came to {frames} frames instead of {settings.frames}",
            path=request.source,
            remedy='rip it again; to encode what decodes of it, set input.frame_index = "decode"',
        )
    return Encode(
        bytes=target.stat().st_size,
        seconds=round(time.monotonic() - started, 3),
        cpu_seconds=round(finished.cpu_seconds, 3),
        starts=starts,
        complaints=_complaints(finished, request, entry),
    )


def _complaints(finished: Finished, request: EncodeRequest, entry: Entry | None) -> tuple[str, ...]:
    """Return what ffmpeg complained of in the source, but for what is due to where it was cut."""
    said = of_the_track(finished.complaints, request.beside)
    left = of_what_is_there(said)
    begun = entry.path if entry else request.source
    return left if left != said and begins_openly(begun, request.stream) else said


def _encoded(
    request: EncodeRequest,
    target: Path,
    settings: EncodeSettings,
    context: StageContext,
    report: Callable[[EncodeProgress], None],
    kept: KeptFrames | None,
    entry: Entry | None,
) -> tuple[Finished, int]:
    """Run the encoder, by the hardware's decoder first where the request has one; return its starts, too."""

    def run(hardware: Hardware | None) -> Finished:
        begun = None if hardware else entry
        own = settings.model_copy(update={"first": settings.first - begun.skipped}) if begun else settings
        arguments = encode_arguments(
            begun.path if begun else request.source,
            request.stream,
            target,
            own,
            lp=request.lp,
            hardware=hardware,
            kept=None if hardware else kept,
        )
        about = request.source
        return context.run_ffmpeg(arguments, log=request.log, about=about, on_progress=report, target=target)

    starts = 0
    decoder = decoder_of(request.decoding, context) if request.decoding is not None else None
    if decoder is not None and (hardware := decoder.hardware) is not None:
        starts += 1
        try:
            finished = run(hardware)
            problem = _wrong(finished, target, settings)
        except ToolFailedError as error:
            problem = error.first or error.problem
        if not problem:
            return finished, starts
        decoder.give_up(problem)
    return run(None), starts + 1


def _wrong(finished: Finished, target: Path, settings: EncodeSettings) -> str:
    """Return what forbids to trust the hardware's frames: what it conceals, it conceals in its own way."""
    if finished.complaints:
        return finished.complaints[0]
    frames = count_packets(target)
    return "" if frames == settings.frames else f"it gave {frames} frames of {settings.frames}"


def count_packets(path: Path) -> int:
    """Return the video packets of an AV1 file, each of which is one shown frame.

    Raises:
        ToolFailedError: The file cannot be read.
    """
    try:
        with contextlib.closing(av.open(str(path), "r")) as container:
            return sum(1 for packet in container.demux(video=0) if packet.size)
    except av.FFmpegError as error:
        failure = ToolFailedError(f"an encoded file cannot be read ({error.strerror})", path=path)
        failure.cause = FAILED.name  # it was written just now: by chance, or by a disk that fails
        raise failure from error
