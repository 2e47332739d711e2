from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drapto.audio.layout import OPUS_LAYOUTS, STANDARD_LAYOUTS, channels_of, mixed, opus_layout, route

EXPECTED = {
    "mono": "mono",
    "stereo": "stereo",
    "2.1": "5.1",
    "3.0": "3.0",
    "3.0(back)": "quad",
    "4.0": "5.0",
    "quad": "quad",
    "quad(side)": "quad",
    "3.1": "5.1",
    "5.0": "5.0",
    "5.0(side)": "5.0",
    "4.1": "5.1",
    "5.1": "5.1",
    "5.1(side)": "5.1",
    "6.0": "6.1",
    "6.0(front)": "7.1",
    "3.1.2": "5.1",
    "hexagonal": "6.1",
    "6.1": "6.1",
    "6.1(back)": "6.1",
    "6.1(front)": "7.1",
    "7.0": "7.1",
    "7.0(front)": "7.1",
    "7.1": "7.1",
    "7.1(wide)": "7.1",
    "7.1(wide-side)": "7.1",
    "5.1.2": "5.1",
    "5.1.2(back)": "5.1",
    "octagonal": "7.1",
    "cube": "quad",
    "5.1.4": "5.1",
    "7.1.2": "7.1",
    "7.1.4": "7.1",
    "7.2.3": "7.1",
    "9.1.4": "7.1",
    "9.1.6": "7.1",
    "hexadecagonal": "7.1",
    "binaural": "stereo",
    "downmix": "stereo",
    "22.2": "7.1",
}

HEIGHTS = {"TFL", "TFR", "TFC", "TBL", "TBR", "TBC", "TC", "TSL", "TSR", "BFL", "BFC", "BFR"}
NAMES = sorted({name for layout in STANDARD_LAYOUTS.values() for name in layout.split()})


def test_every_standard_layout_has_its_opus_layout() -> None:
    assert {name: opus_layout(listed.split()) for name, listed in STANDARD_LAYOUTS.items()} == EXPECTED


def test_opus_layouts_are_taken_as_they_are() -> None:
    for name, channels in OPUS_LAYOUTS.items():
        assert STANDARD_LAYOUTS[name].split() == list(channels)
        assert route(channels, name) == {channel: {channel: 1.0} for channel in channels}


PLACEABLE = [
    name
    for name, listed in STANDARD_LAYOUTS.items()
    if len(listed.split()) <= 8 and not HEIGHTS & set(listed.split()) and name != "octagonal"
]
"""Opus has no height channels, nor a back centre beside back left and right."""


MIXED = {
    "7.1.4": ["TFL", "TFR", "TBL", "TBR"],
    "5.1.2": ["TFL", "TFR"],
    "22.2": None,
    "7.1(wide)": [],
    "4.0": [],
    "downmix": [],
    "mono": [],
}


@pytest.mark.parametrize(("layout", "gone"), MIXED.items())
def test_channels_without_a_place_are_told(layout: str, gone: list[str] | None) -> None:
    channels = STANDARD_LAYOUTS[layout].split()
    found = mixed(channels, opus_layout(channels))
    assert found == gone if gone is not None else len(found) > 8


@pytest.mark.parametrize("name", PLACEABLE)
def test_up_to_eight_channels_each_keep_a_place_of_their_own(name: str) -> None:
    channels = STANDARD_LAYOUTS[name].split()
    routes = route(channels, EXPECTED[name])
    assert all(len(gains) == 1 for gains in routes.values())
    assert {source for gains in routes.values() for source in gains} == set(channels)


def test_renames() -> None:
    assert route(STANDARD_LAYOUTS["5.1(side)"].split(), "5.1")["BL"] == {"SL": 1.0}
    assert route(STANDARD_LAYOUTS["6.1(back)"].split(), "6.1")["SL"] == {"BL": 1.0}
    wide = route(STANDARD_LAYOUTS["7.1(wide)"].split(), "7.1")
    assert wide["SL"] == {"FLC": 1.0}
    assert wide["BR"] == {"BR": 1.0}


def test_a_back_centre_sounds_from_both_backs() -> None:
    routes = route(STANDARD_LAYOUTS["4.0"].split(), "5.0")
    assert routes["BL"] == routes["BR"] == {"BC": pytest.approx(0.5**0.5)}
    assert routes["FC"] == {"FC": 1.0}


def test_heights_are_mixed_below_and_all_is_turned_down_alike() -> None:
    routes = route(STANDARD_LAYOUTS["7.1.4"].split(), "7.1")
    assert set(routes["FL"]) == {"FL", "TFL"}
    assert routes["FL"]["TFL"] / routes["FL"]["FL"] == pytest.approx(0.5**0.5)
    assert routes["FC"]["FC"] == pytest.approx(routes["FL"]["FL"])
    assert sum(routes["FL"].values()) == pytest.approx(1.0)


@given(st.lists(st.sampled_from(NAMES), min_size=1, max_size=24, unique=True))
def test_no_combination_loses_a_channel_or_clips(channels: list[str]) -> None:
    target = opus_layout(channels)
    routes = route(channels, target)
    assert set(routes) <= set(OPUS_LAYOUTS[target])
    assert {source for gains in routes.values() for source in gains} == set(channels)
    assert all(sum(gains.values()) <= 1.0 + 1e-9 for gains in routes.values())
    assert all(gain > 0.1 for gains in routes.values() for gain in gains.values())


@pytest.mark.parametrize(
    ("name", "channels"),
    [
        (None, None),
        ("", None),
        ("6 channels", None),
        ("FL+FR+LFE", ("FL", "FR", "LFE")),
        ("3 channels (FL+FR+LFE2)", ("FL", "FR", "LFE2")),
        ("5.1(side)", ("FL", "FR", "FC", "LFE", "SL", "SR")),
        ("ambisonic 1", None),
    ],
)
def test_layout_names(name: str | None, channels: tuple[str, ...] | None) -> None:
    assert channels_of(name) == channels
