"""What a failure leaves as it was."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tests import clips
from tests.system.projects import new_project

if TYPE_CHECKING:
    from pathlib import Path


def test_a_stage_that_fails_takes_nothing_from_those_behind_it(
    ffmpeg: Path, clip_cache: Path, tmp_path: Path
) -> None:
    source = clips.make_clip(ffmpeg, clip_cache / "failures" / "clip.mkv", frames=60)
    project = new_project(tmp_path / "project", source)
    project.doit()
    segments = project.work() / "segments"
    shutil.rmtree(segments)
    segments.write_text("in the way")
    assert "File exists" in project.doit(status=2).output
    segments.unlink()
    assert project.executed() == {"segment:clip"}
