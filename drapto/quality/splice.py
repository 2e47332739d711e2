"""A segment is encoded in parts, one after the other, and spliced. Arithmetic only.

What the first part scored says at about which CRF the next one meets the target, and what it has to score for
the whole to do so. Each counts for about a quarter: the first, whose CRF may be wrong, and the last, which
makes up for what was wrong about the others, and whose own error stays. So a segment meets its target for the
price of one encode, where one that is encoded whole has to be guessed right at once. As in
`drapto.quality.search`, each answer is a function of what was measured.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from drapto.quality.search import End, Goal, Point, Why, clamped, next_crf

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from drapto.quality.scale import Prediction, Scale
    from drapto.quality.scores import Statistic

REACH = 8.0
"""CRFs by which a part may differ from the mean of those before it when it is first encoded: about 4 points
of VMAF (`VmafScale.growth`), beyond which no line is to be trusted. Once it was measured, it may have any."""

SWING = 1.5
"""Tolerances by which a part may be asked to lie off the target for the sake of the others. Simulated on
films of half A (docs/benchmarks.md), 1.5 takes as many encodes as 2.5 and comes as close, for up to 2 % fewer
bytes."""

UNEVEN = 0.3
"""What it is worth not to have a part make up for others by all of its `SWING`, as a fraction of an encode: a
last part that had to took CRF 12 where the one before it was too bad, and 50 where that was too good."""

AGAIN = 0.3
"""The same of what is lost on a part that was encoded again in vain, for each time: white titles on black,
which no CRF changes, took three encodes before the part that could be changed."""

SURE_REACH = 8.0
"""CRFs that encodes of a part must lie apart before it is believed that no CRF would do, since even twice the
fall that was measured would not be enough. White titles on black had 97.0 at CRF 31 and 96.5 at CRF 43."""

LEAST_SLOPE = 0.25
"""How flat a part is taken to be at least, where 1 is usual, because another one is (`_like_others`). 600
segments of titles on black, drawn at random, in two parts each, take 2.2 encodes to find their CRF instead of
2.4; those of titles and a scene as many as before."""

MOST = 3
"""Encodes of one part, the first included, before others are encoded anew, too."""

BEYOND = 1000.0
"""A score that nothing has."""


class Mean(NamedTuple):
    """How a mean is one of parts: of what is added up for each frame, and the other way round."""

    there: Callable[[float], float]
    back: Callable[[float], float]


MEANS = {
    "harmonic": Mean(lambda score: 1 / (score + 1), lambda share: 1 / share - 1 if share > 0 else BEYOND),
    "mean": Mean(lambda score: score, lambda share: share),
}
"""The statistics that those of parts give (`drapto.quality.scores`); percentiles are none of them."""


class Tried(NamedTuple):
    """An encode of a part that was measured.

    Attributes:
        part: Which part, from 0.
        crf: Its CRF.
        score: What it scored.
    """

    part: int
    crf: float
    score: float


class Choice(NamedTuple):
    """An encode of each part.

    Attributes:
        crfs: Of the parts, in order.
        scores: The same.
        score: Of all frames together.
    """

    crfs: tuple[float, ...]
    scores: tuple[float, ...]
    score: float


class Parts(NamedTuple):
    """What was measured of the parts of a segment.

    Attributes:
        frames: How many frames each part has.
        tried: The encodes, in the order that they were made.
        statistic: What the scores are: one of `MEANS`, or of one part anything.
    """

    frames: tuple[int, ...]
    tried: Sequence[Tried]
    statistic: Statistic = "harmonic"

    def points(self, part: int) -> list[Point]:
        """Return the encodes of one part."""
        return [Point(one.crf, one.score) for one in self.tried if one.part == part]

    def choices(self) -> list[Choice]:
        """Return all that can be spliced of them."""
        every = [self.points(part) for part in range(len(self.frames))]
        return [self._choice(points) for points in itertools.product(*every)]

    def history(self) -> list[Point]:
        """Return what the whole had, at its mean CRF, whenever another encode took its part's place."""
        latest: dict[int, Point] = {}
        found = []
        for one in self.tried:
            latest[one.part] = Point(one.crf, one.score)
            if len(latest) == len(self.frames):
                choice = self._choice([latest[part] for part in range(len(self.frames))])
                found.append(Point(self.mean_crf(choice.crfs), choice.score))
        return found

    def mean_crf(self, crfs: Sequence[float]) -> float:
        """Return the mean CRF of the frames where the first parts have these."""
        held = list(zip(crfs, self.frames, strict=False))
        return round(sum(crf * frames for crf, frames in held) / sum(frames for _, frames in held), 2)

    def needed(self, wanted: int, others: Sequence[tuple[int, float]], score: float) -> float:
        """Return what some frames must score for all to have ``score``; a lot where nothing would do.

        Args:
            wanted: How many frames they are.
            others: How many the others are, and what they score.
            score: What all are to score.
        """
        mean, held = self._mean, sum(frames for frames, _ in others)
        left = (wanted + held) * mean.there(score)
        left -= sum(frames * mean.there(scored) for frames, scored in others)
        return min(mean.back(left / wanted), BEYOND)

    def _choice(self, points: Sequence[Point]) -> Choice:
        mean = self._mean
        shares = (frames * mean.there(point.score) for frames, point in zip(self.frames, points, strict=True))
        crfs, scores = zip(*points, strict=True)
        return Choice(crfs, scores, mean.back(sum(shares) / sum(self.frames)))

    @property
    def _mean(self) -> Mean:
        return MEANS.get(self.statistic, MEANS["mean"])


