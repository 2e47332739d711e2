"""What a metric found: the score of each measured frame, and the figures that are drawn from them."""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic import AliasChoices, Field

from drapto.engine.document import Model

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LOW_FRACTION, TENTH = 0.05, 0.1
"""The shares of frames of the 5th and of the 10th percentile."""

Statistic = Literal["harmonic", "mean", "p5", "p10"]
"""Which of a segment's figures stands for it:

- harmonic: the harmonic mean of the measured frames, as libvmaf pools it (1 is added to each score before,
  and taken off after), which low frames weigh down;
- mean: their arithmetic mean;
- p5, p10: the percentile, the lowest measured score that at least 5 or 10 % of the frames do not exceed. It
  is always the score of a frame: nothing is interpolated (nearest rank, as ``numpy.percentile`` has it with
  ``method="inverted_cdf"``).
"""


STATISTICS: dict[Statistic, str] = {
    "harmonic": "harmonic mean",
    "mean": "mean",
    "p5": "5th percentile",
    "p10": "10th percentile",
}
"""What each is called."""


class Measurement(NamedTuple):
    """What was measured; only scores of one measurement can be held against each other.

    Attributes:
        metric, model, shown, light: As `Scores` has them.
    """

    metric: str
    model: str = ""
    shown: str = ""
    light: str = ""


class Scores(Model):
    """The measured quality of a run of frames.

    Attributes:
        metric: ``vmaf`` (0 to 100) or ``xpsnr`` (dB).
        model: The metric's model, where it has several.
        shown: How large the whole picture, before any crop, was made, ``1920x1080``; empty where it was not
            scaled, as drapto 0.1 did not.
        light: What was measured of an HDR picture's light (`drapto.quality.hdr`); empty of SDR.
        stride: Every ``stride``-th frame was measured.
        first: From which on; 0 in documents of earlier versions.
        at: Which frames were measured, where that is not one in ``stride``: the parts of a segment are
            measured each by frames of its own.
        harmonic: The harmonic mean, which low frames weigh down.
        mean: The arithmetic mean.
        p5: The 5th percentile (`Statistic` has its definition).
        p10: The 10th percentile; None in documents of drapto 0.1 and 0.2.
        minimum: The lowest frame.
        values: Each measured frame, in order.
    """

    metric: str
    model: str = ""
    shown: str = ""
    light: str = ""
    # documents of drapto 0.1 say "step"
    stride: int = Field(1, validation_alias=AliasChoices("stride", "step"))
    first: int = 0
    at: tuple[int, ...] = ()
    harmonic: float
    mean: float
    p5: float
    p10: float | None = None
    minimum: float
    values: tuple[float, ...] = Field(repr=False)

    @property
    def measurement(self) -> Measurement:
        """What was measured."""
        return Measurement(self.metric, self.model, self.shown, self.light)

    def figure(self, statistic: Statistic) -> float:
        """Return what stands for the frames: what a target is held against."""
        if statistic == "p10" and self.p10 is None:
            weighed = [(value, 1.0) for value in self.values]
            return _percentile(weighed, TENTH * len(weighed)) if weighed else self.p5
        found = {"harmonic": self.harmonic, "mean": self.mean, "p5": self.p5, "p10": self.p10}[statistic]
        assert found is not None  # noqa: S101  None is dealt with above
        return found

    @property
    def numbers(self) -> Sequence[int]:
        """Which frames the values are of, ascending, counted from 0."""
        return self.at or range(self.first, self.first + len(self.values) * self.stride, self.stride)

    def between(self, first: int, end: int) -> Scores | None:
        """Return the scores of the frames from ``first`` to before ``end``; None where none was measured."""
        numbers = self.numbers
        begin, stop = (bisect_left(numbers, frame) for frame in (first, end))
        found = self.values[begin:stop]
        if not found:
            return None
        made = scores_as(self.measurement, found, stride=self.stride, first=numbers[begin] - first)
        at = tuple(number - first for number in self.at[begin:stop])
        return made.model_copy(update={"at": at}) if at else made


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
    return scores_as(Measurement(metric, model, shown), values, stride=stride)


def scores_as(kind: Measurement, values: Sequence[float], *, stride: int = 1, first: int = 0) -> Scores:
    """Return the same of what was measured as ``kind`` says, from frame ``first`` on.

    Raises:
        ValueError: There is no value.
    """
    rounded = tuple(round(value, 3) for value in values)
    found = _figures([(value, 1.0) for value in rounded], kind, stride, rounded)
    return found.model_copy(update={"first": first}) if first else found


def pooled(parts: Iterable[Part], *, listed: bool = False, at: Sequence[int] = ()) -> Scores:
    """Return the scores of several runs of frames as one; each weighs as many frames as it has.

    ``stride`` is the largest of theirs.

    Args:
        parts: In order.
        listed: Whether to list the frames' values again, which the parts have.
        at: Which frames these are, where they are listed.

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
    found = _figures(weighed, kind, max(part.scores.stride for part in several), values)
    return found.model_copy(update={"at": tuple(at)}) if at else found


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
        light=kind.light,
        stride=stride,
        harmonic=round(total / inverse - 1, 3),
        mean=round(math.fsum(value * weight for value, weight in weighed) / total, 3),
        p5=round(_percentile(weighed, LOW_FRACTION * total), 3),
        p10=round(_percentile(weighed, TENTH * total), 3),
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
