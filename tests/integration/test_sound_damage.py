"""When the sound of a source is damaged: the time is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drapto.audio.damage import first_damage
from drapto.audio.encode import encode_audio
from drapto.config.sound import BitrateSettings
from drapto.media.probe import inspect
from tests.oddities.reported import make
from tests.oddities.speakers import MAKERS

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.engine.context import StageContext


@pytest.mark.parametrize(
    ("name", "time"),
    [
        ("sound_zeroed_in_its_midst", 0.64),
        ("flac_with_a_bit_turned", 0.213),
        ("ac3_cut_in_its_first_frame", 0.0),
        ("opus_with_a_gain", None),
        ("truehd_with_a_hole", None),
    ],
)
def test_the_first_damage_of_sound_has_its_time(
    ffmpeg: Path, tmp_path: Path, context: StageContext, name: str, time: float | None
) -> None:
    assert name in MAKERS
    source = make(ffmpeg, name, tmp_path)
    track = inspect(source)[0].audio[0]
    expected = None if time is None else pytest.approx(time, abs=0.006)
    assert first_damage(source, track.index) == expected
    result = encode_audio(
        source, track, 0, tmp_path / "audio.mkv", bitrates=BitrateSettings(), context=context
    )
    assert result.damaged == expected
    assert bool(result.complaints) == (time is not None)
