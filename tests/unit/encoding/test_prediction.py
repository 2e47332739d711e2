"""Who predicts a segment, and what its title and its first part let expect."""

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
from drapto.encoding.prediction import (
    ALIKE,
    ALIKE_IN_TITLE,
    PREDICTORS,
    Predictor,
    TitlePredictor,
    predictor_for,
)
from drapto.quality.display import display_of
from drapto.quality.search import Point
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
        ({}, TitlePredictor),
        ({"engine": "ab-av1"}, AbAv1Predictor),
        ({"engine": "ab-av1", "filters": ("bwdif",)}, TitlePredictor),
        ({"engine": "ab-av1", "yuv_matrix": "bt709"}, TitlePredictor),
        ({"engine": "ab-av1", "rotated": True}, TitlePredictor),
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
        (Fraction(8, 9), "vmaf", TitlePredictor),
        (Fraction(1), "xpsnr", TitlePredictor),
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


def calibrated(folder: Path, *crfs: float) -> Path:
    path = folder / "calibration.json"
    anchors = tuple(Anchor(segment=number, crf=crf, score=93.0) for number, crf in enumerate(crfs, 1))
    Calibration(metric="vmaf", anchors=anchors).write(path)
    return path


def test_a_segment_begins_as_its_title_does(tmp_path: Path, context: StageContext) -> None:
    plain = predictor(segment_of(tmp_path, context))
    known = predictor(segment_of(tmp_path, context, calibration=calibrated(tmp_path, 36.0, 38.0)))
    assert plain.predict(goal()).first == pytest.approx(Calibration(metric="vmaf", anchors=()).first(93.0))
    assert plain.predict(goal()).first < known.predict(goal()).first < 38


def test_a_first_part_tells_of_the_second_the_less_the_more_is_known_of_the_title(
    tmp_path: Path, context: StageContext
) -> None:
    plain = predictor(segment_of(tmp_path, context))
    usual = plain.predict(goal()).first
    head = [Point(40.0, 93.0)]
    assert plain.rest(goal(), head) == pytest.approx(usual + ALIKE * (40 - usual))
    known = predictor(segment_of(tmp_path, context, calibration=calibrated(tmp_path, usual, usual)))
    assert known.rest(goal(), head) == pytest.approx(usual + ALIKE_IN_TITLE * (40 - usual))
    assert ALIKE_IN_TITLE < ALIKE < 1


def test_the_part_right_before_tells_most_of_the_next(tmp_path: Path, context: StageContext) -> None:
    plain = predictor(segment_of(tmp_path, context))
    usual = plain.predict(goal()).first
    held = [Point(usual, 93.0), Point(usual + 6, 93.0)]
    assert plain.rest(goal(), held) == pytest.approx(usual + ALIKE * 4)


def test_ab_av1_is_asked_once_for_a_target(tmp_path: Path, context: StageContext) -> None:
    segment = segment_of(tmp_path, context, engine="ab-av1")
    AttemptStore.of(segment.job).keep_foreign("93 vmaf_v0.6.1 1920x1080", 31.25, 1.0)
    found = predictor(dataclasses.replace(segment)).predict(goal())
    assert found.first == 31.25
    assert found.slope == 1.0
