"""What tests ask of an encoder: little, but for what a test says."""

from __future__ import annotations

from fractions import Fraction

from drapto.video.encode_settings import EncodeSettings


def settings(frames: int, **changes: object) -> EncodeSettings:
    """Return quick settings for ``frames``, with ``changes``."""
    plain = EncodeSettings(
        preset=12,
        crf=40,
        svt_params="tune=0",
        film_grain=False,
        pix_fmt="yuv420p10le",
        crop=None,
        rate=Fraction(24),
        frames=frames,
        keyint=240,
    )
    return plain.model_copy(update=changes)
