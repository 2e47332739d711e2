"""The settings of sound and of which tracks there are."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from drapto.config.section import Section, table
from drapto.config.types import Codecs, Kilobits, Selector, Selectors


class BitrateSettings(Section):
    """Opus bitrates in kbit/s; libopus takes 6 to 256 per channel."""

    mono: Kilobits = Field(64, ge=6, le=256, description="kbit/s of a mono track, 6 to 256")
    stereo: Kilobits = Field(128, ge=12, le=512, description="kbit/s of a stereo track, 12 to 512")
    surround_5_1: Kilobits = Field(
        256, ge=36, le=1536, alias="5.1", description="kbit/s of a 5.1 track, 36 to 1536"
    )
    surround_7_1: Kilobits = Field(
        384, ge=48, le=2048, alias="7.1", description="kbit/s of a 7.1 track, 48 to 2048"
    )


class AudioSettings(Section):
    """How the sound is encoded."""

    bitrate: BitrateSettings = table()
    copy_opus: bool = Field(
        True, description="copy tracks that are Opus already, where their bitrate is no higher"
    )
    downmix: Literal["none", "5.1", "stereo", "mono"] = Field(
        "none", description="mix tracks with more channels down to 5.1, stereo or mono; none mixes nothing"
    )
    passthrough: Codecs = Field(
        (), description='codecs whose tracks are copied unchanged, such as ["truehd", "dts"]'
    )


class TrackSettings(Section):
    """Which tracks are kept. A selector is languages, kinds and numbers that hold for a track together."""

    audio: Selectors = Field(
        ("all",), description='which audio tracks to keep, such as ["eng !commentary", "jpn"]'
    )
    subtitles: Selectors = Field(
        ("all",), description='which subtitles to keep, such as ["eng", "forced"]; ["none"] keeps none'
    )
    default_audio: Selector | None = Field(
        None,
        examples=["eng !commentary"],
        description="the audio track that players choose; unset: as in the source",
    )
    default_subtitles: Selector | None = Field(
        None, examples=["none"], description="the subtitles that players show; unset: as in the source"
    )
