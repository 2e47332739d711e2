"""The predictor of ``quality.engine = "ab-av1"``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.encoding.abav1.crf_search import TIERS, Found, SearchSettings, search
from drapto.encoding.abav1.tool import find_ab_av1
from drapto.encoding.prediction import Predictor

if TYPE_CHECKING:
    from drapto.encoding.job import SegmentContext
    from drapto.quality.scale import Prediction
    from drapto.quality.search import Goal


POOLS = {"harmonic": "harmonic_mean", "mean": "mean"}
"""libvmaf's names of what stands for a sample's frames."""


class AbAv1Predictor(Predictor):
    """Where ab-av1 would encode: its tiers in turn, until one finds a CRF; else the closest of the last."""

    @classmethod
    def suits(cls, segment: SegmentContext) -> bool:
        """Return whether ab-av1 sees the pictures that are encoded.

        Filters of fields go by the frames around the segment, of which ab-av1's samples know nothing. RGB it
        would convert in a way of its own. A picture that players rotate it rotates, too, and crops it then.
        Percentiles libvmaf does not pool. It is asked for VMAF alone. It scales a picture as it is coded,
        whatever the shape of its pixels, puts no black around a small one, and knows of HDR its code values.
        """
        if segment.target.metric != "vmaf":
            return False
        if segment.shape.filters or segment.shape.yuv_matrix or segment.request.rotated:
            return False
        if segment.target.statistic not in POOLS or segment.target.light:
            return False
        reference = segment.reference
        return reference.shown.square and not reference.shown.padded(reference.width, reference.height)

    def predict(self, goal: Goal) -> Prediction:
        """Ask ab-av1, once for each target."""
        display, statistic = self._segment.reference.shown, self._segment.target.statistic
        purpose = f"{goal.target:g}" + ("" if display.as_ever else f" {display.model} {display.size}")
        purpose += "" if statistic == "harmonic" else f" {statistic}"
        known = self._store.known.foreign.get(purpose)
        if known is None:
            crf, cpu_seconds = self._ask(goal)
            known = self._store.keep_foreign(purpose, crf, cpu_seconds)
        return self.slope_only(goal)._replace(first=known)

    def _ask(self, goal: Goal) -> tuple[float, float]:
        segment = self._segment
        shape, request, reference = segment.shape, segment.request, segment.reference
        shown = reference.shown.shown(reference.width, reference.height)
        settings = SearchSettings(
            preset=shape.preset,
            svt_params=shape.svt_params,
            pix_fmt=shape.pix_fmt,
            target=goal.target,
            lowest=goal.lowest,
            highest=goal.highest,
            filters=f"crop={shape.crop}" if shape.crop else None,
            pool=POOLS[segment.target.statistic],
            model=segment.metric.model_for(reference),
            scale="none" if shown == (reference.width, reference.height) else f"{shown[0]}x{shown[1]}",
        )
        tool, spent, closest = find_ab_av1(segment.stage.ab_av1), 0.0, goal.lowest
        for tier in TIERS:
            found = search(
                tool,
                request.source,
                settings,
                tier=tier,
                threads=request.lp,
                scratch=segment.job.attempts / f"ab-av1-{request.index:04d}",
                context=segment.stage,
                log=request.log,
            )
            spent += found.cpu_seconds
            if isinstance(found, Found):
                return found.crf, spent
            closest = found.closest.crf
        return closest, spent
