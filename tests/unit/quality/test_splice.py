"""Segments in two parts: the search ends, keeps its reach, and takes only what was measured."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drapto.quality.scale import Prediction, VmafScale
from drapto.quality.search import Goal, Point
from drapto.quality.splice import REACH, Pair, Parts, Spliced, goal_of, joint, near, next_part

if TYPE_CHECKING:
    from collections.abc import Callable

VMAF = VmafScale()
GOAL = Goal(93.0, 1.0, 10.0, 50.0, 6)
USUAL = Prediction(28.0, 1.0)
FIRST, FRAMES = 216, 360


def falling(missing: float, growth: float = 0.05) -> Callable[[float], float]:
    """Return a curve that misses 100 by ``missing`` at CRF 28, and by a factor more with each CRF."""
    return lambda crf: max(0.0, 100 - missing * math.exp(growth * (crf - 28)))


def run(
    head: Callable[[float], float], tail: Callable[[float], float], first: float = 28.0
) -> tuple[Spliced, Parts]:
    """Search on curves, the head's first CRF given, and the tail's taken for the head's."""
    heads, tails = [Point(first, head(first))], []
    own = goal_of("tail", GOAL, Parts(FIRST, FRAMES, heads, []), heads[0].score)
    gap = (VMAF.loss(own.target) - VMAF.loss(heads[0].score)) / VMAF.growth(heads[0].score)
    crf = near(GOAL, first + gap, first)
    tails.append(Point(crf, tail(crf)))
    while True:
        parts = Parts(FIRST, FRAMES, list(heads), list(tails))
        found = next_part(GOAL, parts, VMAF, USUAL)
        if isinstance(found, Spliced):
            return found, parts
        assert found.crf not in [point.crf for point in parts.of(found.part)], "paid for twice"
        points, curve = (heads, head) if found.part == "head" else (tails, tail)
        points.append(Point(found.crf, curve(found.crf)))


@given(st.floats(1, 14), st.floats(1, 14), st.floats(0.0, 0.1), st.floats(10, 50))
def test_it_ends_and_says_what_was_measured(one: float, other: float, growth: float, first: float) -> None:
    head, tail = falling(one, growth), falling(other, growth)
    found, parts = run(head, tail, round(4 * first) / 4)
    assert len(parts.head) + len(parts.tail) <= 2 * GOAL.most
    crfs = {point.crf for point in parts.head}, {point.crf for point in parts.tail}
    assert found.pair.head in crfs[0]
    assert found.pair.tail in crfs[1]
    after = FRAMES - FIRST
    whole = FRAMES / (FIRST / (head(found.pair.head) + 1) + after / (tail(found.pair.tail) + 1)) - 1
    assert found.pair.score == pytest.approx(whole)
    assert (found.why == "target") == GOAL.met_by(found.pair.score)


@given(st.floats(4, 12), st.floats(0.8, 1.25), st.floats(0.03, 0.07))
def test_parts_of_one_kind_meet_the_target_within_reach(missing: float, unlike: float, growth: float) -> None:
    found, parts = run(falling(missing, growth), falling(missing * unlike, growth))
    assert found.why == "target"
    assert len(parts.head) + len(parts.tail) <= 5
    assert abs(found.pair.head - found.pair.tail) <= REACH + 1


def test_a_first_part_that_is_off_by_little_is_made_up_for() -> None:
    curve = falling(5.8)
    found, parts = run(curve, curve)
    assert curve(28.0) > 94
    assert (len(parts.head), len(parts.tail)) == (1, 1)
    assert 28 < found.pair.tail <= 36
    assert found.pair.score == pytest.approx(93, abs=0.5)


def test_a_first_part_that_is_far_off_is_encoded_anew() -> None:
    curve = falling(3.0)
    found, parts = run(curve, curve)
    assert len(parts.head) == 2
    assert found.why == "target"


def test_a_second_part_that_misses_is_encoded_again_and_the_first_is_kept() -> None:
    found, parts = run(falling(7.0), falling(9.5))
    assert len(parts.head) == 1
    assert len(parts.tail) == 2
    assert found.why == "target"


def test_where_no_crf_is_low_enough_the_closest_is_taken() -> None:
    found, _ = run(lambda crf: 80 - crf / 10, lambda crf: 80 - crf / 10)
    assert (found.why, found.good) == ("crf bound", False)
    assert found.pair == Pair(10.0, 10.0, pytest.approx(79.0))


def test_black_ends_at_the_highest_crf() -> None:
    found, _ = run(lambda _: 99.0, lambda _: 99.0)
    assert (found.pair.head >= 40, found.good) == (True, True)
    assert found.why in ("crf bound", "plateau")


def test_no_part_is_asked_for_what_viewers_would_see() -> None:
    parts = Parts(FIRST, FRAMES, [Point(50.0, 99.9)], [])
    assert goal_of("tail", GOAL, parts, 99.9).target == 93 - 2.5
    assert goal_of("tail", GOAL, parts, 70.0).target == 93 + 2.5
    assert goal_of("tail", GOAL, parts, 93.0).target == pytest.approx(93)


def test_a_part_keeps_near_the_other_and_within_the_bounds() -> None:
    assert near(GOAL, 40.0, 28.0) == 36.0
    assert near(GOAL, 18.13, 28.0) == 20.0
    assert near(GOAL, 29.1, 28.0) == 29.0
    assert near(GOAL, 8.0, 12.0) == 10.0


@pytest.mark.parametrize(
    ("frames", "keyint", "first"),
    [
        (360, 240, 216),  # 15 s
        (250, 240, 150),
        (480, 240, 240),  # twice the interval: there is one way
        (450, 240, 240),  # 0.6 of it would take two keyframes
        (200, 240, 120),
        (143, 240, 0),  # too short
        (1200, 240, 720),  # at a keyframe of the whole
        (1, 2, 0),
        (2, 2, 1),
    ],
)
def test_where_the_second_part_begins(frames: int, keyint: int, first: int) -> None:
    assert joint(frames, keyint) == first


@given(st.integers(1, 5000), st.integers(1, 300))
def test_the_parts_need_no_more_keyframes_than_the_whole(frames: int, keyint: int) -> None:
    first = joint(frames, keyint)
    if first:
        assert 0 < first < frames
        parts = math.ceil(first / keyint) + math.ceil((frames - first) / keyint)
        assert parts <= max(2, math.ceil(frames / keyint))


def test_pairs_come_in_the_order_that_they_could_be_made() -> None:
    heads, tails = [Point(28.0, 93.0), Point(30.0, 92.0)], [Point(27.0, 93.5)]
    earlier = [(pair.head, pair.tail) for pair in Parts(FIRST, FRAMES, heads[:1], tails).pairs()]
    later = [(pair.head, pair.tail) for pair in Parts(FIRST, FRAMES, heads, tails).pairs()]
    assert earlier == [(28.0, 27.0)]
    assert later == [(28.0, 27.0), (30.0, 27.0)]
