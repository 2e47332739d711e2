"""Tracks that are chosen: by the settings, without encoding anything again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import drapto
from drapto.output.model import Validation
from tests import clips
from tests.system.projects import ProjectDir, new_project

if TYPE_CHECKING:
    from pathlib import Path

CHOSEN = """
[tracks]
audio = ["fre", "und"]
subtitles = ["forced"]
default_audio = "fre"
default_subtitles = "none"
"""


@pytest.fixture
def project(ffmpeg: Path, clip_cache: Path, tmp_path: Path) -> ProjectDir:
    return new_project(tmp_path, clips.make_tracks(ffmpeg, clip_cache / "tracks.mkv"), settings=CHOSEN)


def listed(path: Path) -> list[tuple[str | None, tuple[str, ...]]]:
    info = drapto.probe(path)
    return [(track.language, track.dispositions) for track in (*info.audio, *info.subtitles)]


def test_the_tracks_that_are_chosen_and_no_others(project: ProjectDir) -> None:
    said = project.doit().output
    assert "left out, by tracks.audio: 1 (eng, aac 'Stereo')" in said
    assert "left out, by tracks.subtitles: 4 (eng, subrip)" in said
    output, work = project.root / "output" / "tracks.mkv", project.work("tracks")
    assert listed(output) == [("fre", ("default",)), (None, ()), ("jpn", ("forced",))]
    validation = Validation.read(work / "validation.json")
    assert (validation.failed, len(validation.sizes.audio)) == ((), 2)
    assert sorted(path.name for path in work.glob("audio-*.mkv")) == ["audio-1.mkv", "audio-2.mkv"]
    assert project.executed() == set()

    # what is chosen besides is made, and nothing of what there is
    project.configure("")
    assert project.executed() == {
        *("audio:tracks:0", "subtitles:tracks", "mux:tracks", "validate:tracks"),
    }
    assert listed(output) == listed(project.root / "source" / "tracks.mkv")
    assert Validation.read(work / "validation.json").failed == ()
