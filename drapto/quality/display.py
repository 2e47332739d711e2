"""How large a picture is shown while it is scored, and which model judges it there.

VMAF tells what people said who saw pictures fill a television, or a telephone, at a known distance. So a
picture is scored as a player shows it: its pixels made square, and all of it, black bars included, made as
large as the display. docs/quality.md says it for users, with the command for plain ffmpeg.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Literal, NamedTuple

from drapto.engine.document import Model
from drapto.media.yuv import CURVELESS, UNNAMED

VmafFamily = Literal["v0.6.1", "v1"]
Viewing = Literal["tv", "phone"]

V1, HFR = "vmaf_v1.0.16_", "vmaf_v1.0.16_hfr_"
"""What the names of the models of VMAF v1 begin with, and of those for high frame rates."""

HD = (1920, 1080)
UHD = (3840, 2160)

LARGEST_ON_HD = (2560, 1440)
"""Long and short side of the largest picture, in square pixels, that is judged on a display of 1080 lines:
beyond it, that display would show less than two thirds of what is there. ab-av1 draws the line there, too."""

HIGH_RATE = 40
"""Frames a second from which the models of VMAF v1 for high frame rates are used. They are for 50 and 60, the
others for 24 to 30 (Netflix/vmaf, resource/doc/models_v1.md)."""

LEAST, LEAST_V1 = 64, 360
"""Pixels of each side below which black is put around a picture, as a display does. VMAF fails for 16 pixels;
v1, which looks at small copies of a picture for its colours and its banding, for less than 216, and its model
for telephones for less than 300."""

SQUARE = Fraction(1, 100)
"""By how much the sides of a pixel may differ for it to be square: sides are rounded to even numbers."""


class Reach(NamedTuple):
    """Which frames around one a model looks at, to see what moves.

    Attributes:
        before, after: How many.
    """

    before: int
    after: int

    @property
    def frames(self) -> int:
        """How many that are, the frame itself included."""
        return self.before + 1 + self.after


class Display(Model):
    """How a title is shown.

    Attributes:
        model: libvmaf's name of the model.
        width, height: The whole picture as it is shown, pixels, even.
        coded_width, coded_height: The same before it is scaled, and before any crop.
    """

    model: str
    width: int
    height: int
    coded_width: int
    coded_height: int

    @property
    def size(self) -> str:
        """The whole picture as it is shown, ``1440x1080``."""
        return f"{self.width}x{self.height}"

    @property
    def scales(self) -> bool:
        """Whether pictures are scaled at all."""
        return (self.width, self.height) != (self.coded_width, self.coded_height)

    @property
    def magnifies(self) -> bool:
        """Whether pictures have more pixels as they are shown than as they are encoded."""
        return self.width * self.height > self.coded_width * self.coded_height

    @property
    def is_v1(self) -> bool:
        """Whether the model is one of VMAF v1."""
        return self.model.startswith(V1)

    @property
    def as_ever(self) -> bool:
        """Whether drapto 0.1, which scaled none and knew VMAF v0.6.1 alone, measured the same."""
        return not self.scales and not self.is_v1

    def shown(self, width: int, height: int) -> tuple[int, int]:
        """Return how large a part of the picture, so large in the coded one, is shown: pixels, even."""
        return (
            _even(Fraction(width * self.width, self.coded_width)),
            _even(Fraction(height * self.height, self.coded_height)),
        )

    def padded(self, width: int, height: int) -> tuple[int, int] | None:
        """Return how large a part of the picture is with black around it; None where it needs none."""
        shown, least = self.shown(width, height), LEAST_V1 if self.is_v1 else LEAST
        padded = (max(least, shown[0]), max(least, shown[1]))
        return padded if padded != shown else None

    @property
    def square(self) -> bool:
        """Whether the coded pixels are square, but for what is rounded."""
        across, down = Fraction(self.width, self.coded_width), Fraction(self.height, self.coded_height)
        return abs(across / down - 1) < SQUARE

    def filters(self, width: int, height: int, *, always: bool = False) -> str:
        """Return ffmpeg's filters that show a part of the picture, with a final comma, or nothing.

        They take matrix and transfer off: scaling needs none, and swscale does not know all of them.

        Args:
            width: Of the part in the coded picture.
            height: The same.
            always: Scale it even where it is as large as it is shown.
        """
        shown, padded = self.shown(width, height), self.padded(width, height)
        scales = always or shown != (width, height)
        scale = f"{UNNAMED},{CURVELESS},scale={shown[0]}:{shown[1]}:flags=bicubic," if scales else ""
        pad = f"pad={padded[0]}:{padded[1]}:-1:-1," if padded else ""
        return scale + pad

    @property
    def reach(self) -> Reach:
        """Which frames around one the model looks at.

        To leave the others out changes no score, which was tried. VMAF and VMAF v1 hold a frame against those
        beside it; v1 for high frame rates against the second one on either side, and takes a mean over time.
        """
        return Reach(4, 2) if HFR in self.model else Reach(1, 1)


def display_of(
    width: int,
    height: int,
    *,
    sar: Fraction = Fraction(1),
    rate: Fraction = Fraction(24),
    family: VmafFamily = "v0.6.1",
    viewing: Viewing = "tv",
) -> Display:
    """Return how a picture is shown, and the model for that.

    A picture that is taller than wide is shown on a display that is held upright.

    Args:
        width: Of the coded picture, before any crop, pixels.
        height: The same.
        sar: The shape of its pixels, width to height.
        rate: Frames a second.
        family: Which of Netflix's models.
        viewing: On what: a telephone has 1080 lines, whatever the picture has.
    """
    square = (width * sar, Fraction(height))
    beyond = any(side > most for side, most in zip(sorted(square, reverse=True), LARGEST_ON_HD, strict=True))
    large = beyond and viewing == "tv"
    screen = UHD if large else HD
    factor = min(most / side for side, most in zip(sorted(square, reverse=True), screen, strict=True))
    if family == "v1":
        distance = "5d0h" if viewing == "phone" else "1d5h_2160" if large else "3d0h"
        model = _of_rate(V1 + distance, rate)
    else:
        model = "vmaf_4k_v0.6.1" if large else "vmaf_v0.6.1"
    return Display(
        model=model,
        width=_even(square[0] * factor),
        height=_even(square[1] * factor),
        coded_width=width,
        coded_height=height,
    )


def _of_rate(model: str, rate: Fraction) -> str:
    return model.replace(V1, HFR) if rate >= HIGH_RATE else model


def _even(pixels: Fraction) -> int:
    return max(2, round(pixels / 2) * 2)
