"""What failures and clean-ups leave, and what counts as finished after them."""

from __future__ import annotations

import os
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


PRIVATE = {"lock", "gate", "cpu-0", "disk", "state.db", "made.jsonl", ".lock", ".encoding.journal", "healing"}


def test_what_holds_nothing_for_others_is_for_its_owner_alone(finished_once: ProjectDir) -> None:
    files = [path for path in finished_once.root.glob("work/**/*") if path.name in PRIVATE]
    assert {path.name for path in files} >= {"lock", "cpu-0", "state.db", "made.jsonl"}
    assert {path.name for path in files if path.stat().st_mode & 0o077} == set()


@pytest.mark.parametrize("name", ["clip", "clip/encoded", "clip/logs", ".drapto/slots", ".drapto/state.db"])
def test_no_link_is_followed_out_of_the_work_directory(project: ProjectDir, name: str) -> None:
    link, elsewhere = project.root / "work" / name, project.root / "elsewhere"
    link.rename(elsewhere)
    link.symlink_to(elsewhere)
    before = contents(elsewhere)
    for arguments in ([], ["clean"]):
        assert f"{link}: is a link that leads out" in project.doit(*arguments, status=3).output
    assert contents(elsewhere) == before


def contents(place: Path) -> dict[Path, bytes]:
    files = [place] if place.is_file() else place.rglob("*")
    return {path: path.read_bytes() for path in files if path.is_file()}


def test_a_file_that_is_a_link_is_replaced_and_not_written_through(project: ProjectDir) -> None:
    record, elsewhere = project.work() / "crop.json", project.root / "elsewhere"
    elsewhere.write_text("mine")
    record.unlink()
    record.symlink_to(elsewhere)
    project.doit()
    assert elsewhere.read_text() == "mine"
    assert not record.is_symlink()
    journal = project.work() / "made.jsonl"
    journal.unlink()
    journal.symlink_to(elsewhere)
    (project.work() / "muxed.mkv").unlink()
    project.doit()
    assert elsewhere.read_text() == "mine"


def test_a_source_that_another_of_its_size_and_time_takes_the_place_of_is_noticed(
    project: ProjectDir,
) -> None:
    source, other = project.root / "source" / "clip.mkv", project.root / "source" / "other"
    content, state = source.read_bytes(), source.stat()
    for name, written in ((source, content), (other, content.replace(b"Lavf", b"Lave"))):
        name.unlink(missing_ok=True)
        name.write_bytes(written)
        os.utime(name, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert project.executed() == set()
    assert other.read_bytes() != content
    other.replace(source)
    assert (source.stat().st_size, source.stat().st_mtime_ns) == (state.st_size, state.st_mtime_ns)
    assert "probe:clip" in project.executed()
