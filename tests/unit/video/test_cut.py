"""Where a title is cut."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from drapto.video.cut import choose_cuts, frame_ranges, longest_run, scene_changes

MS = 1_000_000
SECOND = 1000 * MS


def steady(frames: int, fps: int = 25) -> list[int]:
    return [number * SECOND // fps for number in range(frames)]


def test_cuts_at_the_keyframe_nearest_to_each_chunk() -> None:
    times = steady(25 * 60)
    keys = [second * SECOND for second in range(0, 60, 4)]
    assert choose_cuts(times, keys, 15) == [16 * SECOND, 32 * SECOND, 48 * SECOND]
    keys = [0, 7 * SECOND, 14 * SECOND, 17 * SECOND, 29 * SECOND, 33 * SECOND, 45 * SECOND]
    assert choose_cuts(times, keys, 15, scenes=False) == [14 * SECOND, 29 * SECOND, 45 * SECOND]


def test_cuts_at_a_scene_change_where_one_is_near() -> None:
    times = steady(25 * 60)
    # an interval of 12 s; what comes earlier is a scene change
    keys = [0, 7 * SECOND, 14 * SECOND, 17 * SECOND, 29 * SECOND, 33 * SECOND, 45 * SECOND]
    assert scene_changes(keys) == [7 * SECOND, 14 * SECOND, 17 * SECOND, 33 * SECOND]
    assert choose_cuts(times, keys, 15) == [14 * SECOND, 33 * SECOND, 45 * SECOND]


def test_scene_changes_among_keyframes_every_half_second() -> None:
    regular = [number * SECOND // 2 for number in range(100)]
    shift = 200 * MS  # the encoder begins to count anew
    keys = [key for key in regular if key < 12 * SECOND] + [
        key + shift for key in regular if key >= 12 * SECOND
    ]
    keys.insert(24, 11 * SECOND + 700 * MS)
    times = [number * 100 * MS for number in range(500)]
    assert scene_changes(keys) == [11 * SECOND + 700 * MS]
    assert choose_cuts(times, keys, 15)[0] == 11 * SECOND + 700 * MS
    assert choose_cuts(times, keys, 15, scenes=False)[0] == 15 * SECOND + shift
    assert scene_changes(regular) == []


def test_a_scene_change_that_is_far_off_is_let_be() -> None:
    times = steady(25 * 60)
    keys = [0, 5 * SECOND, *(second * SECOND for second in range(8, 60, 5))]
    assert scene_changes(keys) == [8 * SECOND]
    assert choose_cuts(times, keys, 15)[0] == 13 * SECOND


def test_a_scene_change_near_the_end_does_not_make_the_last_segment_a_long_one() -> None:
    times = steady(25 * 52)
    keys = [second * SECOND for second in (0, 9, 14, 24, 26, 27, 32, 42, 47)]  # a trailer's
    assert scene_changes(keys) == [second * SECOND for second in (9, 14, 26, 27, 32, 47)]
    assert choose_cuts(times, keys, 15) == [14 * SECOND, 27 * SECOND, 42 * SECOND]


@given(st.lists(st.integers(1, 60), min_size=2, max_size=200))
def test_segments_keep_within_sensible_bounds(gaps: list[int]) -> None:
    keys = [sum(gaps[:count]) * SECOND // 10 for count in range(len(gaps) + 1)]
    cuts = choose_cuts(keys, keys, 15)
    lengths = [after - before for before, after in itertools.pairwise([0, *cuts])]
    assert all(9 * SECOND <= length <= 21 * SECOND for length in lengths)


def test_a_short_rest_stays_with_the_piece_before() -> None:
    times = steady(25 * 34)
    keys = [second * SECOND for second in range(34)]
    assert choose_cuts(times, keys, 15) == [15 * SECOND]
    assert choose_cuts(times, keys, 12) == [12 * SECOND, 24 * SECOND]


def test_nothing_to_cut() -> None:
    assert choose_cuts([], [], 15) == []
    assert choose_cuts(steady(100), [0], 1) == []


def test_a_keyframe_without_a_frame_is_no_place_to_cut() -> None:
    times = steady(25 * 30)
    assert choose_cuts(times, [0, 15 * SECOND + 1], 15) == []


def test_chunks_longer_than_the_gops_wait_for_the_next_keyframe() -> None:
    times = steady(25 * 40)
    assert choose_cuts(times, [0, 10 * SECOND, 20 * SECOND, 30 * SECOND], 1) == [
        10 * SECOND,
        20 * SECOND,
        30 * SECOND,
    ]


@given(
    gaps=st.lists(st.integers(1, 400), min_size=1, max_size=300),
    key_every=st.integers(1, 40),
    chunk=st.floats(0.05, 30),
)
def test_the_pieces_hold_every_frame_once_and_begin_at_keyframes(
    gaps: list[int], key_every: int, chunk: float
) -> None:
    times = [sum(gaps[:count]) * MS for count in range(len(gaps) + 1)]
    keys = times[::key_every]
    cuts = choose_cuts(times, keys, chunk)
    ranges = frame_ranges(times, cuts)
    assert [index for frames in ranges for index in frames] == list(range(len(times)))
    assert all(frames for frames in ranges)
    assert [times[frames.start] for frames in ranges[1:]] == cuts
    assert set(cuts) <= set(keys)


@given(
    gaps=st.lists(st.integers(1, 3000), min_size=1, max_size=200),
    seconds=st.sampled_from([0.5, 1.0, 10.0]),
)
def test_no_keyframe_interval_lasts_longer_than_asked(gaps: list[int], seconds: float) -> None:
    times = [sum(gaps[:count]) * MS for count in range(len(gaps) + 1)]
    run = longest_run(times, seconds)
    spans = [times[first + run] - times[first] for first in range(len(times) - run)]
    assert run == 1 or all(span <= seconds * SECOND for span in spans)
    if run < len(times) - 1:
        longer = run + 1
        assert any(
            times[first + longer] - times[first] > seconds * SECOND for first in range(len(times) - longer)
        )


def test_keyframe_interval_of_a_steady_rate() -> None:
    assert longest_run(steady(1000, fps=25)) == 250
    assert longest_run(steady(100, fps=25)) == 100
    assert longest_run([0]) == 1
