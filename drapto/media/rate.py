"""The nominal frame rate: a label for the encoder, never a source of timestamps."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

NS = 1_000_000_000

STANDARD_RATES = tuple(
    Fraction(rate)
    for rate in (
        *("24000/1001", "24", "25", "30000/1001", "30", "48000/1001", "48", "50", "60000/1001", "60"),
        *("100", "120000/1001", "120", "15", "12", "15000/1001", "12000/1001"),
    )
)

NEAR = Fraction(1, 1000)
"""How far, relatively, a measured rate may be from a standard one to be taken for it."""


def is_variable(times: Sequence[int], tick: int) -> bool:
    """Tell whether the frames' durations differ by more than a ``tick``, both in nanoseconds."""
    durations = [later - earlier for earlier, later in pairwise(times)]
    return bool(durations) and max(durations) - min(durations) > tick


def nominal_rate(times: Sequence[int], tick: int, claimed: Fraction | None) -> Fraction:
    """Return a rate near the truth, in frames per second.

    Args:
        times: Presentation times, nanoseconds, ascending.
        tick: Nanoseconds to which they were rounded.
        claimed: The container's rate, taken where the timestamps do not contradict it.
    """
    if len(times) < 2 or times[-1] <= times[0]:  # noqa: PLR2004  one frame has no rate
        return _snap(claimed) if claimed else Fraction(25)
    span, steps = times[-1] - times[0], len(times) - 1
    measured = Fraction(steps * NS, span)
    if claimed and abs(Fraction(steps * NS) / claimed - span) <= max(Fraction(2 * tick), span * NEAR / 10):
        return _snap(claimed)
    return _snap(measured)


def _snap(rate: Fraction) -> Fraction:
    """Return the standard rate that ``rate`` is near to, else itself in small numbers."""
    nearest = STANDARD_RATES[0]
    for standard in STANDARD_RATES:
        if abs(standard - rate) < abs(nearest - rate):
            nearest = standard
    return nearest if abs(nearest - rate) <= nearest * NEAR else rate.limit_denominator(1001)
