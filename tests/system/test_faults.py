"""Runs whose ffmpeg goes wrong: what passes is healed in the same run, what does not is named."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests import clips
from tests.faulty import faulty
from tests.system.projects import ProjectDir, new_project

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = "stall_timeout = 2\nbreaker_reset = 0\nparallel_jobs = 2\n"


@pytest.fixture(scope="module")
def source(ffmpeg: Path, clip_cache: Path) -> Path:
    return clips.make_clip(ffmpeg, clip_cache / "faults" / "clip.mkv", frames=60, size=(128, 96), keyint=24)


def project_with(source: Path, folder: Path, program: Path, more: str = "") -> ProjectDir:
    project = new_project(folder / "project", source)
    project.configure(f"{SETTINGS}{more}[tools]\nffmpeg = '{program}'\n")
    return project


ENCODE = "libsvtav1"


@pytest.mark.parametrize("fault", ["fail", "memory", "kill", "crash", "hang", "flood", "truncate"])
def test_an_encode_that_goes_wrong_once_is_made_again(
    fault: str, source: Path, ffmpeg: Path, tmp_path: Path
) -> None:
    program = faulty(tmp_path, ffmpeg, fault, ENCODE, "-frames:v 24")
    project = project_with(source, tmp_path, program)
    said = project.doit().output
    assert (project.root / "output" / "clip.mkv").is_file()
    if fault not in {"flood", "truncate"}:
        assert "tried again (2 of 3)" in said
    [log] = (project.root / "work" / ".drapto" / "logs").glob("run-*.log")
    assert re.search(r"ffmpeg .*version \S+", log.read_text())
    assert not [*project.root.rglob("*.partial")]


@pytest.fixture(scope="module")
def tracks(ffmpeg: Path, clip_cache: Path) -> Path:
    return clips.make_tracks(ffmpeg, clip_cache / "faults" / "tracks.mkv", frames=36)


@pytest.mark.parametrize(
    ("fault", "match", "maker"),
    [
        ("garbage", ENCODE, "encode:"),
        ("truncate", "-progress pipe:1 ... libopus", "audio:"),
        ("garbage", "-progress pipe:1 ... libopus", "audio:"),
        ("truncate", "ffmetadata", "mux:"),
        ("garbage", "ffmetadata", "mux:"),
    ],
)
def test_what_is_found_broken_is_made_again_in_the_same_run(
    fault: str, match: str, maker: str, tracks: Path, ffmpeg: Path, tmp_path: Path
) -> None:
    program = faulty(
        tmp_path, ffmpeg, fault, *match.split(" ... "), *(["-frames:v 36"] if match == ENCODE else [])
    )
    project = project_with(tracks, tmp_path, program)
    said = project.doit().output
    assert (tmp_path / "count").exists(), "the fault was there"
    assert f"made again by {maker}" in said or "tried again" in said
    assert "everything is up to date" in project.doit().output
