"""Settings of one title, in a project of two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests import clips
from tests.system.projects import new_project

if TYPE_CHECKING:
    from pathlib import Path


def test_they_rebuild_what_they_concern_and_nothing_of_other_titles(
    ffmpeg: Path, clip_cache: Path, tmp_path: Path
) -> None:
    made = [clips.make_clip(ffmpeg, clip_cache / f"{name}.mkv", frames=12) for name in ("one", "two")]
    project = new_project(tmp_path, *made)
    project.doit()
    project.configure('[titles."o*".encoding]\ncrf.sd = 40\n')
    assert project.executed() == {
        "encode:one:0001",
        "video:one",
        "mux:one",
        "validate:one",
        "validate:one:decode:1",
    }
    assert project.executed() == set()
