"""What shapes the bytes of an encoded segment."""

from __future__ import annotations

from typing import Self

from drapto.engine.document import Model, Rational
from drapto.media.model import CropRect

OPEN_GOP = "irefresh-type=1"
"""The parameter of SVT-AV1 with which frames before a keyframe refer to it, so that none can be cut there."""


class EncodeShape(Model):
    """Everything that shapes the bytes of an encoded segment, but for the frames themselves and the CRF.

    Attributes:
        preset: SVT-AV1's preset, 0 (slow) to 13.
        svt_params: ``key=value`` pairs joined by colons, as ``-svtav1-params`` takes them.
        film_grain: Synthesise film grain instead of coding it.
        pix_fmt: ffmpeg's pixel format name.
        crop: What is kept of the picture; None keeps all.
        rate: Nominal frame rate.
        first: How many of the segment's frames go before the first that is encoded.
        frames: How many are encoded.
        keyint: The most frames from keyframe to keyframe.
        filters: ffmpeg's filters that bring pictures to one form, make whole ones of fields and flip them,
            before the crop; they count on the file's own times (``-copyts``).
        yuv_matrix: By what an RGB source is made YUV (`drapto.media.yuv`); None where it is no RGB.
        chroma_location: Where the source says its chroma samples are, by ffmpeg's name; None says nothing.
    """

    preset: int
    svt_params: str
    film_grain: bool
    pix_fmt: str
    crop: CropRect | None
    rate: Rational
    first: int = 0
    frames: int
    keyint: int
    filters: tuple[str, ...] = ()
    yuv_matrix: str | None = None
    chroma_location: str | None = None

    def at(self, crf: float) -> EncodeSettings:
        """Return the settings of an encode of this shape at ``crf``."""
        return EncodeSettings(**{name: getattr(self, name) for name in EncodeShape.model_fields}, crf=crf)

    def part(self, first: int, end: int = 0) -> Self:
        """Return the same of the frames from ``first`` on, to before ``end`` where that is not 0."""
        return self.model_copy(update={"first": self.first + first, "frames": (end or self.frames) - first})


class EncodeSettings(EncodeShape):
    """Everything that shapes the bytes of an encoded segment, but for the frames themselves.

    Attributes:
        crf: Constant rate factor, 0 to 63 in quarter steps.
    """

    crf: float
