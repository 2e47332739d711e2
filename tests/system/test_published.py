"""Outputs: whose they are, and whether they are still what was published."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests import clips, forks
from tests.system.projects import ProjectDir, new_project

if TYPE_CHECKING:
    from pathlib import Path

FAST = ("--preset", "13", "--crf", "50", "--set", "processing.chunk_size=1")
FAST += ("--set", "report.enabled=false")


@dataclass(frozen=True)
class Done:
    status: int
    said: str


def drapto(here: Path, *arguments: str | Path) -> Done:
    done = forks.run("drapto", *arguments, cwd=here)
    return Done(done.returncode, done.stdout)


@pytest.fixture(scope="module")
def source(ffmpeg: Path, clip_cache: Path) -> Path:
    return clips.make_clip(ffmpeg, clip_cache / "published" / "clip.mkv", frames=30, size=(128, 96))


@pytest.fixture(scope="module")
def finished_once(source: Path, tmp_path_factory: pytest.TempPathFactory) -> ProjectDir:
    project = new_project(tmp_path_factory.mktemp("published"), source)
    project.doit()
    return project


@pytest.fixture
def finished(finished_once: ProjectDir, tmp_path: Path) -> ProjectDir:
    shutil.copytree(finished_once.root, tmp_path / "project", symlinks=True)
    return ProjectDir(tmp_path / "project")


def output_of(project: ProjectDir) -> Path:
    return project.root / "output" / "clip.mkv"


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def cut_copy(path: Path) -> None:
    other = path.with_suffix(".new")
    other.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    other.replace(path)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [cut, cut_copy, flip, os.unlink])
def test_a_damaged_output_is_published_anew(damage: object, finished: ProjectDir) -> None:
    output = output_of(finished)
    whole = output.read_bytes()
    damage(output)  # type: ignore[operator]
    assert "clip: to do" in drapto(finished.root, "plan").said
    assert finished.executed() == {"validate:clip"}
    assert output.read_bytes() == whole
    assert finished.executed() == set()


def test_a_copied_or_touched_output_stays(finished: ProjectDir) -> None:
    output = output_of(finished)
    shutil.copy(output, output.with_suffix(".copy"))
    output.with_suffix(".copy").replace(output)
    os.utime(output)
    assert finished.executed() == set()


def test_an_output_whose_tags_the_user_edited_stays_edited(finished: ProjectDir, ffmpeg: Path) -> None:
    output = output_of(finished)
    edited = output.with_name("edited.mkv")
    clips.run_ffmpeg(ffmpeg, "-i", output, "-map", "0", "-c", "copy", "-metadata", "title=Mine", edited)
    edited.replace(output)
    given = output.read_bytes()
    assert finished.executed() == set()
    assert output.read_bytes() == given
    assert "its tags were edited" in drapto(finished.root, "verify").said


def test_verify(finished: ProjectDir) -> None:
    done = drapto(finished.root, "verify")
    assert done.status == 0, done.said
    assert "packets as published" in done.said
    stamp = output_of(finished).stat()
    flip(output_of(finished))
    os.utime(output_of(finished), ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    done = drapto(finished.root, "verify")
    assert done.status == 1
    assert "run again to publish it anew" in done.said


def test_the_output_of_another_source_is_not_overwritten(
    source: Path, ffmpeg: Path, clip_cache: Path, tmp_path: Path
) -> None:
    other = clips.make_clip(ffmpeg, clip_cache / "published" / "other.mkv", frames=24, size=(128, 96))
    for disc, made in (("disc1", source), ("disc2", other)):
        (tmp_path / disc).mkdir()
        shutil.copy(made, tmp_path / disc / "title_t00.mkv")
    assert drapto(tmp_path, "encode", "disc1/title_t00.mkv", "-o", "out", *FAST).status == 0
    output = tmp_path / "out" / "title_t00.mkv"
    first = output.read_bytes()
    done = drapto(tmp_path, "encode", "disc2/title_t00.mkv", "-o", "out", *FAST)
    assert done.status == 3, done.said
    assert "title_t00.mkv: is there already, and nothing notes that it was made of " in done.said
    assert "--overwrite" in done.said
    assert output.read_bytes() == first
    again = drapto(tmp_path, "encode", "disc1/title_t00.mkv", "-o", "out", *FAST)
    assert (again.status, output.read_bytes()) == (0, first)
    assert drapto(tmp_path, "encode", "disc2/title_t00.mkv", "-o", "out", *FAST, "--overwrite").status == 0
    assert output.read_bytes() != first


def test_a_source_that_was_ripped_again_replaces_its_output(
    source: Path, ffmpeg: Path, clip_cache: Path, tmp_path: Path
) -> None:
    other = clips.make_clip(ffmpeg, clip_cache / "published" / "other.mkv", frames=24, size=(128, 96))
    shutil.copy(source, tmp_path / "film.mkv")
    assert drapto(tmp_path, "encode", "film.mkv", "-o", "out", *FAST).status == 0
    shutil.copy(other, tmp_path / "film.mkv")
    assert drapto(tmp_path, "encode", "film.mkv", "-o", "out", *FAST).status == 0


def test_a_file_that_nobody_knows_is_not_overwritten(
    finished_once: ProjectDir, source: Path, tmp_path: Path
) -> None:
    project = new_project(tmp_path / "project", source)
    output_of(project).parent.mkdir()
    output_of(project).write_text("mine")
    assert "is there already" in project.doit(status=3).output
    assert output_of(project).read_text() == "mine"
    project.configure('[output]\nif_exists = "overwrite"\n')
    project.doit()
    assert output_of(project).read_bytes() == output_of(finished_once).read_bytes()


def test_outputs_in_several_places_are_all_its_own(source: Path, tmp_path: Path) -> None:
    for place in ("a", "b", "c.mkv", "a", "c.mkv", "b"):
        done = drapto(tmp_path, "encode", source, "-o", place, *FAST)
        assert done.status == 0, done.said
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / source.name).write_bytes(b"somebody else's")
    (tmp_path / "a" / source.name).unlink()
    # where inodes are given anew, in the same one
    (tmp_path / "a" / source.name).write_bytes(b"somebody else's")
    for place in ("d", "a"):
        refused = drapto(tmp_path, "encode", source, "-o", place, *FAST, "--crf", "49")
        assert refused.status == 3, refused.said
        assert (tmp_path / place / source.name).read_bytes() == b"somebody else's"


def test_outputs_in_several_places_stay_its_own_when_their_tags_are_edited(
    source: Path, ffmpeg: Path, tmp_path: Path
) -> None:
    for place in ("a", "b"):
        assert drapto(tmp_path, "encode", source, "-o", place, *FAST).status == 0
        output = tmp_path / place / source.name
        edited = output.with_name("edited.mkv")
        clips.run_ffmpeg(ffmpeg, "-i", output, "-map", "0", "-c", "copy", "-metadata", "title=Mine", edited)
        edited.replace(output)
    for place in ("a", "b"):
        done = drapto(tmp_path, "encode", source, "-o", place, *FAST, "--crf", "49")
        assert done.status == 0, done.said
