"""What a metric found: the score of each measured frame, and the figures that are drawn from them."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, NamedTuple

from pydantic import AliasChoices, Field

from drapto.engine.document import Model

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LOW_FRACTION = 0.05
"""The share of frames that the 5th percentile leaves below it."""


class Measurement(NamedTuple):
    """What was measured; only scores of one measurement can be held against each other.

    Attributes:
        metric, model, shown: As `Scores` has them.
    """

    metric: str
    model: str = ""
    shown: str = ""


class Scores(Model):
    """The measured quality of a run of frames.

    Attributes:
        metric: ``vmaf`` (0 to 100) or ``xpsnr`` (dB).
        model: The metric's model, where it has several.
        shown: How large the whole picture, before any crop, was made, ``1920x1080``; empty where it was not
            scaled, as drapto 0.1 did not.
        stride: Every ``stride``-th frame was measured, from the first on.
        harmonic: The harmonic mean, which low frames weigh down: what a target is held against.
        mean: The arithmetic mean.
        p5: The 5th percentile.
        minimum: The lowest frame.
        values: Each measured frame, in order.
    """

    metric: str
    model: str = ""
    shown: str = ""
    # documents of drapto 0.1 say "step"
    stride: int = Field(1, validation_alias=AliasChoices("stride", "step"))
    harmonic: float
    mean: float
    p5: float
    minimum: float
    values: tuple[float, ...] = Field(repr=False)

    @property
    def measurement(self) -> Measurement:
        """What was measured."""
        return Measurement(self.metric, self.model, self.shown)

    def between(self, first: int, end: int) -> Scores | None:
        """Return the scores of the frames from ``first`` to before ``end``; None where none was measured."""
        begin, stop = (-(-frame // self.stride) for frame in (first, end))
        found = self.values[begin:stop]
        if not found:
            return None
        return scores_of(self.metric, found, model=self.model, shown=self.shown, stride=self.stride)


class Part(Model):
    """A run of frames, for the scores of several together.

    Attributes:
        frames: How many frames it has.
        scores: What was measured of them.
    """

    frames: int
    scores: Scores


def scores_of(
    metric: str, values: Sequence[float], *, model: str = "", shown: str = "", stride: int = 1
) -> Scores:
    """Return the figures of ``values``, one for each measured frame.

    Raises:
        ValueError: There is none.
    """
    rounded = tuple(round(value, 3) for value in values)
    kind = Measurement(metric, model, shown)
    return _figures([(value, 1.0) for value in rounded], kind, stride, rounded)


def pooled(parts: Iterable[Part], *, listed: bool = False) -> Scores:
    """Return the scores of several runs of frames as one; each weighs as many frames as it has.

    ``stride`` is the largest of theirs.

    Args:
        parts: In order.
        listed: Whether to list the frames' values again, which the parts have.

    Raises:
        ValueError: There is none, or they are not of one metric, model and size.
    """
    several = list(parts)
    kinds = {part.scores.measurement for part in several}
    if len(kinds) != 1:
        raise ValueError(f"not of one metric: {sorted(kinds)}")
    (kind,) = kinds
    weighed = [
        (value, part.frames / len(part.scores.values)) for part in several for value in part.scores.values
    ]
    values = tuple(value for value, _ in weighed) if listed else ()
    return _figures(weighed, kind, max(part.scores.stride for part in several), values)


def _figures(
    weighed: Sequence[tuple[float, float]], kind: Measurement, stride: int, values: tuple[float, ...]
) -> Scores:
    if not weighed:
        raise ValueError("no frame was measured")
    total = math.fsum(weight for _, weight in weighed)
    # as libvmaf pools: one is added, so that a frame at 0 does not decide alone
    inverse = math.fsum(weight / (value + 1) for value, weight in weighed)
    return Scores(
        metric=kind.metric,
        model=kind.model,
        shown=kind.shown,
        stride=stride,
        harmonic=round(total / inverse - 1, 3),
        mean=round(math.fsum(value * weight for value, weight in weighed) / total, 3),
        p5=round(_percentile(weighed, LOW_FRACTION * total), 3),
        minimum=min(value for value, _ in weighed),
        values=values,
    )


def percentile(values: Sequence[float], share: float) -> float:
    """Return the lowest of the values that has at least this share of them at it or under it.

    Raises:
        ValueError: There is none.
    """
    if not values:
        raise ValueError("no frame was measured")
    return _percentile([(value, 1.0) for value in values], share * len(values))


def _percentile(weighed: Sequence[tuple[float, float]], below: float) -> float:
    """Return the lowest value that has at least the weight ``below`` at it or under it."""
    ordered = sorted(weighed)
    reached = itertools.accumulate(weight for _, weight in ordered)
    values = (value for value, _ in ordered)
    return next(value for value, weight in zip(values, reached, strict=True) if weight >= below)
