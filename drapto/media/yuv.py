"""What of a picture's samples changes on the way to 10-bit 4:2:0, the only form that drapto writes.

RGB has to be made YUV by a matrix, which is chosen and stated here; chroma is thinned out; more than 10 bits
are rounded. A YUV picture's own matrix and range, full or limited, stay as they are, and so do the samples of
a grey one, which ffmpeg would take for full range whatever they say, and make limited.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drapto.media.model import Colour, VideoTrack

RGB = re.compile(r"(gbr|rgb|bgr|[0ax](rgb|bgr|2rgb|2bgr)|pal8|xyz|mono[bw])")
"""What the names of ffmpeg's RGB pixel formats begin with. XYZ, a cinema's, and black and white of one
bit are scaled as RGB is."""

SPACES = {"xyz": "XYZ", "mono": "black and white of one bit"}
"""What formats that are handled as RGB are, by what their names begin with."""

GREY = re.compile(r"(?:gray|ya)(\d*)(?:le|be)?(?:-(tv|pc))?")
"""The names of ffmpeg's grey pixel formats, with alpha or without; with a range behind, what `rgb_matrix`
says of one."""

YUV = re.compile(r"yuvj?a?(4\d\d)p")

PACKED = {
    "4:1:1": re.compile(r"uyyvyy411"),
    "4:2:2": re.compile(r"uyvy422|yuyv422|yvyu422|nv16|nv20|p21\d|y21\d"),
    "4:4:4": re.compile(r"nv24|nv42|p41\d|vuy[ax]|ayuv|uyva|vyu444|xv\d\d|v30x"),
}
"""The names of formats whose chroma lies among the luma, or in a plane of its own, by how much there is."""

WITH_ALPHA = re.compile(r"yuva|gbrap|vuya|ayuv|uyva|ya\d|argb|abgr|rgba|bgra")
"""What the names of formats with an alpha channel begin with."""

BITS = 10

SD = (1024, 576)
"""Largest width and height, pixels, of pictures that players who go by the size alone take for BT.601's."""

ENCODED = "yuv420p10le"
"""The pixel format that is encoded: a picture that has it is not converted."""

SCALABLE = (None, "bt709", "fcc", "bt470bg", "smpte170m", "smpte240m", "bt2020nc")
"""Matrices of YUV that swscale knows; pictures of others it refuses, though it would only copy samples."""

UNNAMED = "setparams=colorspace=unknown"
"""The filter that lets swscale copy them."""

LOGARITHMIC = ("log100", "log316")
"""Transfers that swscale refuses, whatever it is to do."""

CURVELESS = "setparams=color_trc=unknown"
"""The filter that lets it take their pictures."""

SCALER = "bicubic+accurate_rnd+full_chroma_inp"
"""swscale's flags: by default it averages RGB in pairs and rounds coarsely."""


UNSAID = "unknown"
"""ffmpeg's name of no matrix."""

AS = "as-"
"""What `rgb_matrix` puts in front of a matrix that a picture has and keeps."""


def is_rgb(video: VideoTrack) -> bool:
    """Tell whether a picture is RGB."""
    return RGB.match(video.pix_fmt) is not None


def is_misnamed(video: VideoTrack) -> bool:
    """Tell whether a picture of thinned-out chroma claims to be RGB, as some screen recorders' do."""
    return video.colour.matrix == "rgb" and not is_rgb(video) and "444" not in video.pix_fmt


def rgb_matrix(video: VideoTrack) -> str | None:
    """Return by what a picture that is no YUV becomes YUV; None where it is YUV.

    That is a matrix for RGB, by ffmpeg's name; for grey, which needs none, its format and range, such as
    ``gray10-tv``; for YUV that swscale would refuse to bring to another format, its own, as ``as-ycgco``.
    Where swscale refuses the transfer, that is taken off and put back: it stands behind a colon.
    """
    made = _matrix(video)
    if video.colour.transfer in LOGARITHMIC and video.pix_fmt != ENCODED:
        return f"{made or f'{AS}{video.colour.matrix or UNSAID}'}:{video.colour.transfer}"
    return made


