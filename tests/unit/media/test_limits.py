"""What is said, or refused, because it cannot be carried over."""

from __future__ import annotations

from pathlib import Path

import pytest

from drapto.errors import SourceError
from drapto.media.limits import limits, refuse_unkeepable
from drapto.media.model import DolbyVision
from tests.sources import source, video


def dolby_vision(profile: int) -> DolbyVision:
    return DolbyVision(profile=profile, compatibility=0, level=6, has_rpu=True, has_el=False, has_bl=True)


def test_a_plain_source_has_no_limits() -> None:
    assert limits(source(video())) == []
    refuse_unkeepable(Path("a.mkv"), video())


def test_each_loss_is_said() -> None:
    track = video(dolby_vision=dolby_vision(8), hdr10plus=True)
    said = limits(source(track))
    assert [line.split()[0] for line in said] == ["Dolby", "only"]
    refuse_unkeepable(Path("a.mkv"), track)


def test_a_turned_and_a_mirrored_picture_are_taken() -> None:
    refuse_unkeepable(Path("a.mkv"), video(rotation=-90))
    refuse_unkeepable(Path("a.mkv"), video(rotation=180, mirrored=True, flip="hflip"))


def test_profile_five_is_refused() -> None:
    with pytest.raises(SourceError, match=r"a\.mkv: is Dolby Vision profile 5.*HDR10 base layer"):
        refuse_unkeepable(Path("a.mkv"), video(dolby_vision=dolby_vision(5)))


def test_an_enhancement_layer_beside_the_picture_is_said() -> None:
    layer = DolbyVision(profile=7, compatibility=1, level=0, has_rpu=True, has_el=True, has_bl=True)
    film = video(colour={"transfer": "smpte2084", "primaries": "bt2020"})
    beside = video(index=1, dolby_vision=layer)
    said = "video track 1 is the picture's Dolby Vision enhancement layer: the picture is kept as HDR10"
    assert limits(source(film, other_video=(beside,))) == [said]
    assert limits(source(film, other_video=(video(index=1),))) == []
