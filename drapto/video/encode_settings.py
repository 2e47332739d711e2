"""What is asked of a segment's encode, and what it delivered."""

from __future__ import annotations

from drapto.engine.document import Model, Rational
from drapto.media.model import CropRect
from drapto.quality.target import QualityTarget


class EncodeSettings(Model):
    """Everything that shapes the bytes of an encoded segment, but for the frames themselves.

    Attributes:
        preset: SVT-AV1's preset, 0 (slow) to 13.
        crf: Constant rate factor, 0 to 63 in quarter steps; None where it is searched for.
        svt_params: ``key=value`` pairs joined by colons, as ``-svtav1-params`` takes them.
        film_grain: Synthesise film grain instead of coding it.
        pix_fmt: ffmpeg's pixel format name.
        crop: What is kept of the picture; None keeps all.
        rate: Nominal frame rate.
        first: How many of the segment's frames go before the first that is encoded.
        frames: How many are encoded.
        keyint: The most frames from keyframe to keyframe.
        filters: ffmpeg's filters that make whole pictures of fields, before the crop; they count on the
            file's own times (``-copyts``).
        yuv_matrix: By what an RGB source is made YUV (`drapto.media.yuv`); None where it is no RGB.
        chroma_location: Where the source says its chroma samples are, by ffmpeg's name; None says nothing.
        target: The quality that the CRF is searched for; None where it is fixed.
    """

    preset: int
    crf: float | None
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
    target: QualityTarget | None = None

    @property
    def calibrated(self) -> bool:
        """Whether the search begins with what samples of the title say."""
        return self.target is not None and self.target.engine == "native"

    def at(self, crf: float) -> EncodeSettings:
        """Return the same at a fixed CRF."""
        return self.model_copy(update={"crf": crf, "target": None})

    def tail(self, first: int) -> EncodeSettings:
        """Return the same without the ``first`` frames."""
        return self.model_copy(update={"first": self.first + first, "frames": self.frames - first})
