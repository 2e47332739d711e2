"""Single frames of a film as small JPEGs, made by the ffmpeg in use; HDR is mapped to what a screen shows."""

from __future__ import annotations

import tempfile
from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from drapto.engine.context import file_url
from drapto.errors import ArtifactError, DraptoError, ToolFailedError
from drapto.media.form import HDR_TRANSFERS
from drapto.media.rate import NS
from drapto.media.uniform import input_options
from drapto.media.yuv import SCALABLE, SD, acceptable
from drapto.report.page import Picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drapto.engine.context import StageContext
    from drapto.media.model import Colour

WHITE = 203
"""cd/m2 of HDR's reference white (ITU-R BT.2408), which is to be SDR's."""

TURNS = {90: "transpose=cclock", 180: "hflip,vflip", 270: "transpose=clock"}
"""By degrees counter-clockwise, what a player does to a rotated picture."""

FINE, COARSE = (3, 5, 9), (6,)
"""mjpeg's quantisers that are tried in turn, until a picture is small enough."""

IGNORING_THE_INDEX = ("-fflags", "+ignidx")
"""ffmpeg's options of an input whose index (Cues) leads nowhere: what comes before the frame is read, too."""

WHATEVER_FAILS = ("-max_error_rate", "1")
"""ffmpeg's option where a decoder begins at what is no keyframe, though the file says so."""

EARLIER = 20.0
"""Seconds before a frame from which on it is decoded then: a keyframe that is one lies between."""

LEAD = 2.0
"""Seconds before a run of frames from which on it is decoded, where its filters look at neighbours."""


@dataclass(frozen=True)
class View:
    """A file's picture, and what is done to it so that a screen shows it as a player would.

    Attributes:
        path: The file.
        stream: The index of its video stream.
        width, height: Of what is shown of it, after ``filters``, pixels.
        sar: The shape of a pixel, width to height.
        colour: How its samples are meant.
        rotation: By how much players rotate it, degrees counter-clockwise.
        filters: What makes the pictures that are shown of those that decode, the crop included.
        keyframes: When those are shown that are keyframes, nanoseconds, ascending: the file may say so of
            others. Empty where nobody knows.
    """

    path: Path
    stream: int
    width: int
    height: int
    sar: Fraction
    colour: Colour
    rotation: int = 0
    filters: tuple[str, ...] = ()
    keyframes: Sequence[int] = ()

    def entrance(self, time: float) -> float:
        """Return when the keyframe is shown from which on a frame decodes, seconds; 0 for the start."""
        number = bisect_right(self.keyframes, round(time * NS))
        return self.keyframes[number - 1] / NS if number > 1 else 0.0


@dataclass(frozen=True)
class Frame:
    """Which frame of a file.

    Attributes:
        time: When it is shown, seconds; or, where ``number`` says which one, when those begin.
        number: How many frames come out of the filters before it, from there on; None for that at ``time``.
        key: It is a keyframe, or may be one near by.
    """

    time: float
    number: int | None = None
    key: bool = False


def grab(
    view: View,
    frame: Frame,
    *,
    width: int,
    most: int,
    context: StageContext,
    quantisers: Sequence[int] = FINE,
) -> Picture:
    """Return a frame as a JPEG.

    Args:
        view: The file.
        frame: Which frame.
        width: Of the picture, pixels; a smaller one is not made larger.
        most: Bytes that it may take, or it is compressed further.
        context: The surroundings.
        quantisers: Those of mjpeg that are tried, in turn.

    Raises:
        ToolFailedError: ffmpeg failed.
        ArtifactError: There is no such frame.
    """
    size = fitting(view, width)
    jpegs = _jpegs(view, frame, size, quantisers, context)
    jpeg = next((one for one in jpegs if len(one) <= most), jpegs[-1])
    shown = size[::-1] if view.rotation % 180 else size
    return Picture(jpeg, *shown)


def fitting(view: View, width: int) -> tuple[int, int]:
    """Return how large a picture is shown before it is rotated: at most so wide, of square pixels, even."""
    square = view.width * view.sar
    factor = min(Fraction(1), width / square, Fraction(width, view.height) if view.rotation % 180 else 1)
    return max(2, round(square * factor / 2) * 2), max(2, round(view.height * factor / 2) * 2)


