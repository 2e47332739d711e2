"""How a metric falls: what samples let expect."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drapto.quality.scale import FASTEST, SLOWEST, DecibelScale, VmafScale, expect

VMAF = VmafScale()


@given(st.floats(0, 100))
def test_a_loss_is_its_score(score: float) -> None:
    for scale in (VMAF, DecibelScale()):
        assert scale.score(scale.loss(score)) == pytest.approx(score, abs=1e-6)


def test_without_samples_it_is_as_usual() -> None:
    first, pace = expect(93.0, [], VMAF)
    assert (first, pace) == (34.0, 1.0)
    assert expect(96.0, [], VMAF).first < first < expect(90.0, [], VMAF).first


def test_samples_on_either_side_are_interpolated() -> None:
    assert expect(93.0, [(28, 93.0), (40, 88.0)], VMAF).first == 28
    first = expect(93.0, [(28, 95.0), (40, 91.0)], VMAF).first
    assert 28 < first < 40


def test_samples_on_one_side_are_extrapolated_at_their_pace() -> None:
    slow = expect(93.0, [(28, 97.0), (40, 95.5)], VMAF)
    fast = expect(93.0, [(28, 98.5), (40, 95.5)], VMAF)
    assert 40 < fast.first < slow.first
    assert slow.pace < fast.pace


def test_samples_that_contradict_each_other_are_pooled() -> None:
    found = expect(93.0, [(28, 92.0), (40, 94.0)], VMAF)
    assert found.pace == SLOWEST
    assert math.isfinite(found.first)


@given(points=st.lists(st.tuples(st.floats(0, 63), st.floats(0, 100)), max_size=8), target=st.floats(70, 99))
def test_whatever_is_measured_there_is_a_first_crf(points: list[tuple[float, float]], target: float) -> None:
    first, pace = expect(target, points, VMAF)
    assert math.isfinite(first)
    assert SLOWEST <= pace <= FASTEST
