"""Runs of frames below the floor: what is one, what holds it, what improves it."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drapto.quality.floor import (
    LARGEST_STEP,
    SHORTEST,
    SMALLEST_STEP,
    Low,
    low_blocks,
    low_scores,
    lower_crf,
    stretch,
    suspects,
)
from drapto.quality.scale import VmafScale
from drapto.quality.scores import scores_of

RATE = Fraction(24)


def low(values: list[float], stride: int = 1, frames: int | None = None) -> list[tuple[int, int, float]]:
    """Return the runs of scores below 78, as (first, frames, worst)."""
    scores = scores_of("vmaf", values, stride=stride)
    found = low_scores(scores, 78.0, frames=frames or len(values) * stride, rate=RATE)
    return [(run.first, run.frames, run.worst) for run in found]


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        ([70.0] * 3, []),
        ([70.0] * 4, [(5, 4, 70.0)]),
        ([70.0, 90.0, 71.0, 90.0, 72.0], [(5, 5, 70.0)]),
        ([77.9] * 24, [(5, 24, 77.9)]),
        ([78.0] * 24, []),
        ([70.0, *[90.0] * 6, 70.0], []),
        ([70.0] * 4 + [90.0] * 6 + [60.0] * 4, [(5, 4, 70.0), (15, 4, 60.0)]),
    ],
)
def test_a_run_is_long_enough_to_be_seen(bad: list[float], expected: list[tuple[int, int, float]]) -> None:
    assert low([93.0] * 5 + bad + [93.0] * 5) == expected


def test_one_measured_frame_alone_is_no_run_and_two_are() -> None:
    assert low([93.0, 70.0, 93.0, 93.0], stride=9) == []
    assert low([93.0, 70.0, 71.0, 93.0], stride=9) == [(9, 18, 70.0)]
    assert low([93.0, 93.0, 70.0, 71.0], stride=9, frames=31) == [(18, 13, 70.0)]


def test_around_a_low_frame_alone_all_are_looked_at() -> None:
    def around(values: list[float], stride: int, frames: int) -> list[range]:
        scores = scores_of("vmaf", values, stride=stride)
        low = low_scores(scores, 78.0, frames=frames, rate=RATE)
        return suspects(scores, 78.0, low, frames=frames, rate=RATE)

    assert around([93.0, 70.0, 93.0, 93.0], 9, 36) == [range(1, 18)]
    assert around([70.0, 93.0, 93.0, 60.0], 9, 30) == [range(9), range(19, 30)]
    assert around([93.0, 70.0, 70.0, 93.0], 9, 36) == [], "that is a run already"
    assert around([93.0, 70.0, 93.0, 93.0], 2, 8) == [], "a run would have shown two"
    assert around([93.0] * 4, 9, 36) == []


@given(st.lists(st.floats(0, 100), min_size=1, max_size=80), st.integers(1, 17))
def test_runs_hold_what_is_bad_and_do_not_overlap(values: list[float], stride: int) -> None:
    runs = low(values, stride)
    for first, frames, worst in runs:
        inside = [value for number, value in enumerate(values) if first <= number * stride < first + frames]
        assert worst == pytest.approx(min(inside), abs=1e-3)
        assert worst < 78
        assert frames >= SHORTEST * RATE
    assert all(one[0] + one[1] <= other[0] for one, other in pairwise(runs))


def test_runs_of_wrong_blocks() -> None:
    wrong = [(frame, 7.0 + frame) for frame in (3, 20, 21, 24, 25, 60)]
    assert low_blocks(wrong, rate=RATE) == [Low(kind="blocks", first=20, frames=6, worst=32.0)]
    assert low_blocks([], rate=RATE) == []


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([(10, 20)], (0, 240)),
        ([(10, 20), (200, 39)], (0, 240)),
        ([(250, 10)], (240, 360)),
        ([(235, 10)], (0, 360)),
        ([(10, 20), (250, 10)], (0, 360)),
    ],
)
def test_what_is_encoded_again_goes_from_keyframe_to_keyframe(
    runs: list[tuple[int, int]], expected: tuple[int, int]
) -> None:
    each = [Low(kind="score", first=first, frames=frames, worst=50.0) for first, frames in runs]
    assert stretch((0, 240), each, 0, 360) == expected
    assert stretch((0,), each, 0, 360) == (0, 360)


def test_between_several_keyframes_as_little_as_can_be_is_encoded_again() -> None:
    run = [Low(kind="score", first=130, frames=10, worst=50.0)]
    assert stretch((0, 60, 120, 180, 240), run, 0, 300) == (120, 180)
    assert stretch((0, 60, 120, 180, 240), run, 125, 150) == (125, 150), "no more than is in use"
    run = [Low(kind="score", first=180, frames=60, worst=50.0)]
    assert stretch((0, 60, 120, 180, 240), run, 0, 300) == (180, 240)


def test_scores_of_parts_stand_where_their_frames_are() -> None:
    at = {"at": (0, 9, 14, 23, 32)}
    scores = scores_of("vmaf", [93.0, 93.0, 70.0, 93.0, 93.0], stride=9).model_copy(update=at)
    assert low_scores(scores, 78.0, frames=36, rate=RATE) == []
    assert suspects(scores, 78.0, [], frames=36, rate=RATE) == [range(6, 23)]
    scores = scores_of("vmaf", [93.0, 70.0, 70.0, 93.0, 93.0], stride=9).model_copy(update=at)
    assert [(run.first, run.end) for run in low_scores(scores, 78.0, frames=36, rate=RATE)] == [(9, 23)]


def test_a_run_is_improved_in_steps_within_the_bounds() -> None:
    def lowered(worst: float, crf: float = 40.0) -> float | None:
        runs = [Low(kind="score", first=0, frames=9, worst=worst)]
        return lower_crf(crf, runs, 78.0, VmafScale(), 10.0)

    assert lowered(20.0) == 40 - LARGEST_STEP
    assert lowered(77.9) == 40 - SMALLEST_STEP
    between = lowered(72.0)
    assert between is not None
    assert 40 - LARGEST_STEP < between < 40 - SMALLEST_STEP
    assert between * 4 == int(between * 4)
    assert lowered(50.0, 11.0) == 10.0
    assert lowered(50.0, 10.0) is None
