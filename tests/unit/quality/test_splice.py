"""Splicing in a tail: it ends, keeps its reach, and takes only what was measured."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drapto.quality.scale import Prediction, VmafScale
from drapto.quality.search import Goal, Point
from drapto.quality.splice import MOST, REACH, Spliced, Tail, TryTail, pooled, splice

if TYPE_CHECKING:
    from collections.abc import Callable

VMAF = VmafScale()
GOAL = Goal(93.0, 0.65, 10.0, 50.0, 6)
USUAL = Prediction(34.0, 1.0)


def falling(missing: float, growth: float) -> Callable[[float], float]:
    """Return a curve that misses 100 by ``missing`` at CRF 32, and by a factor more with each CRF."""
    return lambda crf: max(0.0, 100 - missing * math.exp(growth * (crf - 32)))


def run(head: float, frames: tuple[int, int], curve: Callable[[float], float]) -> tuple[Spliced | None, int]:
    """Splice an encode at CRF 32 whose tail scores as ``curve`` says; return what came of it, its price."""
    points = [Point(32.0, curve(32.0))]
    while True:
        tail = Tail(frames[0], frames[1], head, points[0].score, points, own=len(points) - 1)
        found = splice(GOAL, 32.0, [tail], VMAF, USUAL)
        if not isinstance(found, TryTail):
            return found, len(points) - 1
        assert found.first == frames[0]
        assert found.crf not in [point.crf for point in points], "paid for twice"
        assert abs(found.crf - 32) <= REACH
        points.append(Point(found.crf, curve(found.crf)))


@given(
    st.floats(85, 99),
    st.tuples(st.integers(50, 400), st.integers(20, 400)),
    st.floats(1, 14),
    st.floats(0.0, 0.1),
)
def test_it_ends_and_says_what_was_measured(
    head: float, frames: tuple[int, int], missing: float, growth: float
) -> None:
    curve = falling(missing, growth)
    found, tries = run(head, frames, curve)
    assert tries <= MOST
    if found is not None:
        whole = sum(frames) / (frames[0] / (head + 1) + frames[1] / (curve(found.crf) + 1)) - 1
        assert found.score == pytest.approx(whole)
        assert abs(found.score - GOAL.target) <= GOAL.tolerance


def test_a_small_miss_takes_one_encode_of_the_tail() -> None:
    found, tries = run(94.0, (240, 120), falling(6.0, 0.045))
    assert found is not None
    assert tries == 1
    # towards the target from where it was, and no further than that takes
    assert 93.0 < found.score <= 93.65
    assert found.crf > 32


def test_a_large_miss_is_not_spliced() -> None:
    assert run(97.0, (240, 60), falling(3.0, 0.045)) == (None, 0)


def test_what_no_tail_can_make_up_for_is_not_spliced() -> None:
    assert run(60.0, (300, 10), falling(3.0, 0.045)) == (None, 0)


def test_two_encodes_that_miss_on_either_side_need_no_third() -> None:
    points = [Point(32.0, 94.2), Point(36.0, 91.8)]
    tail = Tail(180, 180, 94.0, 94.2, points, own=0)
    assert splice(GOAL, 32.0, [tail], VMAF, USUAL) == Spliced(180, 36.0, pooled(tail, 91.8))


def test_the_shorter_tail_goes_first_where_it_is_enough() -> None:
    long = Tail(120, 240, 93.9, 93.9, [Point(32.0, 93.9)], own=0)
    short = Tail(240, 120, 93.9, 93.9, [Point(32.0, 93.9)], own=0)
    found = splice(GOAL, 32.0, [short, long], VMAF, USUAL)
    assert isinstance(found, TryTail)
    assert found.first == 240
    tiny = Tail(350, 10, 93.9, 93.9, [Point(32.0, 93.9)], own=0)
    found = splice(GOAL, 32.0, [tiny, long], VMAF, USUAL)
    assert isinstance(found, TryTail)
    assert found.first == 120


def test_a_splice_to_a_mean_adds_up_as_that() -> None:
    tail = Tail(100, 50, 90.0, 96.0, [], own=0, statistic="mean")
    assert pooled(tail, 99.0) == pytest.approx((100 * 90 + 50 * 99) / 150)
    found = splice(GOAL, 32.0, [tail._replace(head=92.0, now=97.5, points=[Point(32.0, 97.5)])], VMAF, USUAL)
    assert isinstance(found, TryTail)
    assert found.crf > 32
