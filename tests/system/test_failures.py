"""What failures and clean-ups leave, and what counts as finished after them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests import clips
from tests.system.projects import ProjectDir, new_project

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def finished_once(ffmpeg: Path, clip_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> ProjectDir:
    source = clips.make_clip(ffmpeg, clip_cache / "failures" / "clip.mkv", frames=60)
    project = new_project(tmp_path_factory.mktemp("failures"), source)
    project.doit()
    return project


@pytest.fixture
def project(finished_once: ProjectDir, tmp_path: Path) -> ProjectDir:
    shutil.copytree(finished_once.root, tmp_path / "project", symlinks=True)
    return ProjectDir(tmp_path / "project")


def test_a_stage_that_fails_takes_nothing_from_those_behind_it(project: ProjectDir) -> None:
    segments = project.work() / "segments"
    shutil.rmtree(segments)
    segments.write_text("in the way")
    assert "segments: cannot be used (File exists)" in project.doit(status=1).output
    segments.unlink()
    assert project.executed() == {"segment:clip"}


def test_a_run_killed_while_it_cleans_up_has_still_finished(project: ProjectDir) -> None:
    project.configure("keep_work = false\n")
    (project.work() / "muxed.mkv").unlink()
    (project.work() / "segments" / "0001.mkv").unlink()
    assert "everything is up to date" in project.doit().output
    assert list(project.work().rglob("*.mkv")) == [], "what it left is removed"
    assert (project.root / "output" / "clip.mkv").is_file()


def test_a_title_whose_work_is_gone_can_be_built_again(project: ProjectDir) -> None:
    project.configure("keep_work = false\n")
    project.doit()
    assert "everything is up to date" in project.doit().output
    assert {"encode:clip:0001", "mux:clip", "validate:clip"} <= project.executed("-a")


def test_a_setting_that_changes_no_byte_is_recorded_all_the_same(project: ProjectDir) -> None:
    settings = project.root / "drapto.toml"
    settings.write_text(settings.read_text() + "keep_work = true\n")
    same = "[encoding]\nsvt_params = 'film-grain=0:tune=0:film-grain-denoise=0'"
    settings.write_text(settings.read_text().replace("[encoding]", same))
    done = project.executed()
    assert {"encode:clip:0001", "validate:clip"} <= done
    assert "mux:clip" not in done, "its parts are the same"
    settings.write_text(settings.read_text().replace("keep_work = true", "keep_work = false"))
    project.doit()
    assert list(project.work().rglob("*.mkv")) == [], "it counts as finished, and is cleaned up"
