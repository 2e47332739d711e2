from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from drapto.errors import SourceError
from drapto.media.bounds import encoder_rate, refuse_beyond
from drapto.media.model import AudioTrack
from drapto.media.opus import OpusStream
from tests.sources import source, video


def sound(channels: int, layout: str | None) -> AudioTrack:
    return AudioTrack(index=1, codec="flac", channels=channels, layout=layout, sample_rate=48_000)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"width": 128, "height": 9000}, "128x9000 pixels, and SVT-AV1 takes 16384x8704 at most"),
        ({"width": 16386, "height": 64}, "16386x64 pixels, and SVT-AV1 takes 16384x8704 at most"),
        ({"width": 16384, "height": 8192}, "SVT-AV1 takes 89,478,485 in all at most"),
        ({"width": 1, "height": 1}, "1x1 pixels, and SVT-AV1 takes 8 in all at least"),
        ({"width": 2, "height": 2}, "2x2 pixels, and SVT-AV1 takes 8 in all at least"),
        ({"rate": Fraction(20_000_000)}, "shows 20,000,000 frames a second: its timestamps are damaged"),
    ],
)
def test_what_the_picture_s_encoder_cannot_take_is_refused(changes: dict[str, object], said: str) -> None:
    with pytest.raises(SourceError, match=said):
        refuse_beyond(Path("a.mkv"), source(video(**changes)))


@pytest.mark.parametrize(
    "changes",
    [
        {"width": 16384, "height": 5460},
        {"width": 64, "height": 8704},
        {"width": 4, "height": 2},
        {"rate": 1000},
    ],
)
def test_what_it_can_take_is_taken(changes: dict[str, object]) -> None:
    refuse_beyond(Path("a.mkv"), source(video(**changes)))


def test_many_channels_without_names_are_refused_and_with_names_taken() -> None:
    refuse_beyond(Path("a.mkv"), source(audio=(sound(8, None), sound(24, "22.2"))))
    for layout in (None, "ambisonic 3"):
        with pytest.raises(SourceError, match=r"audio track 1 has 16 channels.*Opus takes 8"):
            refuse_beyond(Path("a.mkv"), source(audio=(sound(2, "stereo"), sound(16, layout))))


def test_a_field_of_sound_has_as_many_channels_as_it_likes() -> None:
    field = sound(16, "ambisonic 3").model_copy(
        update={"codec": "opus", "opus": OpusStream(family=2, kilobits=500, seamless=True)}
    )
    refuse_beyond(Path("a.mkv"), source(audio=(field,)))


def test_an_encoder_is_told_240_at_most() -> None:
    assert encoder_rate(Fraction(300)) == 240
    assert encoder_rate(Fraction(24000, 1001)) == Fraction(24000, 1001)
