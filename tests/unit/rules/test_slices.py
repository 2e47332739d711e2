"""Which settings a task reads: to the letter as doit's database has them from older runs."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from drapto.config import load_config
from drapto.media.model import CropInfo, CropRect
from drapto.project import open_project
from drapto.rules import validate
from drapto.rules.shape import Common, calibration_slice, common_to, encode_slice, segment_slice
from drapto.video.plan import Segment, SegmentPlan
from tests import sources

if TYPE_CHECKING:
    from pathlib import Path

SEGMENTS = (
    Segment(
        index=1,
        path="segments/0001.mkv",
        size=100,
        start_time=0.0,
        duration=10.0,
        frames=240,
        first_frame=0,
        keyint=240,
    ),
    Segment(
        index=2,
        path="segments/0002.mkv",
        size=100,
        start_time=10.0,
        duration=10.0,
        frames=200,
        first_frame=240,
        keyint=200,
        filters=("bwdif=mode=send_frame",),
    ),
)

PLAN = SegmentPlan(
    digest="d",
    settings={},
    strategy="chunked",
    reason="r",
    rate=Fraction(24000, 1001),
    timestamps="planned.txt",
    segments=SEGMENTS,
)

CROP = CropInfo(
    digest="d",
    source_width=1920,
    source_height=1080,
    rect=CropRect(width=1920, height=800, x=0, y=140),
    method="manual",
    reason="tests",
)

INFO = sources.source(sources.video(width=1920, height=1080))

SHAPE: dict[str, Any] = {
    "preset": 6,
    "svt_params": "tune=0:film-grain=0:film-grain-denoise=0",
    "film_grain": False,
    "pix_fmt": "yuv420p10le",
    "crop": {"width": 1920, "height": 800, "x": 0, "y": 140},
    "rate": "24000/1001",
    "first": 0,
    "yuv_matrix": None,
    "chroma_location": None,
}

TARGET: dict[str, Any] = {
    "metric": "vmaf",
    "score": 93.0,
    "tolerance": 0.65,
    "lowest": 10.0,
    "highest": 50.0,
    "most": 6,
    "thorough": False,
    "engine": "native",
    "out_of_reach": "fail",
}

OWN: list[dict[str, Any]] = [
    {"frames": 240, "keyint": 240, "filters": []},
    {"frames": 200, "keyint": 200, "filters": ["bwdif=mode=send_frame"]},
]

ASKED: list[tuple[dict[str, object], dict[str, Any]]] = [
    ({"quality.mode": "crf"}, {"crf": 25.0, "target": None}),
    ({"quality.mode": "target"}, {"crf": None, "target": TARGET}),
    (
        {"quality.mode": "target", "quality.metric": "xpsnr", "quality.thorough": True},
        {"crf": None, "target": TARGET | {"metric": "xpsnr", "score": 42.0, "thorough": True}},
    ),
    (
        {"quality.mode": "target", "quality.engine": "ab-av1", "quality.out_of_reach": "closest"},
        {"crf": None, "target": TARGET | {"engine": "ab-av1", "out_of_reach": "closest"}},
    ),
]


def common(folder: Path, overrides: dict[str, object]) -> Common:
    config = load_config(folder, environ={}, overrides=overrides)
    return common_to(open_project(folder, config, [folder / "film.mkv"]), INFO, CROP, PLAN)


def as_json(value: object) -> str:
    return json.dumps(value, sort_keys=True)


@pytest.mark.parametrize(("overrides", "quality"), ASKED)
def test_an_encodes_slice_is_as_it_always_was(
    overrides: dict[str, object], quality: dict[str, Any], tmp_path: Path
) -> None:
    shared = encode_slice(common(tmp_path, overrides))
    for segment, own in zip(SEGMENTS, OWN, strict=True):
        expected = {**SHAPE, **quality, "strategy": "chunked", **own}
        assert as_json(segment_slice(shared, segment)) == as_json(expected)


@pytest.mark.parametrize("metric", ["vmaf", "xpsnr"])
def test_a_calibrations_slice_is_as_it_always_was(metric: str, tmp_path: Path) -> None:
    found = common(tmp_path, {"quality.mode": "target", "quality.metric": metric})
    assert found.calibrated
    expected = {
        **SHAPE,
        "filters": [],
        "metric": metric,
        "anchors": [[2, 200, 200, ["bwdif=mode=send_frame"]]],
    }
    assert as_json(calibration_slice(found, [SEGMENTS[1]])) == as_json(expected)


@pytest.mark.parametrize(("overrides", "quality"), ASKED)
def test_a_finished_titles_quality_is_as_it_always_was(
    overrides: dict[str, object], quality: dict[str, Any], tmp_path: Path
) -> None:
    config = load_config(tmp_path, environ={}, overrides=overrides)
    project = open_project(tmp_path, config, [tmp_path / "film.mkv"])
    inputs = validate.inputs(project, project.titles[0], INFO)
    shape = {key: SHAPE[key] for key in ("preset", "svt_params", "film_grain", "pix_fmt")}
    kept = {key: value for key, value in quality.items() if value is not None}
    assert as_json(inputs["encode"]) == as_json(shape | kept)


def test_only_drapto_itself_calibrates(tmp_path: Path) -> None:
    assert not common(tmp_path, {"quality.mode": "target", "quality.engine": "ab-av1"}).calibrated
    assert not common(tmp_path, {"quality.mode": "crf"}).calibrated
