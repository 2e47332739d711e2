"""What quality a title is to have, and how it is decided which one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from drapto.engine.document import Model
from drapto.media.yuv import delivered
from drapto.quality.display import Display, display_of
from drapto.quality.hdr import light_of, light_text
from drapto.quality.sampling import stride_for
from drapto.quality.scores import STATISTICS, Statistic

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction

    from drapto.config import Config
    from drapto.media.model import SourceInfo, VideoTrack
    from drapto.quality.search import Goal

OUT_OF_REACH = 3
"""The number of the last `Tier`, which takes what is less than the target."""

EASED = 2.0
"""By how much of the metric the last tier lowers the target."""


USUAL_FLOOR = 15.0
"""The default of ``quality.floor``."""


class FixedCrf(Model):
    """Every segment at the same CRF, and nothing is measured.

    Attributes:
        crf: The CRF, in quarter steps.
    """

    crf: float


class QualityTarget(Model):
    """The quality that every segment is to have.

    Attributes:
        metric: ``vmaf`` or ``xpsnr``.
        score: The target, in the metric's unit.
        tolerance: How far from it a segment may be.
        lowest, highest: The bounds of the CRF.
        most: How many encodes a segment may take in each tier.
        thorough: Measure every frame.
        engine: Who predicts the first CRF: ``native``, or ``ab-av1``.
        out_of_reach: What becomes of a segment that cannot have it: it may ``fail``, or take the ``closest``.
        display: How the title is shown for VMAF; None for a metric of the picture as it is.
        statistic: Which figure of a segment's frames is to have that score.
        light: What VMAF is given of an HDR picture (`drapto.quality.hdr`); empty for SDR.
        floor: The score below which no run of frames is to be; None where there is none.
    """

    metric: Literal["vmaf", "xpsnr"]
    score: float
    tolerance: float
    lowest: float
    highest: float
    most: int
    thorough: bool
    engine: Literal["native", "ab-av1"]
    out_of_reach: Literal["fail", "closest"]
    display: Display | None = None
    statistic: Statistic = "harmonic"
    light: str = ""
    floor: float | None = None

    @property
    def as_setting(self) -> dict[str, Any]:
        """Return it for a settings slice: what is measured as ever is written as it ever was, too.

        No floor in it means the usual one, where there can be one: what was finished before there was any is
        not looked at again.
        """
        values = self.model_dump(mode="json")
        if self.display is None or self.display.as_ever:
            del values["display"]
        if not self.light:
            del values["light"]
        if self.statistic == "harmonic":
            del values["statistic"]
        if self.metric != "vmaf" or self.floor == self.score - USUAL_FLOOR:
            del values["floor"]
        return values

    @property
    def calibrated(self) -> bool:
        """Whether its searches begin with what a few segments of the title, the anchors, tell."""
        return self.engine == "native"


Quality = FixedCrf | QualityTarget
"""What a title's segments are encoded to."""


class Tier(NamedTuple):
    """One round of a segment's search.

    Attributes:
        number: 1, 2 or 3.
        goal: What is looked for.
        every_frame: Whether every frame is measured, not only a sample.
        display: How the title is shown; None where it is measured as it is.
    """

    number: int
    goal: Goal
    every_frame: bool
    display: Display | None = None

    def stride(self, frames: int) -> int:
        """Return which frames of a segment of ``frames`` are measured: every n-th."""
        return 1 if self.every_frame else stride_for(frames, self.display)


def tiers(target: QualityTarget) -> Iterator[Tier]:
    """Yield the rounds: the target; the target, measured frame by frame; the target less `EASED`.

    A round is only begun where the one before it found nothing good enough.
    """
    from drapto.quality.search import Goal  # noqa: PLC0415  not for a run that finds nothing to do

    for number, (score, every_frame) in enumerate(
        ((target.score, target.thorough), (target.score, True), (target.score - EASED, True)), start=1
    ):
        goal = Goal(score, target.tolerance, target.lowest, target.highest, target.most * number)
        yield Tier(number, goal, every_frame, target.display)


@dataclass(frozen=True)
class Decision:
    """How a title's quality is set.

    Attributes:
        quality: To what its segments are encoded.
        reason: Why, in a few words.
    """

    quality: Quality
    reason: str


