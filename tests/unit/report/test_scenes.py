"""Which moments of a film are shown."""

from __future__ import annotations

from drapto.report.scenes import Low, apart, spread
from drapto.report.timeline import Interval


def test_moments_are_some_way_apart() -> None:
    lows = [Low(0, number, time, 80.0) for number, time in enumerate([5.0, 5.5, 9.0, 6.5, 5.9])]
    assert [low.time for low in apart(lows, 10.0)] == [5.0, 9.0, 6.5]
    assert [low.time for low in apart(lows, 10.0, most=1)] == [5.0]


def test_of_what_was_not_measured_some_are_taken_from_all_over() -> None:
    intervals = [Interval(str(number), 10.0 * number, 10.0, 240, 1) for number in range(40)]
    assert [low.time for low in spread(intervals, 4)] == [51.0, 151.0, 251.0, 351.0]
    assert len(spread(intervals[:2])) == 2