def _jpegs(
    view: View, frame: Frame, size: tuple[int, int], quantisers: Sequence[int], context: StageContext
) -> list[bytes]:
    """Return a frame by each quantiser: it is found by decoding up to a GOP, and coded in no time."""
    ends = [f"[frame{number}]" for number in range(len(quantisers))]
    split = f"split={len(ends)}{''.join(ends)}"
    with tempfile.TemporaryDirectory(prefix="drapto-") as folder:
        targets = [Path(folder) / f"{quantiser}.jpg" for quantiser in quantisers]
        outputs = [
            option
            for end, quantiser, target in zip(ends, quantisers, targets, strict=True)
            for option in (
                *("-map", end, "-frames:v", "1", "-fps_mode", "passthrough", "-map_metadata", "-1"),
                *("-fflags", "+bitexact", "-flags:v", "+bitexact", "-c:v", "mjpeg"),
                *("-q:v", str(quantiser), "-f", "mjpeg", "-y", file_url(target)),
            )
        ]
        failed: DraptoError | None = None
        first = 0.0
        if len(view.keyframes) > 1 and frame.number is None and not frame.key:
            first = frame.time - view.entrance(frame.time)
        for way, earlier in (((), first), (IGNORING_THE_INDEX, first), (WHATEVER_FAILS, EARLIER)):
            graph = f"[0:{view.stream}]{','.join(_filters(view, frame, size, earlier))},{split}"
            command = [*way, *_input(view, frame, earlier), "-filter_complex", graph, *outputs]
            try:
                context.run_ffmpeg(command, log="report", about=view.path)
            except ToolFailedError as error:
                failed = failed or error
                continue
            if all(target.is_file() and target.stat().st_size for target in targets):
                break
        else:
            raise failed or ArtifactError(f"has no frame at {frame.time:.3f} s", path=view.path)
        return [target.read_bytes() for target in targets]


def _input(view: View, frame: Frame, earlier: float) -> list[str]:
    begin = (frame.time if frame.number is None else frame.time - LEAD) - earlier
    seek = ["-seek_timestamp", "1", "-ss", f"{begin:.6f}"] if begin > 0 else []
    near = ["-noaccurate_seek", "-skip_frame", "nokey"] if frame.key and not earlier else []
    near += ["-noaccurate_seek"] if earlier else []  # what comes too early is dropped by a filter
    own = ["-copyts"] if frame.number is not None or earlier else []
    decode = ["-noautorotate", "-threads", "1"]
    return [*own, *input_options(view.filters), *near, *seek, *decode, "-i", file_url(view.path)]


def _filters(view: View, frame: Frame, size: tuple[int, int], earlier: float = 0.0) -> list[str]:
    chosen = [] if frame.number is None else [f"trim=start_frame={frame.number}"]
    if earlier and frame.number is None:
        chosen = [f"select=gte(t\\,{frame.time:.6f})"]  # trim takes no time of a clock that began in 1970
    scale = f"scale={size[0]}:{size[1]}:flags=bicubic+accurate_rnd+full_chroma_inp"
    turn = TURNS.get(view.rotation % 360)
    shown = _mapped(view, scale) if view.colour.transfer in HDR_TRANSFERS else _plain(view, scale)
    return [*view.filters, *chosen, *shown, "setsar=1", *([turn] if turn else [])]


def _plain(view: View, scale: str) -> list[str]:
    """Return the filters that make JPEG's samples of SDR."""
    assumed = "bt709" if view.width > SD[0] or view.height > SD[1] else "smpte170m"
    matrix = view.colour.matrix or assumed
    # JPEG's own is BT.601's (JFIF)
    source = f":in_color_matrix={matrix}" if matrix in SCALABLE else ""
    return [
        *acceptable(view.colour),
        f"{scale}{source}:out_color_matrix=bt601:out_range=pc",
        "format=yuvj420p",
    ]


def _mapped(view: View, scale: str) -> list[str]:
    """Return the same of HDR: to linear light, to BT.709's colours, and its highlights pressed into SDR's."""
    colour = view.colour
    said = ":".join(
        (
            f"tin={colour.transfer}",
            f"min={colour.matrix or 'bt2020nc'}",
            f"pin={colour.primaries or 'bt2020'}",
            f"rin={'full' if colour.range == 'pc' else 'limited'}",
        )
    )
    return [
        scale,
        f"zscale={said}:t=linear:npl={WHITE}",
        "format=gbrpf32le",
        "zscale=p=bt709",
        "tonemap=mobius:desat=0",
        "zscale=t=bt709:m=smpte170m:r=full",
        "format=yuvj420p",
    ]
