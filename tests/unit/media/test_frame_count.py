from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from drapto.media.frame_count import promised_times, spread

OPEN_START = [120, 40, 0, 80, 280, 200, 160, 240]
"""A stream that begins with an open GOP: three leading pictures before the keyframe at 120."""


def test_packets_promise_their_frames_when_the_trial_gives_each() -> None:
    assert promised_times([0, 80, 40, 120], [0, 40, 80, 120]) == [0, 40, 80, 120]


def test_leading_pictures_that_cannot_decode_are_dropped() -> None:
    decoded = [120, 160, 200, 240, 280]
    assert promised_times(OPEN_START, decoded) == decoded


def test_leading_pictures_that_do_decode_are_kept() -> None:
    assert promised_times(OPEN_START, sorted(OPEN_START)) == sorted(OPEN_START)


def test_any_doubt_is_none() -> None:
    assert promised_times([], []) is None
    assert promised_times([0, 40, 80], [0, 40, 80], missing=1) is None
    assert promised_times([0, 40, 40], [0, 40, 40]) is None
    assert promised_times([0, 40, 80], [0, 80]) is None
    assert promised_times([0, 40, 80], [0, 40, None]) is None
    assert promised_times([0, 40, 80], []) is None


def test_an_early_time_beyond_the_trial_is_a_doubt() -> None:
    packets = [1000, *range(1040, 1840, 40), 500]
    assert promised_times(packets, packets[:20]) == sorted(packets)
    assert promised_times([1000, 900, *packets[1:]], packets[:19]) is None


@given(st.lists(st.integers(0, 50)).map(sorted))
def test_spread_times_ascend_and_none_comes_before_its_own(times: list[int]) -> None:
    moved = spread(times)
    assert all(later > earlier for earlier, later in pairwise(moved))
    assert all(new >= old for old, new in zip(times, moved, strict=True))
    if len(set(times)) == len(times):
        assert moved == times
