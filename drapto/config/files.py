"""The settings of what comes in and what goes out: sources, and finished files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from drapto.config.problems import refuse
from drapto.config.section import Section
from drapto.config.span import check_span
from drapto.config.types import Bytes, Location, Part, VideoCodecs, written_size


def _check_pattern(value: str) -> str:
    if not value or value.startswith("/") or ".." in value.split("/"):
        raise ValueError('is not a pattern inside the source directory, such as "*.mkv" or "**/*.mkv"')
    return value


class InputSettings(Section):
    """Which sources a project has."""

    source_dir: Location = Field(
        Path("source"), description="where the sources are, from the project directory"
    )
    file_pattern: Annotated[str, AfterValidator(_check_pattern)] = Field(
        "*.mkv",
        description='which files are sources; "**/*.mkv" takes folders, but hidden ones and drapto\'s own',
    )
    min_size: Bytes = Field(0, ge=0, description='smaller files are left out, such as "10 MiB"')
    max_size: Bytes | None = Field(
        None, ge=1, examples=["100 GiB"], description="larger files are left out; unset: no limit"
    )
    range: Annotated[str, AfterValidator(check_span)] | None = Field(
        None,
        examples=["10:00-12:00"],
        description="encode this part of each film alone, from the keyframe at or before; unset: all of it",
    )
    sidecar_subtitles: bool = Field(
        False, description="add subtitle files that lie next to a source, such as film.eng.forced.srt"
    )
    frame_index: Literal["auto", "packets", "decode"] = Field(
        "auto",
        description="count frames from packets, by decoding them all (decode), or as the codec needs (auto)",
    )
    skip_codecs: VideoCodecs = Field(
        ("av1",), description="skip titles whose video has one of these codecs; [] encodes all"
    )
    allow_damage: Literal["none", "concealed", "holes"] = Field(
        "concealed",
        description="what damage to accept in the video: none, moments that a player conceals (concealed), or"
        " holes",
    )
    unreadable_tracks: Literal["auto", "leave-out", "refuse"] = Field(
        "auto",
        description="sound and subtitles that ffmpeg cannot read: left out where other sound is left (auto),"
        " always (leave-out), or the title is refused (refuse)",
    )

    @model_validator(mode="after")
    def _can_hold(self) -> InputSettings:
        if self.max_size is not None and self.max_size < self.min_size:
            raise refuse(
                "max_size",
                f"= {written_size(self.max_size)} is less than input.min_size",
                "make it the larger one",
            )
        return self


class OutputSettings(Section):
    """Where the finished files go."""

    dir: Location = Field(
        Path("output"), description="where the finished files go, from the project directory"
    )
    if_exists: Literal["refuse", "overwrite"] = Field(
        "refuse",
        description="when a file of another source has the output's name: refuse, or overwrite it",
    )
    if_larger: Literal["keep", "skip", "copy-source"] = Field(
        "skip",
        description="when the result is larger than its source: publish it (keep), publish nothing (skip),"
        " or publish a copy of the source (copy-source)",
    )
    min_reduction: Part = Field(
        0.0, ge=0, le=0.95, description='how much smaller than its source a result must be, such as "10 %"'
    )
    replace_source: Literal["never", "quarantine", "delete"] = Field(
        "never",
        description="put a validated file in its source's place: never, or move the source to a directory"
        " beside it (quarantine), or delete it",
    )
    strict: bool = Field(
        False, description="reject a result for details, too, that a viewer would not miss, such as a tag"
    )
