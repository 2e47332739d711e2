"""Which frames are measured, and which are tried first."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from drapto.quality.display import display_of
from drapto.quality.sampling import ENOUGH, LARGEST_STRIDE, MOST_ANCHORS, anchors, stride_for, stride_of_part


@given(st.integers(1, 100_000))
def test_strides_share_no_factor_with_what_repeats_and_leave_enough(frames: int) -> None:
    stride = stride_for(frames)
    assert math.gcd(stride, 6) == 1
    assert 1 <= stride <= LARGEST_STRIDE
    assert stride == 1 or frames / stride >= 0.6 * ENOUGH


def test_strides_of_usual_segments() -> None:
    assert [stride_for(frames) for frames in (5, 120, 250, 360, 900)] == [1, 1, 5, 5, 11]


def test_of_a_short_part_more_frames_are_measured() -> None:
    assert [stride_of_part(11, frames) for frames in (5, 50, 72, 126, 360)] == [1, 5, 7, 11, 11]
    assert stride_of_part(1, 360) == 1


def test_fewer_frames_are_measured_where_each_costs_more() -> None:
    dvd, v1 = display_of(720, 480), display_of(720, 480, family="v1")
    assert [stride_for(frames, dvd) for frames in (5, 120, 250, 360, 900)] == [1, 1, 5, 7, 13]
    assert [stride_for(frames, v1) for frames in (5, 120, 250, 360, 900)] == [1, 1, 5, 7, 13]
    assert stride_for(360, display_of(1920, 1080)) == stride_for(360, display_of(2560, 1440)) == 5


@given(st.integers(0, 3000))
def test_anchors_are_different_segments_all_over_the_title(segments: int) -> None:
    chosen = anchors(segments)
    assert len(set(chosen)) == len(chosen) <= min(MOST_ANCHORS, segments)
    assert all(0 <= number < segments for number in chosen)
    assert len(chosen) <= max(1, segments // 2), "most segments profit from the anchors"


def test_anchors_of_usual_titles() -> None:
    assert anchors(1) == anchors(3) == []
    assert anchors(4) == [1, 3]
    assert anchors(7) == [1, 5]
    assert anchors(12) == [1, 4, 7, 10]
    assert anchors(480) == [30, 90, 150, 210, 270, 330, 390, 450]


@given(st.integers(0, 3000))
def test_anchors_come_in_pairs(segments: int) -> None:
    assert len(anchors(segments)) % 2 == 0
