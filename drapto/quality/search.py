"""The search for the CRF whose encode meets a target, in as few encodes as can be: arithmetic only.

Each answer is a function of what has been measured, so a search that was interrupted goes on where it was. A
score is only ever taken from an encode that was measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drapto.quality.scale import Prediction, Scale

STEP = 0.25
"""The smallest difference of two CRFs that SVT-AV1 takes."""

FLAT = 0.04
"""Points of the metric per CRF below which a curve counts as a plateau. Where a target can be met, 0.2 to 1
are usual; titles on black have 0.01 to 0.08, whatever the CRF."""

FLAT_REACH = 4.0
"""CRFs that two encodes must lie apart before they are believed to show a plateau."""

LONGEST_LEAP = 12.0
"""CRFs that one step may go beyond what was measured: what is far off is not known well enough. Where the
metric falls less than usual, up to twice as many: titles on black took six encodes of their two parts."""

NEAR_BOUND = 4.0
"""CRFs before the highest one within which no more encode is made only to come to it, where the target is
farther off than that: of titles on black, at CRF 48, it would save a twentieth of their few bytes."""

PATIENCE = 4
"""Encodes after which straight lines are given up."""


class Point(NamedTuple):
    """An encode that was measured."""

    crf: float
    score: float


@dataclass(frozen=True)
class Goal:
    """What is looked for.

    Attributes:
        target: The score.
        tolerance: How far from it an encode may be.
        lowest, highest: The bounds of the CRF, in quarter steps.
        most: How many encodes may be tried.
    """

    target: float
    tolerance: float
    lowest: float
    highest: float
    most: int

    def met_by(self, score: float) -> bool:
        """Return whether ``score`` is at the target."""
        return abs(score - self.target) <= self.tolerance

    def suffices(self, score: float) -> bool:
        """Return whether ``score`` is at the target or above it."""
        return score >= self.target - self.tolerance


@dataclass(frozen=True)
class Try:
    """Encode at this CRF, and measure."""

    crf: float


Why = Literal["target", "crf bound", "plateau", "steps", "noise", "tries", "floor"]
"""Why a search ends:

- target: an encode is within the tolerance;
- crf bound: the last CRF that the settings allow is reached;
- plateau: another CRF hardly changes the score;
- steps: two neighbouring CRFs lie on either side of the tolerance;
- noise: a higher CRF scored better than a lower one, so there is no telling where the target lies;
- tries: as many encodes as the settings allow were made;
- floor: a part of the encode that was found is better than it has to be for the target, since a run of its
  frames was below the floor (`drapto.quality.floor`).
"""


@dataclass(frozen=True)
class End:
    """The search is over.

    Attributes:
        point: The encode to take, which was measured.
        why: Why no other one is tried.
        good: Whether it is at the target or above it.
    """

    point: Point
    why: Why
    good: bool


def next_crf(goal: Goal, points: Sequence[Point], scale: Scale, predicted: Prediction) -> Try | End:
    """Return what to do next.

    Args:
        goal: What is looked for.
        points: The encodes measured so far.
        scale: How the metric falls with the CRF.
        predicted: Where to begin, and how fast the metric falls where one encode is all that is known.
    """
    if not points:
        return Try(clamped(goal, predicted.first))
    best = nearest(goal, points)
    if goal.met_by(best.score):
        return End(best, "target", good=True)
    above = max((point for point in points if point.score > goal.target), default=None)
    below = min((point for point in points if point.score < goal.target), default=None)
    if above and below:
        # where lines were drawn in vain, the curve is a step, and halves close in faster
        crf = _between(goal, above, below, scale, halved=len(points) >= PATIENCE)
        why: Why = "noise" if above.crf > below.crf else "steps"
    else:
        crf = _beyond(goal, points, scale, predicted.slope)
        last = max(points) if above else min(points)
        why = "crf bound" if last.crf in (goal.lowest, goal.highest) else "plateau"
    # what is above the target loses nothing but bytes
    taken = above or best
    if crf is None:
        return End(taken, why, good=goal.suffices(taken.score))
    if len({point.crf for point in points}) >= goal.most:
        return End(taken, "tries", good=goal.suffices(taken.score))
    return Try(crf)


def nearest(goal: Goal, points: Sequence[Point]) -> Point:
    """Return the encode closest to the target; of two that are equally close, the better one."""
    return min(points, key=lambda point: (abs(point.score - goal.target), -point.score, point.crf))


def _between(goal: Goal, above: Point, below: Point, scale: Scale, *, halved: bool) -> float | None:
    """Return the CRF where the line between two encodes crosses the target, or their middle if ``halved``.

    None if there is none between them.
    """
    first, last = above.crf + STEP, below.crf - STEP
    if first > last:
        return None
    low, high = scale.loss(above.score), scale.loss(below.score)
    share = 0.5 if halved or high <= low else (scale.loss(goal.target) - low) / (high - low)
    return min(max(_quarter(above.crf + share * (below.crf - above.crf)), first), last)


def _beyond(goal: Goal, points: Sequence[Point], scale: Scale, slope: float) -> float | None:
    """Return a CRF on the side where the target must be, or None where nothing is to be found there.

    All encodes are on one side of the target: too good, or too bad.
    """
    upwards = points[0].score > goal.target
    bound = goal.highest if upwards else goal.lowest
    last, *others = sorted(points, reverse=upwards)
    # of parts that were encoded again, two choices may have the same mean CRF
    others = [point for point in others if point.crf != last.crf]
    if last.crf == bound:
        return None
    growth = slope * scale.growth(last.score)
    if others:
        apart = abs(last.crf - others[-1].crf)
        if apart >= FLAT_REACH and abs(last.score - others[-1].score) < FLAT * apart:
            return None
        rise = scale.loss(last.score) - scale.loss(others[0].score)
        # a curve bends, and noise may reverse it: what was measured is believed within a factor of four
        growth = min(max(rise / (last.crf - others[0].crf), growth / 4), 4 * growth)
    leap = abs(scale.loss(goal.target) - scale.loss(last.score)) / growth
    left = abs(bound - last.crf)
    enough = abs(scale.loss(goal.target + goal.tolerance) - scale.loss(last.score)) / growth
    if upwards and others and left <= NEAR_BOUND and leap > 2 * left and enough > left:
        return None
    furthest = LONGEST_LEAP * min(max(scale.growth(last.score) / growth, 1.0), 2.0)
    leap = min(max(leap, STEP), furthest)
    return clamped(goal, last.crf + leap if upwards else last.crf - leap)


def clamped(goal: Goal, crf: float) -> float:
    """Return the CRF nearest to ``crf`` that may be tried."""
    return min(max(_quarter(crf), goal.lowest), goal.highest)


def _quarter(crf: float) -> float:
    return round(crf / STEP) * STEP
