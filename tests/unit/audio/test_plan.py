from __future__ import annotations

from typing import NamedTuple

import pytest

from drapto.audio.plan import Treatment, bitrate_for, describe, plan_audio
from drapto.errors import SourceError
from drapto.media.model import AudioTrack
from drapto.media.opus import OpusStream


class Table(NamedTuple):
    mono: int = 64
    stereo: int = 128
    surround_5_1: int = 256
    surround_7_1: int = 384


def track(channels: int, layout: str | None, **other: object) -> AudioTrack:
    values = {"index": 1, "codec": "ac3", "sample_rate": 48000, "channels": channels, "layout": layout}
    return AudioTrack.model_validate(values | other)


@pytest.mark.parametrize(
    ("channels", "bitrate"), [(1, 64), (2, 128), (3, 256), (4, 256), (5, 256), (6, 256), (7, 384), (8, 384)]
)
def test_bitrate_is_that_of_the_nearest_class_not_smaller(channels: int, bitrate: int) -> None:
    assert bitrate_for(channels, Table()) == bitrate


def test_settings_are_heard() -> None:
    assert plan_audio(track(2, "stereo"), Table(stereo=96)).bitrate == 96


def test_an_opus_layout_is_only_pinned() -> None:
    plan = plan_audio(track(6, "5.1"), Table())
    assert (plan.layout, plan.channels) == ("5.1", 6)
    assert plan.filters.startswith("aformat=channel_layouts=5.1,aresample=48000")


def test_a_rename_mixes_nothing() -> None:
    plan = plan_audio(track(6, "5.1(side)"), Table())
    assert "channelmap=0-FL|1-FR|2-FC|3-LFE|4-BL|5-BR:5.1" in plan.filters
    assert "pan" not in plan.filters


def test_a_missing_channel_is_silent() -> None:
    plan = plan_audio(track(3, "2.1"), Table())
    assert "pan=5.1|FL=c0|FR=c1|LFE=c2," in plan.filters


def test_unnamed_channels_go_by_their_count() -> None:
    plan = plan_audio(track(4, "4 channels"), Table())
    assert plan.layout == "quad"
    assert plan.filters.startswith("channelmap=0-FL|1-FR|2-BL|3-BR:quad,")


def test_a_layout_that_contradicts_the_count_is_not_believed() -> None:
    assert plan_audio(track(6, "stereo"), Table()).layout == "5.1"


def test_unnamed_channels_beyond_eight_are_refused() -> None:
    with pytest.raises(SourceError, match="12 channels"):
        plan_audio(track(12, None), Table())


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"codec": "eac3", "language": "fre"}, "audio track 2 (fre, E-AC-3)"),
        ({"codec": "dts", "profile": "DTS-HD MA", "language": "ger"}, "audio track 2 (ger, DTS-HD MA)"),
        ({"codec": "pcm_s16le"}, "audio track 2 (no language, PCM_S16LE)"),
    ],
)
def test_what_a_track_is_called(values: dict[str, object], text: str) -> None:
    assert describe(2, track(6, "5.1", **values)) == text


def opus(channels: int = 2, layout: str | None = "stereo", **more: object) -> AudioTrack:
    stream = OpusStream.model_validate({"family": 0, "kilobits": 100.0, "seamless": True} | more)
    return track(channels, layout).model_copy(update={"codec": "opus", "opus": stream})


@pytest.mark.parametrize(
    ("given", "copies"),
    [
        (opus(), True),
        (opus(kilobits=200), True),  # what libopus may make of 128
        (opus(kilobits=256), False),
        (opus(seamless=False), False),
        (opus(6, "5.1", family=1, kilobits=347), True),
        (opus(6, "5.1", family=1, kilobits=512), False),
        (opus(6, "5.1", family=0), False),
        (opus(2, "stereo", family=255), False),
        (opus(9, None, family=255), None),
        (track(2, "stereo"), False),
        (track(2, "stereo").model_copy(update={"codec": "opus"}), False),  # as an earlier drapto probed it
    ],
)
def test_opus_is_copied_where_drapto_would_make_no_other(given: AudioTrack, copies: bool | None) -> None:
    if copies is None:
        with pytest.raises(SourceError):
            plan_audio(given, Table(), Treatment(opus=True))
        return
    made = plan_audio(given, Table(), Treatment(opus=True))
    assert made.copies == copies
    assert (made.slice() == {"copies": True}) == copies
    assert not plan_audio(given, Table()).copies


@pytest.mark.parametrize("family", [2, 3])
def test_a_field_of_sound_is_copied_whatever_is_wanted(family: int) -> None:
    field = opus(4, "ambisonic 1", family=family, kilobits=900, seamless=False)
    assert plan_audio(field, Table()).copies
    assert plan_audio(opus(16, "ambisonic 3", family=family), Table(), Treatment(downmix="stereo")).copies


def test_what_is_asked_for_is_copied_whatever_it_is() -> None:
    pcm = track(12, None).model_copy(update={"codec": "pcm_s24le"})
    assert plan_audio(pcm, Table(), Treatment(codecs=("pcm",))).copies
    assert plan_audio(opus(kilobits=500), Table(), Treatment(codecs=("opus",))).copies
    assert not plan_audio(track(2, "stereo"), Table(), Treatment(codecs=("truehd",))).copies


@pytest.mark.parametrize(
    ("given", "downmix", "layout", "pan"),
    [
        (
            track(6, "5.1(side)"),
            "stereo",
            "stereo",
            "aformat=channel_layouts=5.1(side),pan=stereo|FL=0.414214*c0+0.292893*c2+0.292893*c4|FR=0.4142",
        ),
        (track(8, "7.1"), "5.1", "5.1", "aformat=channel_layouts=7.1,pan=5.1|"),
        (track(6, None), "stereo", "stereo", "pan=stereo|"),
        (
            track(2, "stereo"),
            "mono",
            "mono",
            "aformat=channel_layouts=stereo,pan=mono|FC=0.500000*c0+0.500000*c1",
        ),
    ],
)
def test_what_has_more_channels_is_mixed_down(given: AudioTrack, downmix: str, layout: str, pan: str) -> None:
    plan = plan_audio(given, Table(), Treatment(opus=True, downmix=downmix))
    assert plan.layout == layout
    assert plan.filters.startswith(pan), plan.filters


def test_what_has_no_more_channels_is_left_as_it_is() -> None:
    stereo = plan_audio(track(2, "stereo"), Table())
    assert plan_audio(track(2, "stereo"), Table(), Treatment(downmix="stereo")) == stereo
    copied = Treatment(codecs=("ac3",), downmix="stereo")
    assert plan_audio(track(6, "5.1"), Table(), copied).copies
