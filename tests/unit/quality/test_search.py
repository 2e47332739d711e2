"""The search on curves of every kind: it ends, keeps to its bounds, and takes only what was measured."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drapto.quality.scale import DecibelScale, Prediction, Scale, VmafScale
from drapto.quality.search import End, Goal, Point, Try, next_crf

if TYPE_CHECKING:
    from collections.abc import Callable

VMAF = VmafScale()


def goal(**other: float) -> Goal:
    values = {"target": 93.0, "tolerance": 0.6, "lowest": 10.0, "highest": 50.0, "most": 6} | other
    return Goal(**values)  # type: ignore[arg-type]


def run(
    aim: Goal, curve: Callable[[float], float], first: float = 32.0, scale: Scale = VMAF
) -> tuple[End, list[Point]]:
    """Search on ``curve`` to the end; every step must keep the promises."""
    points: list[Point] = []
    for _ in range(aim.most + 1):
        found = next_crf(aim, points, scale, Prediction(first, 1.0))
        if isinstance(found, End):
            assert found.point in points
            assert found.good == aim.suffices(found.point.score)
            return found, points
        assert isinstance(found, Try)
        assert aim.lowest <= found.crf <= aim.highest
        assert found.crf * 4 == int(found.crf * 4)
        assert found.crf not in [point.crf for point in points], "paid for twice"
        points.append(Point(found.crf, curve(found.crf)))
    raise AssertionError("the search does not end")


def falling(missing: float, growth: float) -> Callable[[float], float]:
    """Return a curve that misses 100 by ``missing`` at CRF 32, and by a factor more with each CRF."""
    return lambda crf: max(0.0, 100 - missing * math.exp(growth * (crf - 32)))


@pytest.mark.parametrize(
    ("missing", "growth"), [(11.8, 0.049), (6.8, 0.06), (1.5, 0.15), (3.2, 0.1), (5.5, 0.035), (7.0, 0.05)]
)
def test_real_curves_take_at_most_three_encodes(missing: float, growth: float) -> None:
    end, points = run(goal(), falling(missing, growth))
    assert (end.why, end.good) == ("target", True)
    assert len(points) <= 3


def test_a_hit_ends_the_search_at_once() -> None:
    end, points = run(goal(), lambda _: 93.4)
    assert end.why == "target"
    assert len(points) == 1


def test_a_plateau_above_the_target_is_left_where_it_is_seen() -> None:
    end, points = run(goal(), lambda crf: 97.3 - 0.01 * crf)
    assert (end.why, end.good) == ("plateau", True)
    assert len(points) == 2


def test_what_is_always_too_good_ends_at_the_bound() -> None:
    end, _ = run(goal(), lambda crf: 98 - 0.07 * (crf - 30))
    assert (end.why, end.good, end.point.crf) == ("crf bound", True, 50.0)


def test_what_is_out_of_reach_is_not_called_good() -> None:
    end, _ = run(goal(), lambda crf: 80 - crf)
    assert (end.why, end.good, end.point.crf) == ("crf bound", False, 10.0)


def test_two_neighbours_on_either_side_end_it_with_the_better_one() -> None:
    end, _ = run(goal(most=10), lambda crf: 99.0 if crf <= 33.5 else 60.0)
    assert (end.why, end.point) == ("steps", Point(33.5, 99.0))


def test_scores_that_rise_with_the_crf_end_it_with_one_that_is_good_enough() -> None:
    end = next_crf(goal(), [Point(30, 92.0), Point(34, 95.0)], VMAF, Prediction(32, 1.0))
    assert end == End(Point(34, 95.0), "noise", good=True)


def test_it_goes_on_from_what_is_known() -> None:
    found = next_crf(goal(target=90.0), [Point(30, 94.0), Point(34, 92.0)], VMAF, Prediction(32, 1.0))
    assert isinstance(found, Try)
    assert found.crf > 34


def test_five_frames_may_end_with_the_tries() -> None:
    end, points = run(goal(most=2, tolerance=0.1), falling(20, 0.3))
    assert len(points) == 2
    assert end.why in ("tries", "target")


curves = st.one_of(
    st.builds(falling, st.floats(0.01, 60), st.floats(0.001, 0.4)),
    st.builds(lambda level: lambda _: level, st.floats(0, 100)),
    st.integers(0, 2**32).map(
        lambda seed: lambda crf: 50 + 50 * math.sin(seed * 0.37 + crf * (1 + seed % 7))
    ),
    st.builds(
        lambda base, noise, seed: lambda crf: min(100.0, base(crf) + noise * math.sin(seed + 97 * crf)),
        st.builds(falling, st.floats(0.1, 40), st.floats(0.005, 0.2)),
        st.floats(0, 3),
        st.integers(0, 1000),
    ),
)


@given(
    curve=curves,
    target=st.floats(70, 99),
    tolerance=st.floats(0.1, 3),
    first=st.floats(-50, 150),
    bounds=st.tuples(st.integers(0, 252), st.integers(0, 252)).map(sorted),
    most=st.integers(1, 8),
)
def test_it_ends_in_bounds_with_a_measured_score(
    curve: Callable[[float], float],
    target: float,
    tolerance: float,
    first: float,
    bounds: list[int],
    most: int,
) -> None:
    aim = Goal(target, tolerance, bounds[0] / 4, bounds[1] / 4, most)
    end, points = run(aim, curve, first)
    assert end.point.score == curve(end.point.crf)
    if any(aim.met_by(point.score) for point in points):
        assert end.why == "target"


@given(level=st.floats(30, 50), fall=st.floats(0.1, 0.4))
@example(44.75, 0.13671875)  # the bound is just good enough
def test_decibels_are_found_in_three(level: float, fall: float) -> None:
    aim = Goal(40.0, 0.3, 0.0, 63.0, 6)
    end, points = run(aim, lambda crf: level - fall * (crf - 30), scale=DecibelScale())
    reachable = level - fall * 33 <= 40.3 and level + fall * 30 >= 39.7
    assert not reachable or (end.why == "target" and len(points) <= 5)
