"""A picture that changes on the way is brought to one form, before anything else is done to it.

All encoded segments must be of one size and one description of colour to be joined, and those of a source
that changes would not be. ffmpeg would begin its filters anew at each change, and their count of frames with
it; so it is told not to, and the first filter, which can take other pictures at any time, leads to one form.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from drapto.errors import SourceError
from drapto.media.form import COLOURS
from drapto.media.yuv import GREY, RGB, SCALER
from drapto.words import time_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from drapto.media.form import Form
    from drapto.media.model import Colour, VideoTrack

NAME = "scale@uniform"
"""The filter, and what tells it from others."""

DEEP = "yuv420p10le"
"""What the encoder gets in any case, and what holds all that it can."""

NEVER_AGAIN = ("-reinit_filter", "0")
"""ffmpeg's option of an input whose pictures change."""

SETPARAMS = {
    "range": "range",
    "primaries": "color_primaries",
    "transfer": "color_trc",
    "matrix": "colorspace",
}
"""Options of ffmpeg's filter ``setparams``."""

MATRICES = ("bt709", "fcc", "bt470bg", "smpte170m", "smpte240m", "bt2020nc")
"""What swscale makes of one another; others stay as they are, under the name of the first."""

ALIKE = 1.1
"""How many times as wide as the other a picture may be to be stretched: broadcasts take some columns off."""

HALF_HEIGHT = "interl=1"
"""Scales each field by itself."""


def forms_of(video: VideoTrack) -> list[Form]:
    """Return the forms that a picture has on the way, the first one first; none where it does not change."""
    return [] if video.first_form is None else [video.first_form, *(change.form for change in video.changes)]


def described(colour: Colour, forms: Iterable[Form]) -> Colour:
    """Return the one description of a picture's colours: that of the kept form, filled from others."""
    others = list(forms)
    filled = {
        name: next((said for form in others if (said := getattr(form, name)) is not None), None)
        for name in COLOURS
        if getattr(colour, name) is None
    }
    if filled.get("range"):
        filled["range"] = "tv"  # what no range means in YUV, beside pictures that say theirs
    return colour.model_copy(update=filled)


def uniform_filters(video: VideoTrack, *, fields: bool = False) -> tuple[str, ...]:
    """Return ffmpeg's filters that bring a picture that changes to one form; none where it does not.

    Args:
        video: The picture.
        fields: It consists of fields, which are scaled each by itself.
    """
    forms = forms_of(video)
    if not forms:
        return ()
    fitted = {form.size: size for form in forms if (size := _fitted(form, video))}
    width, height = (_by_size(fitted, at, whole) for at, whole in enumerate((video.width, video.height)))
    options = [f"w='{width}'", f"h='{height}'", "eval=frame"] if fitted else [f"{video.width}:{video.height}"]
    options.append(f"flags={SCALER}")
    options += [HALF_HEIGHT] if fields and len({form.size for form in forms}) > 1 else []
    options += _conversion(video.colour, forms)
    said = {SETPARAMS[name]: getattr(video.colour, name) or "unknown" for name in COLOURS}
    one = ":".join(f"{name}={value}" for name, value in said.items())
    yuv = not (RGB.match(video.pix_fmt) or GREY.fullmatch(video.pix_fmt))
    form = [f"format={DEEP}", f"setparams={one}"] if yuv else [f"format={video.pix_fmt}"]
    # the shape of a pixel is the container's, whatever the stream says on the way
    bars = [f"pad={video.width}:{video.height}:-1:-1:eval=frame"] if fitted else []
    return (f"{NAME}={':'.join(options)}", *bars, *form, "setsar=1")


def _fitted(form: Form, video: VideoTrack) -> tuple[int, int] | None:
    """Return the pixels that a picture of another shape, as of a telephone that was turned, has between bars.

    None where it is shaped as the others, as far as can be told, and fills them.
    """
    shape = form.sar or video.sar
    # width by height as shown, of pixels of the kept picture's shape
    aspect = shape * form.width / form.height / video.sar
    whole = Fraction(video.width, video.height)
    if form.size == f"{video.width}x{video.height}" or max(aspect / whole, whole / aspect) < ALIKE:
        return None
    if aspect < whole:
        return max(2, round(video.height * aspect / 4) * 4), video.height
    return video.width, max(2, round(video.width / aspect / 4) * 4)


def _by_size(fitted: Mapping[str, tuple[int, int]], at: int, whole: int) -> str:
    """Return an expression of ``scale``: the width (``at`` 0) or height (1) by the size of what comes in."""
    chosen = str(whole)
    for size, between in fitted.items():
        width, height = size.split("x")
        chosen = f"if(eq(iw,{width})*eq(ih,{height}),{between[at]},{chosen})"
    return chosen


def _conversion(colour: Colour, forms: Sequence[Form]) -> list[str]:
    """Return the options that make one matrix and one range of several.

    Where some pictures say none, all are taken for what the others say, and none is converted.
    """
    options = []
    matrices = {form.matrix for form in forms}
    if len(matrices) > 1 and matrices <= {None, *MATRICES}:
        if None not in matrices:
            options.append(f"out_color_matrix={colour.matrix}")
        else:
            options += [f"in_color_matrix={colour.matrix}", f"out_color_matrix={colour.matrix}"]
    if len({form.range or "tv" for form in forms}) > 1:
        options.append(f"out_range={colour.range or 'tv'}")
    return options


def input_options(filters: Iterable[str]) -> list[str]:
    """Return ffmpeg's options of the input that goes through ``filters``."""
    return list(NEVER_AGAIN) if any(one.startswith(NAME) for one in filters) else []


def refuse_mixtures(source: Path, video: VideoTrack) -> None:
    """Refuse a picture that changes to what cannot be brought to one form without a guess.

    Raises:
        SourceError: It goes from SDR to HDR or back, or from RGB or grey to YUV; names the time.
    """
    if video.first_form is None:
        return
    first = video.first_form
    for change in video.changes:
        form = change.form
        if _kind(form) != _kind(first):
            raise SourceError(
                f"its picture changes from {_kind(first)} to {_kind(form)} after {time_text(change.time)}, "
                "which one stream cannot hold",
                path=source,
                remedy="cut the file there, with mkvmerge --split, and encode the parts one by one",
            )


def _kind(form: Form) -> str:
    samples = "RGB" if RGB.match(form.pix_fmt) else "grey" if GREY.fullmatch(form.pix_fmt) else "YUV"
    return f"{samples} in {'HDR (' + str(form.transfer) + ')' if form.is_hdr else 'SDR'}"
