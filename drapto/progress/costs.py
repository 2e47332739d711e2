"""What stages cost: seconds as a line over the size of their work, by what was measured on this machine.

A cost is of one processor's seconds on the clock, *slot seconds*: what holds two processors for 3 s costs 6.
That is the unit in which a run has its work done, however many processors it may use.

Each kind of work has a line, ``fixed + slope * size``. It is fitted by least squares on relative errors; the
shipped prior, times how much more all that was measured has taken, counts a little at either end, and older
measurements count for less and less.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MEMORY = 0.95
"""What an older measurement counts for, each time that another comes: 20 are remembered."""

SHIPPED = 0.2
"""What a shipped prior counts for at either end, where a measurement counts for 1."""

STEEPEST = 20.0
"""Times what was expected that a measurement counts for at most: a machine that slept was not slow."""


@dataclass(frozen=True)
class Prior:
    """What a kind of work costs on a machine that nothing was measured on.

    Attributes:
        fixed: Slot seconds of the smallest.
        slope: More of them for each unit of size.
        usual: A usual size, at which the prior counts for one measurement.
    """

    fixed: float
    slope: float
    usual: float = 1.0


PRIORS: dict[str, Prior] = {
    "probe": Prior(0.8, 0.3),
    "crop": Prior(0.2, 0.8),
    "fields": Prior(0.05, 3.5, usual=0.3),
    "segment": Prior(0.05, 0.4),
    "measure": Prior(0.3, 70.0, usual=0.15),
    "decode": Prior(0.2, 2.5),
    "audio": Prior(0.4, 30.0, usual=0.1),
    "subtitles": Prior(0.1, 2.0),
    "elements": Prior(0.1, 0.0),
    "video": Prior(0.1, 0.1, usual=10.0),
    "mux": Prior(0.2, 0.1, usual=10.0),
    "validate": Prior(0.4, 0.2, usual=10.0),
    "report": Prior(0.8, 0.6),
}
"""Slot seconds by kind. Sizes: ``probe``, ``segment``, ``video``, ``mux``, ``validate`` in 1000 frames;
``crop``, ``report`` in megapixels of a frame; ``fields``, of the frames that are looked at, ``measure`` and
``decode`` in thousands of megapixels; ``audio`` in thousands of seconds, ``subtitles`` in GB of the source.
Measured on two cores of a Xeon; crop, fields, segment, sound and report on two of an EPYC, of four clips of
480 to 3840 lines."""

ENCODE_AT_6 = Prior(0.5, 65.0, usual=0.3)
"""An encode by preset 6 at one thread, size in thousands of megapixels."""

SIZES = "size "

SIZE = Prior(20_000.0, 8e6, usual=0.3)
"""Of ``size QUALITY``, which is no cost: the bytes of so many thousands of megapixels at a quality."""

PRESET_STEP = 0.72
"""What an encode costs by a preset, over the preset before it; from 13 on as by 12."""

AGAIN = 1.15
"""How often a frame is encoded, the mean, on the way to a target: docs/benchmarks.md has 1.05 to 1.2."""

AGAIN_ALONE = 1.35
"""The same where no calibration says at which CRF to begin: 1.0, 1.4 and 1.6 of three clips in one segment,
and 1.0, 1.6 and 2.0 of three others that it was not set on."""

_ENCODE = re.compile(r"(encode|search) (\d+)")


def prior_of(kind: str) -> Prior:
    """Return what a kind of work costs where nothing was measured.

    ``encode N`` is one by preset N, ``search N`` all encodes by it on the way to a target.
    """
    if (match := _ENCODE.fullmatch(kind)) is not None:
        times = PRESET_STEP ** (min(12, int(match[2])) - 6) * (AGAIN if match[1] == "search" else 1)
        return replace(ENCODE_AT_6, slope=ENCODE_AT_6.slope * times)
    if kind.startswith(SIZES):
        return SIZE
    return PRIORS.get(kind, Prior(1.0, 0.0))


def encode_kind(preset: int, *, target: bool) -> str:
    """Return the kind of an encode by a preset, or of all those on the way to a target."""
    return f"{'search' if target else 'encode'} {preset}"


@dataclass(frozen=True)
class Line:
    """The sums of a weighted regression of seconds over sizes: weights, sizes, their squares, and so on.

    ``n`` counts the measurements, and ``r`` sums the logarithms of what each was over the shipped prior.
    """

    w: float = 0.0
    x: float = 0.0
    xx: float = 0.0
    y: float = 0.0
    xy: float = 0.0
    n: float = 0.0
    r: float = 0.0

    @property
    def scale(self) -> float:
        """How many times as much as by the shipped prior the work takes here, as a rule."""
        return math.exp(self.r / (self.n + SHIPPED))

    def with_measurement(self, size: float, seconds: float, weight: float, over_prior: float) -> Line:
        """Return the sums with one more measurement, the others counting less."""
        line = self.with_point(size, seconds, weight, MEMORY)
        return replace(line, n=MEMORY * self.n + 1, r=MEMORY * self.r + math.log(over_prior))

    def with_point(self, size: float, seconds: float, weight: float, memory: float = 1.0) -> Line:
        """Return the sums with one more point, the others counting ``memory`` times as much."""
        return Line(
            memory * self.w + weight,
            memory * self.x + weight * size,
            memory * self.xx + weight * size * size,
            memory * self.y + weight * seconds,
            memory * self.xy + weight * size * seconds,
            self.n,
            self.r,
        )

    def solved(self) -> tuple[float, float]:
        """Return what is fixed, and the slope; neither is less than nothing."""
        spread = self.w * self.xx - self.x * self.x
        if spread > 1e-12 * self.w * self.xx:
            slope = (self.w * self.xy - self.x * self.y) / spread
            fixed = (self.y - slope * self.x) / self.w
            if slope >= 0 and fixed >= 0:
                return fixed, slope
            if fixed < 0:
                return 0.0, self.xy / self.xx
        return self.y / self.w, 0.0


class Costs:
    """What each kind of work costs. Not safe for threads.

    Args:
        learnt: The sums of what was measured, by kind.
    """

    def __init__(self, learnt: Mapping[str, Line] | None = None) -> None:
        self._learnt = dict(learnt or {})
        self._solved: dict[str, tuple[float, float]] = {}

    @property
    def learnt(self) -> dict[str, Line]:
        """What was measured, by kind."""
        return dict(self._learnt)

    def knows(self, kind: str) -> bool:
        """Return whether anything of a kind was measured."""
        return kind in self._learnt

    def seconds(self, kind: str, size: float) -> float:
        """Return the slot seconds that work of a kind takes."""
        fixed, slope = self._line(kind)
        return fixed + slope * size

    def _line(self, kind: str) -> tuple[float, float]:
        if kind not in self._solved:
            prior = prior_of(kind)
            line = self._learnt.get(kind, Line())
            scale = line.scale if kind in self._learnt else self._usual(kind)
            for size in (0.0, prior.usual):
                at = scale * (prior.fixed + prior.slope * size)
                line = line.with_point(size, at, SHIPPED / at**2)
            self._solved[kind] = line.solved()
        return self._solved[kind]

    def _usual(self, kind: str) -> float:
        """Return how many times as much as by its prior a kind takes that was not measured: as others do."""
        lines = [line for other, line in self._learnt.items() if not other.startswith(SIZES)]
        if kind.startswith(SIZES) or not lines:
            return 1.0
        return math.exp(sum(math.log(line.scale) for line in lines) / len(lines))

    def learn(self, kind: str, size: float, seconds: float) -> None:
        """Take in what work of a kind has taken, slot seconds."""
        expected = self.seconds(kind, size)
        seconds = min(max(seconds, expected / STEEPEST, 0.001), expected * STEEPEST)
        weight = 1 / max(seconds, expected, 0.01) ** 2
        before = self._learnt.get(kind, Line())
        prior = prior_of(kind)
        over = seconds / max(1e-3, prior.fixed + prior.slope * size)
        # last in order: what was not measured for long is forgotten first
        self._learnt.pop(kind, None)
        self._learnt[kind] = before.with_measurement(size, seconds, weight, over)
        self._solved.clear()
