"""An ffmpeg that is replaced in the middle of a title, or after it."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from drapto.rules import DODO
from tests import clips, forks
from tests.system.projects import ProjectDir, new_project

if TYPE_CHECKING:
    from pathlib import Path

ENCODES = {"encode:clip:0001", "encode:clip:0002"}

UNRECORDED = """
from drapto.rules.versions import Provenance
Provenance.sign = lambda self, part, made_by, record: part
"""
"""What a dodo.py begins with for a run as of before versions were recorded."""


@pytest.fixture(scope="module")
def source(ffmpeg: Path, clip_cache: Path) -> Path:
    """A clip with every kind of track, in two segments."""
    return clips.make_tracks(ffmpeg, clip_cache / "upgrade" / "clip.mkv")


def wrapper(path: Path, ffmpeg: Path, version: str) -> Path:
    """Make an ffmpeg that says that it is of another version."""
    said = f"[ \"$*\" = -version ] && echo 'ffmpeg version {version} x' && exit"
    path.write_text(f'#!/bin/sh\n{said}\nexec "{ffmpeg}" "$@"\n')
    path.chmod(0o755)
    return path


@pytest.fixture
def begun(begun_once: ProjectDir, tmp_path: Path) -> ProjectDir:
    """A title of which the old ffmpeg has made a segment and a track; a copy of the test's own."""
    project = ProjectDir(tmp_path / "project")
    shutil.copytree(begun_once.root, project.root, symlinks=True)
    return project


@pytest.fixture(scope="module")
def begun_once(source: Path, ffmpeg: Path, tmp_path_factory: pytest.TempPathFactory) -> ProjectDir:
    project = new_project(tmp_path_factory.mktemp("begun") / "project", source)
    wrapper(project.root.parent / "old", ffmpeg, "8.0-old")
    use(project, project.root.parent / "old")
    project.doit("encode:clip:0001", "audio:clip:0")
    return project


def use(project: ProjectDir, program: Path, more: str = "") -> None:
    project.configure(f'{more}\n[tools]\nffmpeg = "{program}"\n')


def mixing(project: ProjectDir, program: Path) -> None:
    use(project, program)
    path = project.root / "drapto.toml"
    path.write_text(path.read_text().replace("[encoding]\n", '[encoding]\non_upgrade = "mix"\n'))


def made_by(project: ProjectDir) -> list[str]:
    records = sorted((project.work() / "encoded").glob("*.json"))
    return [json.loads(record.read_text())["versions"]["ffmpeg"] for record in records]


def validated(project: ProjectDir) -> Any:
    return json.loads((project.work() / "validation.json").read_text())["versions"]


def reasons(project: ProjectDir) -> dict[str, list[dict[str, str]]]:
    done = forks.run("drapto", "plan", "--json", cwd=project.root, apart=True)
    done.check_returncode()
    return {task["name"]: task["reasons"] for task in json.loads(done.stdout)["tasks"]}


def test_what_made_a_part_is_recorded(begun: ProjectDir, begun_once: ProjectDir) -> None:
    old = str(begun_once.root.parent / "old")
    segment = json.loads((begun.work() / "encoded" / "0001.json").read_text())
    track = json.loads((begun.work() / "audio-0.json").read_text())
    assert segment["versions"]["ffmpeg"] == track["versions"]["ffmpeg"] == "8.0-old"
    assert segment["program"] == track["program"] == old
    assert segment["versions"]["svt_av1"]


@pytest.mark.parametrize("runner", [(), ("-P", "process", "-n", "2")])
def test_redone_by_the_new_one(
    begun: ProjectDir, ffmpeg: Path, tmp_path: Path, runner: tuple[str, ...]
) -> None:
    old = json.loads((begun.work() / "encoded" / "0001.json").read_text())["program"]
    assert "encoder version" not in str(reasons(begun))
    use(begun, wrapper(tmp_path / "new", ffmpeg, "9.9-new"))
    hide(old)
    try:
        because = {"kind": "changed", "what": "encoder version", "detail": "ffmpeg 8.0-old -> 9.9-new"}
        planned = reasons(begun)
        assert because in planned["encode:clip:0001"]
        assert because in planned["audio:clip:0"]
        executed = begun.executed(*runner)
    finally:
        hide(old, back=True)
    assert executed >= ENCODES | {"audio:clip:0", "validate:clip"}
    assert made_by(begun) == ["9.9-new", "9.9-new"]
    assert [one["ffmpeg"] for one in validated(begun)["segments"]] == ["9.9-new"]
    assert [one["ffmpeg"] for one in validated(begun)["tracks"]] == ["9.9-new"] * 3
    assert validated(begun)["check"]["ffmpeg"] == "9.9-new"
    assert begun.executed() == set()


