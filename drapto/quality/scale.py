"""How a metric falls as the CRF rises.

On the scale of a score itself the fall is a curve, steep at the bottom and flat at the top. What is missing
to a perfect score grows by about the same factor with every CRF: on the logarithm of that, here called the
loss, two encodes tell where the third must be tried by a straight line.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Scale(ABC):
    """A metric's scores as losses, which rise with the CRF about in a straight line."""

    @abstractmethod
    def loss(self, score: float) -> float:
        """Return the loss of a score."""

    @abstractmethod
    def score(self, loss: float) -> float:
        """Return the score of a loss."""

    @abstractmethod
    def growth(self, score: float) -> float:
        """Return by how much the loss usually grows with each CRF, near an encode that has ``score``."""

    @property
    @abstractmethod
    def usual(self) -> tuple[float, float]:
        """A CRF and the score that it usually gives."""


class VmafScale(Scale):
    """VMAF's: the logarithm of what is missing to 100.

    The figures are from eight clips at CRF 18 to 40 (docs/benchmarks.md), as they are shown: what is missing
    to 100 grows by 5 to 7 % a CRF, and faster where little is.
    """

    SHIFT = 0.3
    """Points beyond 100 that the scale ends at, so that a perfect score has a loss."""

    GROWTH = 0.057
    USUAL = 3.5
    BEND = 0.75

    def loss(self, score: float) -> float:
        """Return the loss of a score of 0 to 100."""
        return math.log(100 - min(score, 100.0) + self.SHIFT)

    def score(self, loss: float) -> float:
        """Return the score of a loss."""
        return 100 + self.SHIFT - math.exp(loss)

    def growth(self, score: float) -> float:
        """Return the usual growth of the loss with each CRF."""
        missing = 100 - min(score, 100.0) + self.SHIFT
        return self.GROWTH * math.pow(max(1.0, self.USUAL / missing), self.BEND)

    @property
    def usual(self) -> tuple[float, float]:
        """The middle of the same clips, which meet VMAF 93 at CRF 22 to 34."""
        return 26.0, 93.0


class DecibelScale(Scale):
    """That of a metric in dB, which falls in a straight line by itself."""

    GROWTH = 0.2
    """dB for each CRF: the XPSNR of the same segments falls by 0.15 to 0.27."""

    def loss(self, score: float) -> float:
        """Return the score, the other way round."""
        return -score

    def score(self, loss: float) -> float:
        """Return the score, the right way round."""
        return -loss

    def growth(self, score: float) -> float:
        """Return the usual growth of the loss with each CRF."""
        del score
        return self.GROWTH

    @property
    def usual(self) -> tuple[float, float]:
        """The middle of the same segments."""
        return 34.0, 40.0


class Prediction(NamedTuple):
    """What is predicted of a title's segments before any is encoded.

    Attributes:
        first: The CRF to begin with.
        slope: How fast the loss grows with the CRF, where 1 is as fast as usual.
    """

    first: float
    slope: float


FLATTEST, STEEPEST = 0.4, 2.5
"""Bounds of a slope that is believed."""


def predict(target: float, points: Iterable[tuple[float, float]], scale: Scale) -> Prediction:
    """Return what is predicted of segments whose samples scored as the (CRF, score) ``points`` say.

    Where scores rise with the CRF, which is noise, neighbours are pooled to their mean (isotonic regression
    by pooling adjacent violators: Barlow et al., "Statistical Inference under Order Restrictions", 1972).

    Args:
        target: The score that is aimed at.
        points: None are needed: then it is as usual.
        scale: The metric's.
    """
    knots = _rising([(crf, scale.loss(score)) for crf, score in sorted(points)])
    wanted = scale.loss(target)
    if not knots:
        crf, score = scale.usual
        return Prediction(crf + (wanted - scale.loss(score)) / scale.growth(score), 1.0)
    slope = _slope(knots, scale)
    for (left, low), (right, high) in pairwise(knots):
        if low <= wanted <= high and low < high:
            return Prediction(left + (wanted - low) * (right - left) / (high - low), slope)
    crf, loss = min(knots, key=lambda knot: abs(knot[1] - wanted))
    return Prediction(crf + (wanted - loss) / (slope * scale.growth(scale.score(loss))), slope)


def _slope(knots: Sequence[tuple[float, float]], scale: Scale) -> float:
    (left, low), (right, high) = knots[0], knots[-1]
    if right == left:
        return 1.0
    usual = scale.growth(scale.score((low + high) / 2))
    return min(max((high - low) / (right - left) / usual, FLATTEST), STEEPEST)


def _rising(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    pools: list[list[tuple[float, float]]] = []
    for point in points:
        pools.append([point])
        while len(pools) > 1 and _mean(pools[-2]) > _mean(pools[-1]):
            last = pools.pop()
            pools[-1].extend(last)
    return [(crf, _mean(pool)) for pool in pools for crf, _ in pool]


def _mean(pool: Sequence[tuple[float, float]]) -> float:
    return sum(loss for _, loss in pool) / len(pool)
