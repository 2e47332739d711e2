"""Who predicts a segment, and what proxies that were measured before let expect."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from drapto.encoding.abav1.predictor import AbAv1Predictor
from drapto.encoding.attempt_store import AttemptStore
from drapto.encoding.calibration import Anchor, Calibration
from drapto.encoding.job import SegmentContext
from drapto.encoding.prediction import PREDICTORS, Predictor, ProxyPredictor, predictor_for
from drapto.quality.display import display_of
from drapto.quality.scores import scores_of
from drapto.quality.target import QualityTarget, tiers
from tests.encodes import job, request, shape, target

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.engine.context import StageContext
    from drapto.quality.search import Goal


def segment_of(
    folder: Path,
    context: StageContext,
    *,
    engine: str = "native",
    calibration: Path | None = None,
    rotated: bool = False,
    **shaped: object,
) -> SegmentContext:
    source = folder / "source.mkv"
    source.write_bytes(b"source")
    asked = request(source, folder / "encoded", rotated=rotated)
    aim = target(engine=engine)
    return SegmentContext(job(asked, shape(240, **shaped), aim, calibration), aim, context)


def predictor(segment: SegmentContext) -> Predictor:
    return predictor_for(segment, AttemptStore.of(segment.job))


def test_every_engine_of_the_settings_has_one() -> None:
    assert set(PREDICTORS) == set(QualityTarget.model_fields["engine"].annotation.__args__)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, ProxyPredictor),
        ({"engine": "ab-av1"}, AbAv1Predictor),
        ({"engine": "ab-av1", "filters": ("bwdif",)}, ProxyPredictor),
        ({"engine": "ab-av1", "yuv_matrix": "bt709"}, ProxyPredictor),
        ({"engine": "ab-av1", "rotated": True}, ProxyPredictor),
    ],
)
def test_who_predicts(
    changes: dict[str, object], kind: type[Predictor], tmp_path: Path, context: StageContext
) -> None:
    assert type(predictor(segment_of(tmp_path, context, **changes))) is kind  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sar", "metric", "kind"),
    [
        (Fraction(1), "vmaf", AbAv1Predictor),
        (Fraction(8, 9), "vmaf", ProxyPredictor),
        (Fraction(1), "xpsnr", ProxyPredictor),
    ],
)
def test_ab_av1_predicts_what_it_measures_alike(
    sar: Fraction, metric: str, kind: type[Predictor], tmp_path: Path, context: StageContext
) -> None:
    segment = segment_of(tmp_path, context, engine="ab-av1")
    display = display_of(320, 180, sar=sar)
    aim = segment.target.model_copy(update={"display": display, "metric": metric})
    assert type(predictor(dataclasses.replace(segment, target=aim))) is kind


def test_the_interface_does_not_bring_ab_av1() -> None:
    code = "import sys, drapto.encoding.targeted; sys.exit('drapto.encoding.abav1' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def goal() -> Goal:
    return next(iter(tiers(target()))).goal


def with_proxies(segment: SegmentContext, *points: tuple[float, float]) -> ProxyPredictor:
    store = AttemptStore.of(segment.job)
    for crf, score in points:
        store.keep_proxy(crf, scores_of("vmaf", [score]), 0.1)
    return ProxyPredictor(segment, store)


def test_proxies_that_are_known_are_not_encoded_again(tmp_path: Path, context: StageContext) -> None:
    segment = segment_of(tmp_path, context)
    known = with_proxies(segment, (34.0, 92.0))
    found = known.predict(goal())  # an encode would need an ffmpeg that can read the source
    assert 28 < found.first < 34
    assert known.predicted_score(34.0) == pytest.approx(92.0)


def test_a_calibration_corrects_them(tmp_path: Path, context: StageContext) -> None:
    path = tmp_path / "calibration.json"
    anchors = (Anchor(segment=2, crf=34.0, score=94.0, proxy=92.0),)
    Calibration(metric="vmaf", anchors=anchors).write(path)
    plain = with_proxies(segment_of(tmp_path, context), (34.0, 92.0))
    known = with_proxies(segment_of(tmp_path, context, calibration=path))
    ((crf, score),) = known.predicted_points()
    assert crf == 34.0
    assert 92 < score < 94
    assert known.slope_only(goal()).first > plain.slope_only(goal()).first
    assert known.predicted_score(34.0) == pytest.approx(92.0), "uncorrected"


def test_ab_av1_is_asked_once_for_a_target(tmp_path: Path, context: StageContext) -> None:
    segment = segment_of(tmp_path, context, engine="ab-av1")
    AttemptStore.of(segment.job).keep_foreign("93 vmaf_v0.6.1 1920x1080", 31.25, 1.0)
    found = predictor(dataclasses.replace(segment)).predict(goal())
    assert found.first == 31.25
    assert found.slope == 1.0
