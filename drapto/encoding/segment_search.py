"""The search for one segment's CRF: what is tried next, and what is taken in the end.

It decides only. `Trials` encodes and measures what it asks for, and a `Predictor` says where it begins.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from drapto.encoding.attempts import Attempt, Splice
from drapto.errors import StageError
from drapto.quality.search import Point, Why, clamped, nearest
from drapto.quality.splice import Spliced, TryPart, near, next_part, rest_goal
from drapto.quality.target import OUT_OF_REACH, Tier, tiers
from drapto.words import score_text

if TYPE_CHECKING:
    from drapto.encoding.attempts import Attempts
    from drapto.encoding.job import SegmentContext
    from drapto.encoding.prediction import Predictor
    from drapto.quality.floor import Low
    from drapto.quality.scale import Prediction
    from drapto.quality.scores import Scores
    from drapto.quality.search import Goal
    from drapto.quality.splice import Parts


class Trials(Protocol):
    """Makes each thing that a search asks for once."""

    @property
    def known(self) -> Attempts:
        """All that has been tried."""

    def encoded(self, crf: float, first: int = 0, end: int = 0, *, stride: int = 0) -> Attempt:
        """Encode the frames from ``first`` to before ``end``, unless that was done and the file is there."""

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
        self._starts = segment.starts
        self._ends = (*self._starts[1:], 0)

    def begin(self) -> tuple[float, float]:
        """Make the first attempt, if there is none: at the first part of the segment.

        Returns:
            Its CRF and its score.
        """
        tier = next(iter(tiers(self._segment.target)))
        stride = self._stride(tier)
        attempt = next((one for one in self._known() if not one.first), None)
        if attempt is None:
            first = clamped(tier.goal, self._predictor.predict(tier.goal).first)
            attempt = self._trials.encoded(first, end=self._ends[0], stride=stride)
        return attempt.crf, self._figure(self._trials.measured(attempt, stride))

    def run(self) -> tuple[Tier, Found]:
        """Return what to deliver, and the tier that found it.

        Raises:
            StageError: No tier found anything that is good enough.
        """
        target = self._segment.target
        ends: list[tuple[Tier, Found]] = []
        for tier in tiers(target):
            found = self._search(tier)
            if tier.number == OUT_OF_REACH and found.why == "target":
                # it is at what is less than what was asked for; why it is not at that, the round before knows
                found = replace(found, why=ends[-1][1].why)
            ends.append((tier, found))
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
        for attempt in self._known():
            trials.measured(attempt, stride)
        return self._in_parts(tier.goal, stride)

    def _known(self) -> list[Attempt]:
        """Return what was made of the segment as it is divided, by the title's preset."""
        parts = set(zip(self._starts, self._ends, strict=True))
        known = self._trials.known.attempts
        return [one for one in known if (one.first, one.end) in parts and one.preset is None]

    def _in_parts(self, goal: Goal, stride: int) -> Found:
        """Search among encodes of the parts: the first as the whole is predicted, others as it needs."""
        trials = self._trials
        while True:
            statistic = self._segment.target.statistic
            found = self._next(goal, trials.known.parts(self._starts, self._frames, stride, statistic))
            if isinstance(found, TryPart):
                first, end = self._starts[found.part], self._ends[found.part]
                trials.measured(trials.encoded(found.crf, first, end, stride=stride), stride)
                continue
            crfs = found.choice.crfs
            taken = Splice(starts=self._starts, crfs=crfs) if len(crfs) > 1 else trials.encoded(crfs[0])
            return Found(taken, self._scores(taken, stride), found.why, good=found.good)

    def _next(self, goal: Goal, parts: Parts) -> TryPart | Spliced:
        usual = self._predicted(goal)
        held: list[Point] = []
        for part in range(len(self._starts)):
            points = parts.points(part)
            if points:
                held.append(nearest(goal, points))
                continue
            if not held:
                return TryPart(part, clamped(goal, usual.first))
            own = rest_goal(goal, parts, [point.score for point in held])
            beside = parts.mean_crf([point.crf for point in held])
            return TryPart(part, near(goal, self._predictor.rest(own, held), beside))
        return next_part(goal, parts, self._scale, usual)

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
        return self._predictor.usual(goal) if self._known() else self._predictor.predict(goal)
