"""A segment that misses its target by little is spliced: only its tail is encoded anew. Arithmetic only.

A segment is longer than the keyframe interval, so its encode has keyframes inside. From one of them on it can
be given another CRF, and the whole then meets the target for the price of a part. As in
`drapto.quality.search`, each answer is a function of what was measured.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from drapto.quality.search import Goal, Point, Try, next_crf

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from drapto.quality.scale import Prediction, Scale
    from drapto.quality.scores import Statistic

BEYOND = 1000.0
"""A score that nothing has."""

REACH = 6.0
"""CRFs by which a tail may differ from what is before it: about 2 points of VMAF (`VmafScale.growth`), where
the halves of 15 s of the Sintel trailer differ by 3 to 9 at one CRF. What needs more is encoded anew."""

MOST = 2
"""Encodes of a tail; where they do not do, it is no case for a splice."""

FRACTION = 0.5
"""Part of the tolerance that a spliced segment may be off by: what is left is for the tail to deviate. To aim
at the target itself would change the tail for nothing."""


class Mean(NamedTuple):
    """How a mean is one of parts: of what is added up for each frame, and the other way round."""

    there: Callable[[float], float]
    back: Callable[[float], float]


MEANS = {
    "harmonic": Mean(lambda score: 1 / (score + 1), lambda share: 1 / share - 1),
    "mean": Mean(lambda score: score, lambda share: share),
}
"""The statistics that those of two parts give; percentiles are none of them."""


class Tail(NamedTuple):
    """The end of a segment, from a keyframe on.

    Attributes:
        first: How many of the segment's frames go before it.
        frames: How many it has.
        head: What the frames before it score in the encode that is to be spliced.
        now: What its own score there.
        points: What it scored in each encode that has it.
        own: How many of these encodes are of the tail alone.
        statistic: What the scores are: one of `MEANS`.
    """

    first: int
    frames: int
    head: float
    now: float
    points: Sequence[Point]
    own: int
    statistic: Statistic = "harmonic"


@dataclass(frozen=True)
class TryTail:
    """Encode the frames from ``first`` on at this CRF, and measure."""

    first: int
    crf: float


@dataclass(frozen=True)
class Spliced:
    """The segment is at its target.

    Attributes:
        first: How many frames go before the tail.
        crf: The tail's.
        score: Of the whole.
    """

    first: int
    crf: float
    score: float


def splice(
    goal: Goal, base: float, tails: Sequence[Tail], scale: Scale, predicted: Prediction
) -> TryTail | Spliced | None:
    """Return how a segment is spliced, or what to try for it; None where that would not be worth its price.

    Args:
        goal: What the segment is to score.
        base: The CRF of the encode that keeps its head.
        tails: Its tails, the shortest first.
        scale: How the metric falls with the CRF.
        predicted: How fast it falls where one encode is all that is known.
    """
    for tail in tails:
        spliced = [Spliced(tail.first, point.crf, pooled(tail, point.score)) for point in tail.points]
        best = min(spliced, key=lambda one: abs(one.score - goal.target), default=None)
        if best and goal.met_by(best.score):
            return best
    for tail in tails:
        if tail.own >= MOST:
            continue
        found = next_crf(_own(goal, tail), tail.points, scale, predicted)
        if isinstance(found, Try) and abs(found.crf - base) <= REACH:
            return TryTail(tail.first, found.crf)
    return None


def pooled(tail: Tail, score: float) -> float:
    """Return the mean of all frames (`drapto.quality.scores`) where the tail has ``score``."""
    mean, frames = MEANS[tail.statistic], tail.first + tail.frames
    return mean.back((tail.first * mean.there(tail.head) + tail.frames * mean.there(score)) / frames)


def _own(goal: Goal, tail: Tail) -> Goal:
    """Return what the tail must score for the whole to come within the goal, on the side where it is."""
    side = math.copysign(1, pooled(tail, tail.now) - goal.target)
    aim, slack = goal.target + side * FRACTION * goal.tolerance, (1 - FRACTION) * goal.tolerance
    low, middle, high = (_needed(tail, score) for score in (aim - slack, aim, aim + slack))
    return replace(goal, target=middle, tolerance=min(middle - low, high - middle))


def _needed(tail: Tail, score: float) -> float:
    """Return what the tail must score for the whole to have ``score``; a lot where nothing would do."""
    mean, frames = MEANS[tail.statistic], tail.first + tail.frames
    left = frames * mean.there(score) - tail.first * mean.there(tail.head)
    return mean.back(left / tail.frames) if left > 0 else BEYOND
