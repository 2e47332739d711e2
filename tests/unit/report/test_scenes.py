"""Which moments of a film are shown."""

from __future__ import annotations

from drapto.quality.scores import Scores, scores_of
from drapto.report.scenes import Low, apart, numbers, spread
from drapto.report.timeline import Interval


def scores(count: int, stride: int) -> Scores:
    return scores_of("vmaf", [90.0] * count, stride=stride)


def test_each_part_is_measured_from_its_first_frame_on() -> None:
    assert numbers(scores(6, 5), [12, 11]) == [0, 5, 10, 12, 17, 22]
    assert numbers(scores(3, 5), [12]) == [0, 5, 10]


def test_what_does_not_add_up_is_taken_for_even() -> None:
    assert numbers(scores(4, 5), [40, 40]) == [0, 20, 40, 60]


def test_moments_are_some_way_apart() -> None:
    lows = [Low(0, number, time, 80.0) for number, time in enumerate([5.0, 5.5, 9.0, 6.5, 5.9])]
    assert [low.time for low in apart(lows, 10.0)] == [5.0, 9.0, 6.5]
    assert [low.time for low in apart(lows, 10.0, most=1)] == [5.0]


def test_of_what_was_not_measured_some_are_taken_from_all_over() -> None:
    intervals = [Interval(str(number), 10.0 * number, 10.0, 240, 1) for number in range(40)]
    assert [low.time for low in spread(intervals, 4)] == [55.0, 155.0, 255.0, 355.0]
    assert len(spread(intervals[:2])) == 2
