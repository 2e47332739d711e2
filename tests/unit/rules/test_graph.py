"""Which tasks there are, with what they read and make, by what is known of each title."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from drapto.rules import Rule, Stage, register, task
from drapto.rules import stage as registry
from drapto.rules.graph import default_tasks
from tests import known

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from doit.task import Task

    from drapto.project import Project, Title
    from drapto.rules.stage import Known

NAMES = ["probe", "crop", "fields", "segment", "calibrate", "encode"]
NAMES += ["video", "audio", "subtitles", "elements", "mux", "validate", "report"]

AFTER = {
    "calibrate": ["segment", "crop"],
    "encode": ["segment", "crop", "calibrate"],
    "video": ["encode"],
    "audio": ["probe"],
    "subtitles": ["probe"],
    "elements": ["probe"],
    "mux": ["probe", "audio", "subtitles", "elements", "video"],
    "validate": ["mux", "validate:decode"],
    "report": ["validate"],
}
"""Of each placeholder, what must have run."""

MAKES = {
    "calibrate": ["work/one/calibration.json"],
    "encode": ["work/one/encoded/0001.mkv", "work/one/encoded/0001.json", "work/one/decoded/01.json"],
    "video": ["work/one/video.mkv"],
    "audio": ["work/one/audio-0.mkv", "work/one/audio-11.mkv"],
    "subtitles": ["work/one/subtitles.mkv"],
    "elements": ["work/one/elements.mkv"],
    "mux": ["work/one/muxed.mkv"],
    "validate": ["work/one/validation.json", "output/one.mkv"],
    "report": ["work/one/report.html"],
}

NEVER = [
    "work/two/video.mkv",
    "work/one/probe.json",
    "work/one/audio-x.mkv",
    "output/two.mkv",
    "output/oneXmkv",
]


def behind(name: str, title: str) -> str:
    stage, _, part = name.partition(":")
    return f"{stage}:{title}:{part}" if part else f"{stage}:{title}"


@pytest.fixture
def unknown(tmp_path: Path) -> Project:
    return known.project_in(tmp_path, names=["one", "two"])


@pytest.mark.parametrize("title", ["one", "two"])
def test_placeholders_wait_for_their_own_title(unknown: Project, title: str) -> None:
    tasks = known.tasks_of(unknown)
    for stage in NAMES:
        placeholder = tasks[f"{stage}:{title}"]
        assert placeholder.subtask_of == stage
        if stage not in AFTER:
            assert placeholder.loader is None
            continue
        before = [behind(one, title) for one in AFTER[stage]]
        executed = placeholder.loader.task_dep
        if len(before) == 1:
            assert [executed] == before
        else:
            assert executed == f"_before:{stage}:{title}"
            assert tasks[executed].task_dep == before
    decoding = tasks[f"validate:{title}:decode"]
    assert decoding.loader is tasks[f"encode:{title}"].loader, "they are generated together"


@pytest.mark.parametrize("stage", list(MAKES))
def test_a_placeholder_is_found_by_the_files_to_come(unknown: Project, stage: str) -> None:
    pattern = known.tasks_of(unknown)[f"{stage}:one"].loader.target_regex
    listed = [file for files in MAKES.values() for file in files] + NEVER
    assert [file for file in listed if re.fullmatch(pattern, file)] == MAKES[stage]


def test_every_stage_has_a_group_of_all_titles(unknown: Project) -> None:
    tasks = known.tasks_of(unknown)
    for stage in NAMES:
        assert tasks[stage].task_dep == [f"{stage}:one", f"{stage}:two"]
        assert tasks[stage].has_subtask
    assert default_tasks(unknown) == [f"{stage}:{title}" for title in ("one", "two") for stage in NAMES]


def test_a_part_that_is_asked_for_has_a_placeholder(unknown: Project) -> None:
    wanted = ["audio:one:0", "validate:one:decode:2", "encode:two:0001", "audio"]
    tasks = known.tasks_of(unknown, wanted=wanted)
    assert tasks["audio:one:0"].loader is tasks["audio:one"].loader
    assert tasks["validate:one:decode:2"].loader is tasks["encode:one"].loader
    assert tasks["encode:two:0001"].loader is tasks["encode:two"].loader
    assert "audio:two:0" not in tasks


@pytest.fixture
def planned(tmp_path: Path) -> Project:
    return known.known_project(tmp_path, {"quality.mode": "target"}, sound=known.SOUND[:2])


def files(*names: str) -> set[str]:
    return {f"work/film/{name}" for name in names}


SOURCE = "source/film.mkv"

READ: dict[str, set[str]] = {
    "probe:film": {SOURCE},
    "crop:film": {SOURCE} | files("probe.json"),
    "fields:film": {SOURCE} | files("probe.json"),
    "segment:film": {SOURCE} | files("probe.json", "timestamps.txt", "keyframes.txt", "fields.json"),
    "calibrate:film": files("encode_data/segments.json"),
    "encode:film:0001": files("segments/0001.mkv", "calibration.json"),
    "encode:film:0002": files("segments/0002.mkv", "calibration.json"),
    "validate:film:decode:1": files("encoded/0001.mkv", "dynamic.txt", "probe.json", "crop.json"),
    "validate:film:decode:2": files("encoded/0002.mkv", "dynamic.txt", "probe.json", "crop.json"),
    "video:film": files(
        *("encoded/0001.mkv", "encoded/0002.mkv", "planned.txt", "dynamic.txt", "probe.json", "crop.json")
    ),
    "audio:film:0": {SOURCE},
    "audio:film:1": {SOURCE},
    "elements:film": {SOURCE} | files("probe.json"),
    "mux:film": files("video.mkv", "audio-0.mkv", "audio-1.mkv", "elements.mkv", "probe.json"),
    "validate:film": files(
        *("muxed.mkv", "probe.json", "planned.txt", "dynamic.txt", "crop.json", "fields.json"),
        *("decoded/01.json", "decoded/02.json", "elements.mkv", "audio-0.mkv", "audio-1.mkv"),
    ),
    "report:film": files(
        "validation.json", "probe.json", "crop.json", "fields.json", "encode_data/segments.json"
    ),
}

MADE: dict[str, set[str]] = {
    "probe:film": files("probe.json", "timestamps.txt", "keyframes.txt", "dynamic.txt"),
    "crop:film": files("crop.json"),
    "fields:film": files("fields.json"),
    "segment:film": files(
        "encode_data/segments.json", "planned.txt", "segments/0001.mkv", "segments/0002.mkv"
    ),
    "calibrate:film": files("calibration.json"),
    "encode:film:0001": files("encoded/0001.mkv", "encoded/0001.json"),
    "encode:film:0002": files("encoded/0002.mkv", "encoded/0002.json"),
    "validate:film:decode:1": files("decoded/01.json"),
    "validate:film:decode:2": files("decoded/02.json"),
    "video:film": files("video.mkv"),
    "audio:film:0": files("audio-0.mkv"),
    "audio:film:1": files("audio-1.mkv"),
    "elements:film": files("elements.mkv"),
    "mux:film": files("muxed.mkv"),
    "validate:film": files("validation.json") | {"output/film.mkv"},
    "report:film": files("report.html"),
}


def working(tasks: dict[str, Task]) -> dict[str, Task]:
    return {name: task for name, task in tasks.items() if task.actions}


def test_what_the_tasks_of_a_known_title_read_and_make(planned: Project) -> None:
    tasks = known.tasks_of(planned)
    assert not any(task.loader for task in tasks.values())
    assert {name: task.file_dep for name, task in working(tasks).items()} == READ
    assert {name: set(task.targets) for name, task in working(tasks).items()} == MADE


def test_the_groups_of_a_known_title(planned: Project) -> None:
    tasks = known.tasks_of(planned)
    groups = {name: task.task_dep for name, task in tasks.items() if not task.actions and ":" in name}
    assert groups == {
        "encode:film": ["encode:film:0001", "encode:film:0002"],
        "validate:film:decode": ["validate:film:decode:1", "validate:film:decode:2"],
        "audio:film": ["audio:film:0", "audio:film:1"],
        "subtitles:film": [],
    }
    behind_tasks = {name: task.task_dep for name, task in working(tasks).items() if task.task_dep}
    assert behind_tasks == {
        "mux:film": ["video:film", "audio:film"],
        "validate:film": ["mux:film", "validate:film:decode"],
    }


def test_a_title_that_is_probed_and_not_cut_knows_its_tracks(tmp_path: Path) -> None:
    project = known.project_in(tmp_path)
    known.probed(project.titles[0], known.SOUND[:2])
    tasks = known.tasks_of(project)
    assert tasks["audio:film"].task_dep == ["audio:film:0", "audio:film:1"]
    assert {name for name, task in tasks.items() if task.loader} == {
        *("calibrate:film", "encode:film", "validate:film:decode", "video:film", "validate:film"),
        "report:film",
    }


def test_a_source_that_has_changed_is_not_known(planned: Project) -> None:
    planned.titles[0].source.write_text("another content")
    assert known.tasks_of(planned)["encode:film"].loader


def test_a_forced_run_finds_everything_out_again_and_a_preview_shows_what_is_known(planned: Project) -> None:
    assert known.tasks_of(planned, force=True)["encode:film"].loader
    assert known.tasks_of(planned, force=True, preview=True)["encode:film"].loader is None


def test_a_finished_title_without_work_files_has_nothing_left_to_build(tmp_path: Path) -> None:
    project = known.known_project(tmp_path, {"processing.keep_work": False})
    title = project.titles[0]
    known.published(project, title, known.probed(title, known.SOUND))
    tasks = known.tasks_of(project)
    assert set(working(tasks)) == {"probe:film", "crop:film", "fields:film"}
    for stage in set(NAMES) - {"probe", "crop", "fields"}:
        assert tasks[f"{stage}:film"].task_dep == []
    assert set(working(known.tasks_of(project, force=True, preview=True))) > set(working(tasks))
    title.output.unlink()
    assert "encode:film:0001" in known.tasks_of(project)


@pytest.mark.parametrize(
    ("stage", "name"),
    [("calibrate", "crop"), ("encode", "crop"), ("encode", "plan"), ("validate", "plan")],
)
def test_a_damaged_document_fails_the_stage_behind_and_is_named(
    planned: Project, stage: str, name: str
) -> None:
    path: Path = getattr(planned.titles[0], name)
    path.write_text("{")
    (failing,) = known.tasks_of(planned)[f"{stage}:film"].loader.creator()
    assert failing.name == f"{stage}:film"
    assert failing.subtask_of == stage
    assert failing.meta == {"title": "film", "stage": stage}
    message = message_of(failing)
    assert message.startswith(f"{path}: is missing, damaged or of another source")
    assert "\n" not in message


def message_of(task: Task) -> str:
    (action,) = task.actions
    return str(action.py_callable(*action.args).message)


def test_a_part_that_does_not_exist_fails_and_names_those_that_do(tmp_path: Path) -> None:
    project = known.project_in(tmp_path)
    loader = known.tasks_of(project, wanted=["audio:film:7"])["audio:film:7"].loader
    known.probed(project.titles[0], known.SOUND[:1])
    made = {task.name: task for task in loader.creator()}
    assert set(made) == {"audio:film:0", "audio:film", "audio:film:7"}
    assert message_of(made["audio:film:7"]) == "there is no task audio:film:7; there are: audio:film:0"


def test_a_track_that_no_layout_holds_is_a_task_that_can_only_fail(tmp_path: Path) -> None:
    project = known.known_project(tmp_path, sound=[known.SOUND[1], known.UNNAMED])
    tasks = known.tasks_of(project)
    assert tasks["audio:film"].task_dep == ["audio:film:0", "audio:film:1"]
    source = project.titles[0].source
    assert message_of(tasks["audio:film:1"]).startswith(f"{source}: an audio track has 10 channels")
    assert tasks["audio:film:1"].targets == []


@pytest.fixture
def extra() -> Iterator[Stage]:
    """A stage from outside, for one test."""

    def tasks(project: Project, title: Title, found: Known) -> Iterator[Task]:
        del found
        made: dict[str, Any] = {"file_dep": [title.output], "targets": [title.work / "extra.png"]}
        yield task(project, title, Rule("extra", lambda _: "", settings={"width": 64}, **made))

    stage = Stage("extra", "one more", needs="plan", tasks=tasks, after=("validate",), makes=r"extra\.png")
    register(stage)
    yield stage
    del registry._stages["extra", None]


@pytest.mark.usefixtures("extra")
def test_a_stage_from_outside(tmp_path: Path) -> None:
    project = known.project_in(tmp_path)
    loader = known.tasks_of(project)["extra:film"].loader
    assert (loader.task_dep, loader.target_regex) == ("validate:film", r"work/film/(extra\.png)")
    assert default_tasks(project)[-1] == "extra:film"
    known.cut(project, project.titles[0], known.probed(project.titles[0]))
    tasks = known.tasks_of(project)
    assert tasks["extra"].task_dep == ["extra:film"]
    assert tasks["extra:film"].file_dep == {"output/film.mkv"}
    assert tasks["extra:film"].targets == ["work/film/extra.png"]


def test_stages_from_outside_are_gone_with_their_test(unknown: Project) -> None:
    assert [stage.name for stage in registry.stages() if stage.part is None] == ["range", *NAMES]
    assert "extra" not in known.tasks_of(unknown)
