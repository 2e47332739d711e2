"""The search for one segment's CRF: what is tried next, and what is taken in the end.

It decides only. `Trials` encodes and measures what it asks for, and a `Predictor` says where it begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from drapto.encoding.attempts import Attempt, Splice
from drapto.errors import StageError
from drapto.quality.search import End, Try, Why, nearest, next_crf
from drapto.quality.splice import Spliced, TryTail, splice
from drapto.quality.target import Tier, tiers
from drapto.video.encode_settings import OPEN_GOP
from drapto.words import score_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drapto.encoding.attempts import Attempts
    from drapto.encoding.job import SegmentContext
    from drapto.encoding.prediction import Predictor
    from drapto.quality.floor import Low
    from drapto.quality.scale import Prediction
    from drapto.quality.scores import Scores
    from drapto.quality.search import Goal, Point


class Trials(Protocol):
    """Makes each thing that a search asks for once."""

    @property
    def known(self) -> Attempts:
        """All that has been tried."""

    def encoded(self, crf: float, first: int = 0) -> Attempt:
        """Encode the frames from ``first`` on at ``crf``, unless that was done and the file is there."""

    def measured(self, attempt: Attempt, stride: int) -> Scores:
        """Measure every ``stride``-th frame of an attempt, unless that was done."""

    def pooled(self, spliced: Splice, stride: int) -> Scores:
        """Return the scores of a spliced segment, measuring what was not."""

    def delivered(self) -> Attempt | Splice | None:
        """Return what the segment's encoded file is already; None where there is none."""


@dataclass(frozen=True)
class Found:
    """What a search ends with.

    Attributes:
        chosen: The encode to deliver, or what it is to be spliced from.
        scores: What was measured of it.
        why: Why the search ends there (`drapto.quality.search.Why`).
        good: Whether it is at the target or above it.
        low: The runs of its frames that are below the floor, where somebody looked.
    """

    chosen: Attempt | Splice
    scores: Scores
    why: Why
    good: bool
    low: tuple[Low, ...] = ()


class SegmentSearch:
    """The search for one segment's CRF.

    Args:
        segment: The segment, with its target.
        trials: Makes the encodes.
        predictor: Says where to begin.
    """

    def __init__(self, segment: SegmentContext, trials: Trials, predictor: Predictor) -> None:
        self._segment = segment
        self._trials = trials
        self._predictor = predictor
        self._scale = segment.metric.scale
        self._frames = segment.shape.frames

    def begin(self) -> tuple[float, float, float]:
        """Make the first attempt, if there is none.

        Returns:
            Its CRF, its score, and the score that was predicted for it before any correction.
        """
        tier = next(iter(tiers(self._segment.target)))
        if not self._trials.known.attempts:
            first = next_crf(tier.goal, [], self._scale, self._predicted(tier.goal))
            if isinstance(first, Try):
                self._trials.encoded(first.crf)
        attempt = self._trials.known.attempts[0]
        score = self._figure(self._trials.measured(attempt, self._stride(tier)))
        predicted = self._predictor.predicted_score(attempt.crf)
        return attempt.crf, score, score if predicted is None else predicted

    def run(self) -> tuple[Tier, Found]:
        """Return what to deliver, and the tier that found it.

        Raises:
            StageError: No tier found anything that is good enough.
        """
        target = self._segment.target
        ends: list[tuple[Tier, Found]] = []
        for tier in tiers(target):
            ends.append((tier, self._search(tier)))
            if ends[-1][1].good:
                return ends[-1]
        if target.out_of_reach == "closest":
            return ends[-1]
        best, wanted = ends[-1][1], score_text(target.metric, target.score, target.statistic)
        raise StageError(
            f"segment {self._segment.request.index} does not reach {wanted}: "
            f"CRF {best.chosen.crf:g} gives {self._figure(best.scores):.2f} ({best.why})",
            path=self._segment.request.source,
            remedy='lower the target or quality.crf_min, or set quality.out_of_reach = "closest"',
        )

    def _search(self, tier: Tier) -> Found:
        """Search in one tier; what the others encoded is measured as it asks for."""
        trials, stride = self._trials, self._stride(tier)
        there = trials.delivered()
        if there is not None:
            scores = self._scores(there, stride)
            if tier.goal.met_by(self._figure(scores)):
                # a closer one may be known from another target's search; it is not worth another encode
                return Found(there, scores, "target", good=True)
        for attempt in trials.known.attempts:
            trials.measured(attempt, stride)
        while True:
            points = trials.known.points(stride, self._segment.target.statistic)
            predicted = self._predicted(tier.goal)
            found = next_crf(tier.goal, points, self._scale, predicted)
            if isinstance(found, End):
                chosen = trials.encoded(found.point.crf)
                return Found(chosen, self._scores(chosen, stride), found.why, good=found.good)
            spliced = self._spliced(tier.goal, points, stride, predicted)
            if isinstance(spliced, Spliced):
                base = nearest(tier.goal, points).crf
                taken = Splice(crf=base, first=spliced.first, tail_crf=spliced.crf)
                return Found(taken, self._scores(taken, stride), "target", good=True)
            following = spliced or TryTail(0, found.crf)
            trials.measured(trials.encoded(following.crf, following.first), stride)

    def _spliced(
        self, goal: Goal, points: Sequence[Point], stride: int, predicted: Prediction
    ) -> TryTail | Spliced | None:
        """Return how the closest encode is spliced, or what to try for it; None if it is not to be."""
        if not points or OPEN_GOP in self._segment.shape.svt_params:
            return None
        base = nearest(goal, points).crf
        statistic = self._segment.target.statistic
        tails = self._trials.known.tails(base, stride, self._frames, statistic)
        return splice(goal, base, tails, self._scale, predicted)

    def _scores(self, chosen: Attempt | Splice, stride: int) -> Scores:
        if isinstance(chosen, Attempt):
            return self._trials.measured(chosen, stride)
        return self._trials.pooled(chosen, stride)

    def _figure(self, scores: Scores) -> float:
        return scores.figure(self._segment.target.statistic)

    def _stride(self, tier: Tier) -> int:
        return self._segment.metric.stride_for(tier.stride(self._frames))

    def _predicted(self, goal: Goal) -> Prediction:
        """Return where to begin, and how fast the metric falls."""
        begun = bool(self._trials.known.attempts)
        return self._predictor.slope_only(goal) if begun else self._predictor.predict(goal)
