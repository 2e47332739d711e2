"""A segment is encoded in two parts, one after the other, and spliced. Arithmetic only.

What the first part scored says what the second has to score for the whole to meet the target, and at about
which CRF it will: so what was wrong about the first CRF is made up for at the price of a second encoder, not
of a second encode. As in `drapto.quality.search`, each answer is a function of what was measured.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from drapto.quality.search import End, Goal, Point, Why, clamped, next_crf

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from drapto.quality.scale import Prediction, Scale

HEAD = 0.6
"""Of a segment's frames, what the first part has: the second has to be long enough to make up for the first,
and short enough that its own error counts for little."""

SHORTEST = 0.6
"""Of the keyframe interval, what a segment must have to be encoded in two parts: a part begins with a
keyframe, which a shorter one would not be worth."""

REACH = 8.0
"""CRFs by which the parts may differ: about 3 points of VMAF (`VmafScale.growth`), where parts of one scene
differ by as much at one CRF. What needs more is not made up for, but encoded anew."""

SWING = 2.5
"""Tolerances by which a part may be asked to lie off the target for the sake of the other."""

MOST = 3
"""Encodes of one part, the first included, before the other is encoded anew."""

BEYOND = 1000.0
"""A score that nothing has."""

Part = Literal["head", "tail"]


def joint(frames: int, keyint: int) -> int:
    """Return how many of a segment's frames its first part has; 0 where it is encoded in one.

    There is no keyframe more than in one encode of the whole, but in a segment that has one only.

    Args:
        frames: How many frames the segment has.
        keyint: The most frames from keyframe to keyframe.
    """
    if frames < SHORTEST * keyint or frames < 2:  # noqa: PLR2004  one for each part
        return 0
    wanted = round(HEAD * frames)
    if frames > 2 * keyint:
        return round(wanted / keyint) * keyint
    return min(max(wanted, frames - keyint, 1), keyint, frames - 1)


class Parts(NamedTuple):
    """What was measured of the two parts of a segment.

    Attributes:
        first: How many frames the first part, the head, has.
        frames: How many both have.
        head: Its encodes, in the order that they were made.
        tail: Those of the second part.
    """

    first: int
    frames: int
    head: Sequence[Point]
    tail: Sequence[Point]

    def of(self, part: Part) -> Sequence[Point]:
        """Return the encodes of a part."""
        return self.head if part == "head" else self.tail

    def pooled(self, head: float, tail: float) -> float:
        """Return the harmonic mean of all frames (`drapto.quality.scores`) where the parts have these."""
        after = self.frames - self.first
        return self.frames / (self.first / (head + 1) + after / (tail + 1)) - 1

    def needed(self, part: Part, other: float, score: float) -> float:
        """Return what a part must score for the whole to have ``score``; a lot where nothing would do."""
        own, rest = self.first, self.frames - self.first
        if part == "tail":
            own, rest = rest, own
        left = self.frames / (score + 1) - rest / (other + 1)
        return min(own / left - 1, BEYOND) if left > 0 else BEYOND

    def pairs(self) -> Iterator[Pair]:
        """Yield what can be spliced of them, in the order that it was first possible."""
        for number in range(max(len(self.head), len(self.tail))):
            for head in self.head[: number + 1]:
                for tail in self.tail[: number + 1]:
                    if head in self.head[number : number + 1] or tail in self.tail[number : number + 1]:
                        yield Pair(head.crf, tail.crf, self.pooled(head.score, tail.score))

    def points(self) -> list[Point]:
        """Return the same as points of the whole."""
        return [Point(self.crf(pair), pair.score) for pair in self.pairs()]

    def crf(self, pair: Pair) -> float:
        """Return the mean CRF of the frames of a pair."""
        after = self.frames - self.first
        return round((pair.head * self.first + pair.tail * after) / self.frames, 2)


class Pair(NamedTuple):
    """A head and a tail.

    Attributes:
        head, tail: Their CRFs.
        score: Of both together.
    """

    head: float
    tail: float
    score: float


@dataclass(frozen=True)
class TryPart:
    """Encode this part at this CRF, and measure."""

    part: Part
    crf: float


@dataclass(frozen=True)
class Spliced:
    """The search is over.

    Attributes:
        pair: What to splice.
        why: Why nothing else is tried.
        good: Whether it is at the target or above it.
    """

    pair: Pair
    why: Why
    good: bool


def goal_of(part: Part, goal: Goal, parts: Parts, other: float) -> Goal:
    """Return what a part is to score where the other has ``other``.

    Args:
        part: The part.
        goal: What the whole is to score.
        parts: The parts.
        other: What the other one scored.
    """
    low, middle, high = (
        parts.needed(part, other, score)
        for score in (goal.target - goal.tolerance, goal.target, goal.target + goal.tolerance)
    )
    swing = SWING * goal.tolerance
    within = min(max(middle, goal.target - swing), goal.target + swing)
    return replace(goal, target=within, tolerance=max(min(middle - low, high - middle), 0.0))


def near(goal: Goal, crf: float, other: float) -> float:
    """Return the CRF nearest to ``crf`` that a part may have beside one at ``other``."""
    return clamped(goal, min(max(crf, other - REACH), other + REACH))


def next_part(goal: Goal, parts: Parts, scale: Scale, predicted: Prediction) -> TryPart | Spliced:
    """Return what to do next with a segment of which both parts have been encoded.

    Args:
        goal: What the whole is to score.
        parts: What was measured; at least one encode of each part.
        scale: How the metric falls with the CRF.
        predicted: How fast it falls.
    """
    best = min(parts.pairs(), key=lambda pair: (abs(pair.score - goal.target), abs(pair.head - pair.tail)))
    if goal.met_by(best.score):
        return Spliced(best, "target", good=True)
    sides: tuple[tuple[Part, float], ...] = (("tail", best.head), ("head", best.tail))
    for part, other in sides:
        found = _alone(part, other, goal, parts, scale, predicted)
        if found is not None:
            return found
    following = _both(goal, parts, scale, predicted)
    return following if isinstance(following, TryPart) else _end(goal, parts, best, following)


def _alone(
    part: Part, other: float, goal: Goal, parts: Parts, scale: Scale, predicted: Prediction
) -> TryPart | None:
    """Return what to try of one part beside the other's encode at ``other``; None if that would not do."""
    points, rest = parts.of(part), parts.of("head" if part == "tail" else "tail")
    beside = next(point.score for point in rest if point.crf == other)
    own = goal_of(part, goal, parts, beside)
    if len(points) >= MOST or abs(parts.needed(part, beside, goal.target) - own.target) > own.tolerance:
        return None
    found = next_crf(own, points, scale, predicted)
    if isinstance(found, End) or abs(found.crf - other) > REACH:
        return None
    return TryPart(part, found.crf)


def _both(goal: Goal, parts: Parts, scale: Scale, predicted: Prediction) -> TryPart | Why:
    """Return the next step to one CRF for both parts at which the whole may do, or why there is none."""
    if len(parts.head) + len(parts.tail) >= 2 * goal.most:
        return "tries"
    found = next_crf(goal, parts.points(), scale, predicted)
    if isinstance(found, End):
        return found.why
    if all(point.crf != found.crf for point in parts.head):
        return TryPart("head", found.crf)
    if all(point.crf != found.crf for point in parts.tail):
        return TryPart("tail", found.crf)
    return "steps"


def _end(goal: Goal, parts: Parts, best: Pair, why: Why) -> Spliced:
    """Return what is taken where nothing is left to try: what is above the target loses nothing but bytes."""
    above = [pair for pair in parts.pairs() if pair.score > goal.target]
    taken = max(above, key=parts.crf, default=best)
    return Spliced(taken, why, good=goal.suffices(taken.score))
