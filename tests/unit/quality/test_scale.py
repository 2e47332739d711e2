"""How a metric falls: what samples let predict."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drapto.quality.scale import FLATTEST, STEEPEST, DecibelScale, VmafScale, predict

VMAF = VmafScale()


@given(st.floats(0, 100))
def test_a_loss_is_its_score(score: float) -> None:
    for scale in (VMAF, DecibelScale()):
        assert scale.score(scale.loss(score)) == pytest.approx(score, abs=1e-6)


def test_without_samples_it_is_as_usual() -> None:
    first, slope = predict(93.0, [], VMAF)
    assert (first, slope) == (26.0, 1.0)
    assert predict(96.0, [], VMAF).first < first < predict(90.0, [], VMAF).first


def test_samples_on_either_side_are_interpolated() -> None:
    assert predict(93.0, [(28, 93.0), (40, 88.0)], VMAF).first == 28
    first = predict(93.0, [(28, 95.0), (40, 91.0)], VMAF).first
    assert 28 < first < 40


def test_samples_on_one_side_are_extrapolated_at_their_slope() -> None:
    slow = predict(93.0, [(28, 97.0), (40, 95.5)], VMAF)
    fast = predict(93.0, [(28, 98.5), (40, 95.5)], VMAF)
    assert 40 < fast.first < slow.first
    assert slow.slope < fast.slope


def test_samples_that_contradict_each_other_are_pooled() -> None:
    found = predict(93.0, [(28, 92.0), (40, 94.0)], VMAF)
    assert found.slope == FLATTEST
    assert math.isfinite(found.first)


@given(points=st.lists(st.tuples(st.floats(0, 63), st.floats(0, 100)), max_size=8), target=st.floats(70, 99))
def test_whatever_is_measured_there_is_a_first_crf(points: list[tuple[float, float]], target: float) -> None:
    first, slope = predict(target, points, VMAF)
    assert math.isfinite(first)
    assert FLATTEST <= slope <= STEEPEST
