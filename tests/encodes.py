"""What tests ask of an encoder: little, but for what a test says."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from drapto.encoding.job import SegmentJob
from drapto.quality.target import FixedCrf, QualityTarget
from drapto.video.encode_settings import EncodeSettings, EncodeShape
from drapto.video.request import EncodeRequest

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.quality.target import Quality

CRF = 40.0


def shape(frames: int, **changes: object) -> EncodeShape:
    """Return a quick encode's shape for ``frames``, with ``changes``."""
    plain = EncodeShape(
        preset=12,
        svt_params="tune=0",
        film_grain=False,
        pix_fmt="yuv420p10le",
        crop=None,
        rate=Fraction(24),
        frames=frames,
        keyint=240,
    )
    return plain.model_copy(update=changes)


def settings(frames: int, *, crf: float = CRF, **changes: object) -> EncodeSettings:
    """Return the settings of such an encode at ``crf``."""
    return shape(frames, **changes).at(crf)


def request(source: Path, folder: Path, *, index: int = 1, **changes: object) -> EncodeRequest:
    """Return a request to encode ``source``, of 320x180, into ``folder``."""
    plain: dict[str, object] = {"stream": 0, "lp": 1, "width": 320, "height": 180}
    target = folder / f"{index:04d}.mkv"
    return EncodeRequest(source=source, target=target, index=index, **(plain | changes))  # type: ignore[arg-type]


def job(
    asked: EncodeRequest, how: EncodeShape, quality: Quality | None = None, calibration: Path | None = None
) -> SegmentJob:
    """Return the job of a request; its record is beside its target, its attempts are below."""
    record = asked.target.with_suffix(".json")
    fixed = FixedCrf(crf=CRF) if quality is None else quality
    return SegmentJob(asked, how, fixed, "chunked", record, asked.target.parent / "attempts", calibration)


def target(score: float = 93.0, **changes: object) -> QualityTarget:
    """Return a target of ``score``, with ``changes``."""
    plain: dict[str, object] = {
        "metric": "vmaf",
        "tolerance": 0.65,
        "lowest": 10,
        "highest": 50,
        "most": 6,
        "thorough": False,
        "engine": "native",
        "out_of_reach": "closest",
    }
    return QualityTarget.model_validate(plain | {"score": score} | changes)
