"""What a title's anchors tell of its other segments."""

from __future__ import annotations

import pytest

from drapto.encoding.calibration import DOUBT, Anchor, Calibration
from drapto.quality.metrics import METRICS
from drapto.quality.scale import predict

VMAF = METRICS["vmaf"].scale
USUAL = predict(93.0, [], VMAF).first


def anchor(crf: float, score: float) -> Anchor:
    return Anchor(segment=1, crf=crf, score=score)


def test_without_anchors_a_title_is_as_usual() -> None:
    assert Calibration(metric="vmaf", anchors=()).first(93.0) == pytest.approx(USUAL)


def test_the_title_begins_where_its_anchors_have_the_target_in_the_mean_less_a_doubt() -> None:
    known = Calibration(metric="vmaf", anchors=(anchor(30, 93.0), anchor(40, 93.0)))
    assert known.first(93.0) == pytest.approx((70 + DOUBT * USUAL) / (2 + DOUBT))
    assert known.first(95.0) < known.first(93.0) < known.first(91.0)


def test_many_anchors_leave_little_doubt() -> None:
    known = Calibration(metric="vmaf", anchors=(anchor(40, 93.0),) * 8)
    assert known.first(93.0) == pytest.approx(40, abs=0.7)