def _matrix(video: VideoTrack) -> str | None:
    """Return the same without a transfer."""
    if grey := GREY.fullmatch(video.pix_fmt):
        return f"gray{grey[1]}-{video.colour.range or 'tv'}"
    if not is_rgb(video):
        if is_misnamed(video):
            return f"{AS}{UNSAID}"
        refused = video.colour.matrix not in SCALABLE and video.pix_fmt != ENCODED
        return f"{AS}{video.colour.matrix}" if refused else None
    if video.colour.primaries == "bt2020":
        return "bt2020nc"
    # by the same numbers as smpte170m, and swscale says this name for both
    return "bt470bg" if video.width <= SD[0] and video.height <= SD[1] else "bt709"


def conversion(matrix: str | None) -> list[str]:
    """Return ffmpeg's filters that make a picture YUV, by what `rgb_matrix` says of it; none for None."""
    if matrix is None:
        return []
    matrix, _, transfer = matrix.partition(":")
    if transfer:
        return [CURVELESS, *conversion(matrix), f"setparams=color_trc={transfer}"]
    if grey := GREY.fullmatch(matrix):
        # at its own depth first: the samples are copied, and keep their meaning when they get more bits
        depth = "" if grey[1] in ("", "8") else f"{grey[1]}le"
        return ["scale=in_range=pc:out_range=pc", f"format=yuv420p{depth}", f"setrange={grey[2]}"]
    if matrix.startswith(AS):
        return [UNNAMED, f"format={ENCODED}", f"setparams=colorspace={matrix.removeprefix(AS)}"]
    return [f"scale=out_color_matrix={matrix}:out_range=tv:flags={SCALER}"]


def acceptable(colour: Colour) -> list[str]:
    """Return ffmpeg's filters that let swscale take a picture whose colours it does not know; mostly none."""
    unnamed = [] if colour.matrix in SCALABLE else [UNNAMED]
    return [*unnamed, *([CURVELESS] if colour.transfer in LOGARITHMIC else [])]


def delivered(video: VideoTrack) -> Colour:
    """Return the colours that the output of a source says."""
    if is_misnamed(video):
        return video.colour.model_copy(update={"matrix": None})
    if not is_rgb(video):
        return video.colour
    said = {"matrix": _matrix(video), "range": "tv", "chroma_location": None}
    return video.colour.model_copy(update=said)


def chroma(pix_fmt: str) -> str | None:
    """Return how much chroma a format has, such as ``4:2:2``; None of one that has none, or is no YUV."""
    if layout := YUV.match(pix_fmt):
        return ":".join(layout[1])
    return next((name for name, formats in PACKED.items() if formats.match(pix_fmt)), None)


def changes(video: VideoTrack) -> list[str]:
    """Return what 10-bit 4:2:0 does not hold of a picture, a line each."""
    said = []
    if is_rgb(video):
        space = next((name for start, name in SPACES.items() if video.pix_fmt.startswith(start)), "RGB")
        said.append(
            f"{space} comes out as YUV 4:2:0, by the matrix {_matrix(video)} and in the limited range (tv)"
        )
    elif (layout := chroma(video.pix_fmt)) not in (None, "4:2:0"):
        said.append(f"{layout} chroma comes out as 4:2:0")
    if is_misnamed(video) and not GREY.fullmatch(video.pix_fmt):  # grey needs none
        said.append("its matrix says RGB, which YUV of thinned-out chroma cannot be: left out")
    if video.bit_depth > BITS:
        said.append(f"{video.bit_depth} bits of each sample come out as {BITS}")
    if WITH_ALPHA.match(video.pix_fmt):
        said.append("the alpha channel is left out")
    return said
