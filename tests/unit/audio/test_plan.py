from __future__ import annotations

from typing import NamedTuple

import pytest

from drapto.audio.plan import bitrate_for, describe, plan_audio
from drapto.errors import SourceError
from drapto.media.model import AudioTrack


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
