"""Which frames are measured, and which are tried first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from drapto.quality.sampling import ENOUGH, LARGEST_STEP, WINDOW, step_for, windows


@given(st.integers(1, 100_000))
def test_steps_are_odd_and_leave_enough(frames: int) -> None:
    step = step_for(frames)
    assert step % 2 == 1
    assert 1 <= step <= LARGEST_STEP
    assert step == 1 or frames / step >= ENOUGH


def test_steps_of_usual_segments() -> None:
    assert [step_for(frames) for frames in (5, 120, 250, 360, 900)] == [1, 1, 3, 5, 9]


def test_a_short_title_is_not_sampled() -> None:
    assert windows([360] * 10) == []


def test_a_film_is_sampled_all_over() -> None:
    chosen = windows([360] * 480)
    assert len(chosen) == 12
    assert chosen[0] < 40
    assert chosen[-1] > 440


@given(st.lists(st.integers(1, 2000), max_size=300))
def test_samples_are_different_segments_that_are_long_enough(frames: list[int]) -> None:
    chosen = windows(frames)
    assert len(set(chosen)) == len(chosen)
    assert len(chosen) != 1
    assert all(frames[number] >= WINDOW for number in chosen)
