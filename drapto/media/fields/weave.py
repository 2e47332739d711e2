"""Do the fields of frames belong together? How combed they are as they come, and woven with those before.

``idet`` takes a frame for interlaced where one order of its fields fits the neighbours a little better than
the other (4 %), and does not ask whether they fit each other best. So what moves by a few lines a frame, as
test patterns, credits and shaking cameras do, looks interlaced to it. A frame of one moment fits itself best,
and its neighbours' fields equally badly in either order.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from drapto.media.fields.run import PRINT

if TYPE_CHECKING:
    from collections.abc import Sequence

LINES_BESIDE = "0 1 0 0 2 0 0 1 0"
"""A line's blend with those above and below: what is combed differs from it."""

VALUE = re.compile(r"^lavfi\.msad\.msad\.[YUV]=([\d.]+)$", re.MULTILINE)


class Fit(NamedTuple):
    """How combed a frame is, as a fraction of full scale: the mean difference of a line from those beside it.

    Attributes:
        own: As it is.
        top: Its top field with the bottom field of the frame before.
        bottom: Its bottom field with the top field of the frame before.
    """

    own: float
    top: float
    bottom: float


def preference(fits: Sequence[Fit]) -> float | None:
    """Return how much the order of fields matters.

    The difference that the order makes, as a part of what the frames gain or lose by either: about 1 where
    fields were taken one after the other, 0 where they belong together. None where nothing differs.
    """
    own, top, bottom = (sum(fit) for fit in zip(*fits, strict=True)) if fits else (0.0, 0.0, 0.0)
    most = max(abs(top - own), abs(bottom - own))
    return round(abs(top - bottom) / most, 3) if most else None


def weave() -> str:
    """Return filters that print how the fields of frames fit; nothing for the first, which has none before.

    They lay the three weaves into the planes of one picture, and measure each.

    ``phase`` and ``tinterlace`` would weave, too, but are missing from an ffmpeg without GPL parts.
    """
    count = "settb=1/25,setpts=N"
    blend = ":".join(f"{plane}m='{LINES_BESIDE}'" for plane in range(3))
    return (
        "format=gray,crop=h=trunc(ih/2)*2:y=0,split=3[a][b][c];"
        f"[a]trim=start_frame=1,{count}[own];"
        f"[b]setfield=tff,separatefields,trim=start_frame=1,weave=first_field=bottom,{count}[top];"
        f"[c]setfield=bff,separatefields,trim=start_frame=1,weave=first_field=top,{count}[bottom];"
        "[own][top][bottom]mergeplanes=0x001020:yuv444p,split[lines][whole];"
        f"[whole]convolution={blend}[beside];"
        f"[lines][beside]msad,{PRINT}"
    )


def read_fits(text: str) -> list[Fit]:
    """Read what ``metadata=mode=print`` wrote of the three planes of each frame."""
    values = [float(value) for value in VALUE.findall(text)]
    return [Fit(*three) for three in zip(values[::3], values[1::3], values[2::3], strict=True)]
