"""Which quality a title is to have, and the rounds of a search for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drapto.config import load_config
from drapto.config.schema import QualitySettings
from drapto.quality.target import EASED, USUAL_FLOOR, FixedCrf, QualityTarget, decide, tiers
from tests import sources
from tests.encodes import target

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.quality.target import Decision

HDR = {"hdr": "HDR10"}


def decided(folder: Path, overrides: dict[str, object], **video: object) -> Decision:
    config = load_config(folder, environ={}, overrides=overrides)
    return decide(config, sources.source(sources.video(**video)))


@pytest.mark.parametrize(
    ("size", "crf"),
    [
        ((720, 576), 21),
        ((1280, 720), 21),
        ((720, 1280), 21),
        ((1282, 720), 22),
        ((1280, 722), 22),
        ((1920, 1080), 22),
        ((1080, 1920), 22),
        ((1920, 1088), 23),
        ((3840, 2160), 23),
    ],
)
def test_the_crf_goes_by_the_size_of_the_source(size: tuple[int, int], crf: float, tmp_path: Path) -> None:
    overrides = {"quality.mode": "crf", "encoding.crf.sd": 21, "encoding.crf.hd": 22, "encoding.crf.uhd": 23}
    width, height = size
    decision = decided(tmp_path, overrides, width=width, height=height)
    assert decision.quality == FixedCrf(crf=crf)
    assert decision.reason == "quality.mode is crf"


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        ({"encoding.mode": "standard"}, "encoding.mode is standard, one pass"),
        ({"encoding.film_grain": True}, "a metric takes synthesised film grain for damage"),
        ({"quality.mode": "crf"}, "quality.mode is crf"),
    ],
)
def test_why_a_crf_is_fixed(overrides: dict[str, object], reason: str, tmp_path: Path) -> None:
    decision = decided(tmp_path, overrides)
    assert isinstance(decision.quality, FixedCrf)
    assert decision.reason == reason


def test_who_insists_on_a_target_gets_it(tmp_path: Path) -> None:
    overrides: dict[str, object] = {"quality.mode": "target", "encoding.mode": "standard"}
    decision = decided(tmp_path, overrides | {"encoding.film_grain": True})
    assert isinstance(decision.quality, QualityTarget)
    assert decision.reason == "every segment at VMAF 93 (vmaf_v0.6.1, shown at 1920x1080)"


def test_vmaf_is_for_sdr_and_xpsnr_for_all(tmp_path: Path) -> None:
    decision = decided(tmp_path, {"quality.mode": "target"}, **HDR)
    assert isinstance(decision.quality, FixedCrf)
    assert decision.reason == "VMAF is not defined for HDR10"
    decision = decided(tmp_path, {"quality.mode": "target", "quality.metric": "xpsnr"}, **HDR)
    assert isinstance(decision.quality, QualityTarget)
    assert (decision.quality.metric, decision.quality.score) == ("xpsnr", 42.0)
    assert decision.reason == "every segment at XPSNR 42"


@pytest.mark.parametrize(
    ("transfer", "light", "said"),
    [("smpte2084", "pu21-pq", "PU21 of PQ"), ("arib-std-b67", "pu21-hlg", "PU21 of HLG")],
)
def test_an_hdr_title_has_the_target_of_its_light(
    transfer: str, light: str, said: str, tmp_path: Path
) -> None:
    picture = {"hdr": "HLG", "colour": {"transfer": transfer}, "width": 3840, "height": 2160}
    asked: dict[str, object] = {"quality.vmaf_model": "v1", "quality.viewing": "phone"}
    for overrides in ({}, asked):
        decision = decided(tmp_path, overrides, **picture)
        assert isinstance(decision.quality, QualityTarget)
        assert (decision.quality.metric, decision.quality.light) == ("vmaf", light)
        seen = f"vmaf_4k_v0.6.1, shown at 3840x2160, {said}"
        assert decision.reason == f"every segment at VMAF 93 ({seen})"


def test_an_hdr_title_is_measured_as_the_settings_say(tmp_path: Path) -> None:
    picture = {"hdr": "HDR10", "colour": {"transfer": "smpte2084"}}
    off = decided(tmp_path, {"quality.hdr": "off"}, **picture)
    assert isinstance(off.quality, FixedCrf)
    assert off.reason == "VMAF is not defined for HDR10, and quality.hdr is off"
    codes = decided(tmp_path, {"quality.hdr": "pq"}, **picture).quality
    assert isinstance(codes, QualityTarget)
    assert (codes.metric, codes.light) == ("vmaf", "pq")
    decibels = decided(tmp_path, {"quality.hdr": "xpsnr"}, **picture).quality
    assert isinstance(decibels, QualityTarget)
    assert (decibels.metric, decibels.light, decibels.floor, decibels.score) == ("xpsnr", "", None, 42.0)
    sdr = decided(tmp_path, {"quality.hdr": "off"}).quality
    assert isinstance(sdr, QualityTarget)
    assert sdr.light == ""


def test_the_floor_and_the_figure_are_as_the_settings_say(tmp_path: Path) -> None:
    for overrides, floor, said in (
        ({}, 78.0, ""),
        (
            {"quality.floor": 10, "quality.statistic": "p5"},
            83.0,
            ", its 5th percentile, no run of frames below 83",
        ),
        ({"quality.floor": False}, None, ""),
        ({"quality.floor": "off"}, None, ""),
        ({"quality.floor": 0}, None, ""),
    ):
        decision = decided(tmp_path, overrides)  # type: ignore[arg-type]
        assert isinstance(decision.quality, QualityTarget)
        assert decision.quality.floor == floor
        assert decision.reason.endswith(f"shown at 1920x1080){said}")
    setting = QualitySettings.model_fields["floor"].default
    assert setting == USUAL_FLOOR


def test_the_rounds_measure_more_then_want_less() -> None:
    rounds = list(tiers(target(93.0)))
    assert [tier.number for tier in rounds] == [1, 2, 3]
    assert [tier.goal.target for tier in rounds] == [93.0, 93.0, 93.0 - EASED]
    assert [tier.goal.most for tier in rounds] == [6, 12, 18]
    assert [tier.stride(360) for tier in rounds] == [5, 1, 1]
    assert next(iter(tiers(target(93.0, thorough=True)))).stride(360) == 1


def test_only_drapto_itself_calibrates() -> None:
    assert target().calibrated
    assert not target(engine="ab-av1").calibrated