@dataclass(frozen=True)
class TryPart:
    """Encode this part at this CRF, and measure."""

    part: int
    crf: float


@dataclass(frozen=True)
class Spliced:
    """The search is over.

    Attributes:
        choice: What to splice.
        why: Why nothing else is tried.
        good: Whether it is at the target or above it.
    """

    choice: Choice
    why: Why
    good: bool


def best(goal: Goal, parts: Parts) -> Choice:
    """Return the choice that is closest to the target, and of those the most even one.

    Of several at the target, one in which no part is worse than any may be, if there is one.
    """
    worst = goal.target - SWING * goal.tolerance

    def rank(choice: Choice) -> tuple[bool, float, float, float]:
        met = goal.met_by(choice.score)
        lacking = max(worst - min(choice.scores), 0.0) if met else 0.0
        return (not met, lacking, abs(choice.score - goal.target), max(choice.crfs) - min(choice.crfs))

    return min(parts.choices(), key=rank)


def rest_goal(goal: Goal, parts: Parts, scores: Sequence[float]) -> Goal:
    """Return what the parts behind the first ones are to score, all alike.

    Args:
        goal: What the whole is to score.
        parts: The parts.
        scores: What the first ones scored.
    """
    others = list(zip(parts.frames, scores, strict=False))
    return _own(goal, parts, sum(parts.frames[len(scores) :]), others)


def near(goal: Goal, crf: float, other: float) -> float:
    """Return the CRF nearest to ``crf`` that a part may have beside others at ``other``."""
    return clamped(goal, min(max(crf, other - REACH), other + REACH))


def next_part(goal: Goal, parts: Parts, scale: Scale, predicted: Prediction) -> TryPart | Spliced:
    """Return what to do next with a segment of which every part has been encoded.

    Args:
        goal: What the whole is to score.
        parts: What was measured; at least one encode of each part.
        scale: How the metric falls with the CRF.
        predicted: How fast it falls.
    """
    now = best(goal, parts)
    if goal.met_by(now.score):
        return Spliced(now, "target", good=True)
    each = [_alone(part, now, goal, parts, scale, predicted) for part in range(len(parts.frames))]
    alone = min((found for found in each if found is not None), default=None)
    if alone is not None:
        return TryPart(alone.part, alone.crf)
    following = _all(goal, parts, scale, predicted)
    return following if isinstance(following, TryPart) else _end(goal, parts, now, following)


def _own(goal: Goal, parts: Parts, wanted: int, others: Sequence[tuple[int, float]]) -> Goal:
    low, middle, high = _needed(goal, parts, wanted, others)
    swing = SWING * goal.tolerance
    within = min(max(middle, goal.target - swing), goal.target + swing)
    # where they cannot do it alone, as near as the whole may be
    apart = (within - low, high - within) if low <= within <= high else (middle - low, high - middle)
    return replace(goal, target=within, tolerance=max(min(apart), 0.0))


