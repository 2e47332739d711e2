"""What a title's anchors tell of its other segments."""

from __future__ import annotations

import pytest

from drapto.encoding.calibration import DOUBT, Anchor, Calibration
from drapto.quality.metrics import METRICS
from drapto.quality.scale import predict

VMAF = METRICS["vmaf"].scale


def anchor(crf: float, score: float, proxy: float) -> Anchor:
    return Anchor(segment=1, crf=crf, score=score, proxy=proxy)


def test_without_anchors_a_title_is_as_usual() -> None:
    known = Calibration(metric="vmaf", anchors=())
    assert known.first(93.0) == predict(93.0, [], VMAF).first
    assert known.bias == 0


def test_the_title_begins_where_its_anchors_have_the_target_in_the_mean() -> None:
    known = Calibration(metric="vmaf", anchors=(anchor(30, 93.0, 93.0), anchor(40, 93.0, 93.0)))
    assert known.first(93.0) == 35
    assert known.first(95.0) < 35 < known.first(91.0)


def test_the_bias_is_what_proxies_lose_beyond_the_encodes_less_a_doubt() -> None:
    excess = VMAF.loss(91.0) - VMAF.loss(93.0)
    known = Calibration(metric="vmaf", anchors=(anchor(30, 93.0, 91.0), anchor(32, 93.0, 91.0)))
    assert known.bias == pytest.approx(2 * excess / (2 + DOUBT))
    assert Calibration(metric="vmaf", anchors=(anchor(30, 93.0, 95.0),)).bias < 0