def hide(program: str, *, back: bool = False) -> None:
    """Take the old ffmpeg away, or put it back."""
    away = f"{program}-away"
    shutil.move(away if back else program, program if back else away)


@pytest.mark.parametrize("runner", [(), ("-P", "process", "-n", "2")])
def test_finished_by_the_old_one_where_that_is_still_there(
    begun: ProjectDir, ffmpeg: Path, tmp_path: Path, runner: tuple[str, ...]
) -> None:
    use(begun, wrapper(tmp_path / "new", ffmpeg, "9.9-new"))
    output = begun.doit(*runner).output
    assert "by the versions that the title was begun with (ffmpeg 9.9-new -> 8.0-old)" in output
    assert made_by(begun) == ["8.0-old", "8.0-old"]
    assert validated(begun)["check"]["ffmpeg"] == "9.9-new"
    assert [one["ffmpeg"] for one in validated(begun)["tracks"]] == ["8.0-old"] * 3
    assert begun.executed() == set()
    use(begun, tmp_path / "new", "[encoding.crf]\nsd = 40\n")
    # all of it is made again, so that nothing ties it to the old one
    assert begun.executed() >= ENCODES
    assert made_by(begun) == ["9.9-new", "9.9-new"]


def test_mixed_where_that_is_asked_for(begun: ProjectDir, ffmpeg: Path, tmp_path: Path) -> None:
    mixing(begun, wrapper(tmp_path / "new", ffmpeg, "9.9-new"))
    executed = begun.executed()
    assert executed & {*ENCODES, "audio:clip:0"} == {"encode:clip:0002"}
    assert made_by(begun) == ["8.0-old", "9.9-new"]
    assert [one["ffmpeg"] for one in validated(begun)["segments"]] == ["8.0-old", "9.9-new"]
    # what was mixed on purpose, and is finished, stays as it is
    use(begun, tmp_path / "new")
    assert begun.executed() == set()
    use(begun, tmp_path / "new", "[audio.bitrate]\nstereo = 96\n")
    assert begun.executed() & {*ENCODES, "validate:clip"} == {"validate:clip"}


def test_a_finished_title_stays(begun: ProjectDir, ffmpeg: Path, tmp_path: Path) -> None:
    use(begun, wrapper(tmp_path / "ffmpeg", ffmpeg, "8.0-old"))
    begun.doit()
    wrapper(tmp_path / "ffmpeg", ffmpeg, "9.9-new")
    assert begun.executed() == set()
    use(begun, tmp_path / "ffmpeg", "[audio.bitrate]\nstereo = 96\n")
    executed = begun.executed()
    assert not executed & ENCODES
    assert {"mux:clip", "validate:clip"} <= executed


def test_work_without_versions_goes_on(source: Path, ffmpeg: Path, tmp_path: Path) -> None:
    project = new_project(tmp_path / "project", source)
    use(project, wrapper(tmp_path / "ffmpeg", ffmpeg, "8.0-old"))
    (project.root / "dodo.py").write_text(
        DODO.replace("from drapto import rules\n", f"from drapto import rules\n{UNRECORDED}")
    )
    project.doit("encode:clip:0001", "audio:clip:0")
    assert json.loads((project.work() / "encoded" / "0001.json").read_text())["versions"] is None
    assert not (project.work() / "audio-0.json").exists()
    (project.root / "dodo.py").write_text(DODO)
    wrapper(tmp_path / "ffmpeg", ffmpeg, "9.9-new")
    executed = project.executed()
    assert executed & {*ENCODES, "audio:clip:0"} == {"encode:clip:0002"}
    assert validated(project)["tracks"][0] is None


def test_what_was_tried_with_another_version_is_not_used(ffmpeg: Path, tmp_path: Path) -> None:
    project = new_project(tmp_path / "project", clips.make_strip(ffmpeg, tmp_path / "clip.mkv"))
    program = wrapper(tmp_path / "ffmpeg", ffmpeg, "8.0-old")
    project.target(f'\n[tools]\nffmpeg = "{program}"\n')
    project.doit("calibrate:clip", "encode:clip:0001")
    tried = project.work() / "attempts" / "0001.json"
    assert json.loads(tried.read_text())["made_with"][0] == "8.0-old"
    wrapper(program, ffmpeg, "9.9-new")
    assert project.executed() >= ENCODES | {"calibrate:clip"}
    assert made_by(project) == ["9.9-new", "9.9-new"]
    for record in (tried, project.work() / "calibration.json"):
        assert json.loads(record.read_text())["made_with"][0] == "9.9-new"
    assert project.executed() == set()