def _needed(goal: Goal, parts: Parts, wanted: int, others: Sequence[tuple[int, float]]) -> list[float]:
    """Return what some frames must score for the whole to be just good enough, at the target, or too good."""
    scores = (goal.target - goal.tolerance, goal.target, goal.target + goal.tolerance)
    return [parts.needed(wanted, others, score) for score in scores]


class _Alone(NamedTuple):
    """What to try of one part beside those of the others now, and its price: the least is best."""

    price: float
    part: int
    crf: float


def _alone(
    part: int, now: Choice, goal: Goal, parts: Parts, scale: Scale, predicted: Prediction
) -> _Alone | None:
    """Return what to try of one part; None if that would not do.

    What a viewer sees is the score, so that is bounded (`SWING`), and not by how much the CRFs differ.
    """
    points = parts.points(part)
    others = [
        (frames, score)
        for number, (frames, score) in enumerate(zip(parts.frames, now.scores, strict=True))
        if number != part
    ]
    own = _own(goal, parts, parts.frames[part], others)
    low, wanted, high = _needed(goal, parts, parts.frames[part], others)
    # one that is worse than any may be is made better, though the whole would do with less
    too_bad = now.score < goal.target and now.scores[part] < own.target and wanted < own.target
    within = too_bad or low <= own.target <= high
    if (others and len(points) >= MOST) or not within:
        return None
    if others and _hardly_changes(own, points, scale):
        return None
    found = next_crf(own, points, scale, _like_others(part, goal, parts, scale, predicted))
    if isinstance(found, End):
        return None
    uneven = abs(own.target - goal.target) / (SWING * goal.tolerance)
    price = parts.frames[part] / sum(parts.frames) + UNEVEN * uneven + AGAIN * (len(points) - 1)
    return _Alone(price, part, found.crf)


def _like_others(part: int, goal: Goal, parts: Parts, scale: Scale, predicted: Prediction) -> Prediction:
    """Return what is predicted of a part: it is as flat as another that scores the same and is known."""
    worst = min(point.score for point in parts.points(part))
    slopes = [predicted.slope]
    for other in range(len(parts.frames)):
        low, high = min(parts.points(other)), max(parts.points(other))
        alike = other != part and abs(worst - low.score) <= goal.tolerance
        if alike and high.crf - low.crf >= SURE_REACH:
            growth = (scale.loss(high.score) - scale.loss(low.score)) / (high.crf - low.crf)
            slopes.append(growth / scale.growth(low.score))
    return predicted._replace(slope=max(min(slopes), LEAST_SLOPE))


def _hardly_changes(own: Goal, points: Sequence[Point], scale: Scale) -> bool:
    """Return whether no CRF of a part is likely to have what it is to score."""
    low, high = min(points), max(points)
    apart = high.crf - low.crf
    if apart < SURE_REACH:
        return False
    growth = abs(scale.loss(high.score) - scale.loss(low.score)) / apart
    last, left = (high, own.highest - high.crf) if high.score > own.target else (low, low.crf - own.lowest)
    return 2 * growth * left < abs(scale.loss(own.target) - scale.loss(last.score))


def _all(goal: Goal, parts: Parts, scale: Scale, predicted: Prediction) -> TryPart | Why:
    """Return the next step to one CRF of all parts at which the whole may do, or why there is none."""
    if len(parts.tried) >= len(parts.frames) * goal.most:
        return "tries"
    found = next_crf(goal, parts.history(), scale, predicted)
    if isinstance(found, End):
        return found.why
    for part in range(len(parts.frames)):
        if all(point.crf != found.crf for point in parts.points(part)):
            return TryPart(part, found.crf)
    return "steps"


def _end(goal: Goal, parts: Parts, now: Choice, why: Why) -> Spliced:
    """Return what is taken where nothing is left to try: what is above the target loses nothing but bytes."""
    above = [choice for choice in parts.choices() if choice.score > goal.target]
    taken = max(above, key=lambda choice: parts.mean_crf(choice.crfs), default=now)
    return Spliced(taken, why, good=goal.suffices(taken.score))
