"""What an encode is held against: the frames of its source as the encoder was given them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from drapto.media.filters import without_first
from drapto.media.yuv import conversion
from drapto.quality.display import Display, display_of

if TYPE_CHECKING:
    from fractions import Fraction
    from pathlib import Path

    from drapto.media.model import CropRect


@dataclass(frozen=True)
class Reference:
    """The frames that an encode is held against.

    Attributes:
        source: The file.
        stream: Index of its video stream.
        crop: What the encode kept of the picture; None where it kept all.
        pix_fmt: The encode's pixel format: the source is converted to it, as it was for the encoder.
        width, height: The encode's picture, pixels.
        first: How many of its frames go before the first of them.
        frames: How many frames.
        rate: Their nominal rate.
        filters: What made whole pictures of its fields before the crop (`EncodeSettings.filters`).
        yuv_matrix: By what an RGB source was made YUV after it; None where it is no RGB.
        display: How the title is shown; None takes the picture for a whole one of square pixels.
        light: What VMAF is given of an HDR picture (`drapto.quality.hdr`); empty for SDR.
        resized: Whether the encode's picture is of another size, from which it is shown as large.
        by_time: Whether each frame of the encode is held against the one that is shown at the same time after
            the first, instead of that of the same number.
        within: How many of the encode's frames go before the first of them, where more may follow the last;
            None where the encode has these frames and no others.
    """

    source: Path
    stream: int
    crop: CropRect | None
    pix_fmt: str
    width: int
    height: int
    frames: int
    rate: Fraction
    first: int = 0
    filters: tuple[str, ...] = ()
    yuv_matrix: str | None = None
    display: Display | None = None
    light: str = ""
    resized: bool = False
    by_time: bool = False
    within: int | None = None

    @property
    def shown(self) -> Display:
        """How the picture is shown while it is scored as people see it."""
        return self.display or display_of(self.width, self.height, rate=self.rate)

    @property
    def prepare(self) -> str:
        """What leads to the frames, in ffmpeg's form, with a final comma, or nothing."""
        return "".join(f"{one}," for one in (*self.filters, *without_first(self.first)))

    def tail(self, first: int) -> Reference:
        """Return the same without the ``first`` frames."""
        return replace(self, first=self.first + first, frames=self.frames - first)

    def window(self, first: int, frames: int) -> Reference:
        """Return so many of the frames from ``first`` on, to measure a part of the encode of all."""
        return replace(self, first=self.first + first, frames=frames, within=first)

    @property
    def of_encode(self) -> str:
        """What leads to the frames in the encode, in the same form as `prepare`."""
        if self.within is None:
            return ""
        return f"trim=start_frame={self.within}:end_frame={self.within + self.frames},"

    @property
    def convert(self) -> str:
        """The conversion to the encode's pixel format, in the same form."""
        return "".join(f"{one}," for one in (*conversion(self.yuv_matrix), f"format={self.pix_fmt}"))