def decide(config: Config, info: SourceInfo, rate: Fraction | None = None) -> Decision:
    """Return whether a title is encoded to a target or at a fixed CRF, and why.

    Args:
        config: The settings.
        info: The source.
        rate: The output's nominal frame rate, where that is known; else the source's is taken.
    """
    quality = config.quality
    fixed = FixedCrf(crf=_crf(config, info.video.width, info.video.height))
    if quality.mode == "crf":
        return Decision(fixed, "quality.mode is crf")
    if quality.mode == "auto" and config.encoding.mode == "standard":
        return Decision(fixed, "encoding.mode is standard, one pass")
    metric, light = measure_of(config, info.video)
    if metric is None:
        off = ", and quality.hdr is off" if quality.hdr == "off" else ""
        return Decision(fixed, f"VMAF is not defined for {info.video.hdr}{off}")
    if quality.mode == "auto" and config.encoding.wants_grain:
        return Decision(fixed, "a metric takes synthesised film grain for damage")
    score = config.encoding.vmaf_target if metric == "vmaf" else quality.xpsnr_target
    target = QualityTarget(
        metric=metric,
        score=score,
        tolerance=quality.tolerance,
        lowest=quality.crf_min,
        highest=quality.crf_max,
        most=quality.max_encodes,
        thorough=quality.thorough,
        engine=quality.engine,
        out_of_reach=quality.out_of_reach,
        display=display_for(config, info.video, rate) if metric == "vmaf" else None,
        statistic=quality.statistic,
        light=light,
        floor=score - quality.floor if quality.floor and metric == "vmaf" else None,
    )
    unit = "VMAF" if metric == "vmaf" else "XPSNR"
    return Decision(target, f"every segment at {unit} {score:g}{seen(target)}{_conditions(target)}")


def measure_of(config: Config, video: VideoTrack) -> tuple[Literal["vmaf", "xpsnr"] | None, str]:
    """Return the metric for a picture, and what of its light that is given; no metric where there is none.

    HDR without a transfer that is known has none but XPSNR.
    """
    metric, measure = config.quality.metric, config.quality.hdr
    if metric == "xpsnr" or video.hdr == "SDR":
        return metric, ""
    if measure in ("off", "xpsnr"):
        return ("xpsnr" if measure == "xpsnr" else None), ""
    light = light_of(delivered(video), measure)
    return (None, "") if light is None else (metric, light)


def _conditions(target: QualityTarget) -> str:
    """Say what is asked for that is not usual: another figure than the harmonic mean, another floor."""
    said = "" if target.statistic == "harmonic" else f", its {STATISTICS[target.statistic]}"
    if target.floor is not None and target.floor != target.score - USUAL_FLOOR:
        said += f", no run of frames below {target.floor:g}"
    return said


def display_for(config: Config, video: VideoTrack, rate: Fraction | None = None) -> Display:
    """Return how a title is shown while it is scored.

    Args:
        config: The settings.
        video: The source's picture.
        rate: The output's nominal frame rate, where that is known; else the source's is taken.
    """
    return display_of(
        video.width,
        video.height,
        sar=video.sar,
        rate=rate or video.rate,
        # HDR has no other: VMAF v1 looks at colours and banding, too, of which the curve for HDR is none
        family=config.quality.vmaf_model if video.hdr == "SDR" else "v0.6.1",
        viewing=config.quality.viewing if video.hdr == "SDR" else "tv",
    )


def seen(target: QualityTarget) -> str:
    """Say by which model, and how large, the picture is judged; nothing where it is as it is."""
    if target.display is None:
        return ""
    light = f", {light_text(target.light)}" if target.light else ""
    return f" ({target.display.model}, shown at {target.display.size}{light})"


SD = (1280, 720)


HD = (1920, 1080)
"""Largest picture of each class, long side and short side in pixels; what is larger is UHD."""


def _crf(config: Config, width: int, height: int) -> float:
    """Return the CRF for a source of this size, upright or lying."""
    long, short = max(width, height), min(width, height)
    for (widest, highest), crf in ((SD, config.encoding.crf.sd), (HD, config.encoding.crf.hd)):
        if long <= widest and short <= highest:
            return crf
    return config.encoding.crf.uhd
