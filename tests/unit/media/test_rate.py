from __future__ import annotations

from fractions import Fraction

import pytest

from drapto.media.rate import is_variable, nominal_rate

MS = 1_000_000


def ticks(rate: str, count: int, start: int = 0) -> list[int]:
    """Return a constant rate's timestamps, rounded to the millisecond, in nanoseconds."""
    return [start * MS + round(n * 1000 / Fraction(rate)) * MS for n in range(count)]


@pytest.mark.parametrize(
    "rate", ["24000/1001", "24", "25", "30000/1001", "30", "50", "60000/1001", "60", "15"]
)
@pytest.mark.parametrize("claim", [True, False])
def test_a_standard_rate_is_found_under_the_rounding(rate: str, claim: bool) -> None:
    times = ticks(rate, 2000, start=360)
    assert nominal_rate(times, MS, Fraction(rate) if claim else None) == Fraction(rate)
    assert not is_variable(times, MS)


def test_the_claim_decides_between_rates_that_a_short_clip_cannot_tell_apart() -> None:
    assert nominal_rate(ticks("24000/1001", 10), MS, Fraction(24000, 1001)) == Fraction(24000, 1001)
    assert nominal_rate(ticks("24", 10), MS, Fraction(24)) == 24


def test_a_claim_that_the_timestamps_contradict_is_not_believed() -> None:
    assert nominal_rate(ticks("25", 500), MS, Fraction(60000, 1001)) == 25


def test_a_variable_rate_gives_the_average() -> None:
    times = ticks("30", 300) + [10_000 * MS + time for time in ticks("15", 150)]
    assert is_variable(times, MS)
    assert abs(float(nominal_rate(times, MS, Fraction(30))) - 449 / 19.933) < 0.05


@pytest.mark.parametrize("times", [[], [40 * MS]])
def test_one_frame_takes_the_claim(times: list[int]) -> None:
    assert nominal_rate(times, MS, Fraction(19001, 317)) == Fraction(60000, 1001)
    assert nominal_rate(times, MS, None) == 25
    assert not is_variable(times, MS)
