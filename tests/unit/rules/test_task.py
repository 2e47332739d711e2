"""How a rule's action is run: what it read, what it made, and how it fails."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from doit.exceptions import TaskFailed

from drapto.errors import StageError
from drapto.rules import Rule, attempts, task
from drapto.rules.run_state import state_of
from drapto.rules.task import failing, perform, remove
from drapto.state.doit_plugins import READ, SAID
from tests import known

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from drapto.project import Project
    from drapto.rules import Work

    Action = Callable[[Work], str | None]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.setattr(attempts, "FIRST_WAIT", 0.02)
    made = known.project_in(tmp_path)
    yield made
    state_of(made).end()


def done(project: Project, action: Action, *, stage: str = "mine", **more: Any) -> Any:
    """Run an action that reads the source, as doit does."""
    (title,) = project.titles
    rule = Rule(stage, action, settings={}, **{"file_dep": [title.source], "targets": [title.video], **more})
    (called,) = task(project, title, rule).actions
    return called.py_callable(*called.args)


def refusal(result: Any) -> str:
    assert isinstance(result, TaskFailed)
    assert "\n" not in result.message
    return str(result.message)


def remembered(project: Project) -> set[str]:
    with closing(sqlite3.connect(project.database)) as database:
        return {name for (name,) in database.execute("select task_id from doit")}


def remember(project: Project, *names: str) -> None:
    project.state_dir.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(project.database)) as database, database:
        database.execute("create table doit (task_id text primary key, task_data text)")
        database.executemany("insert into doit values (?, ?)", [(name, json.dumps({})) for name in names])


def test_what_an_action_says_and_reads_is_handed_on(project: Project) -> None:
    source = project.titles[0].source
    state = state_of(project).fingerprints.state(source)
    said = done(project, lambda work: f"{work.title.name} done")
    assert said == {SAID: "film done", READ: {"source/film.mkv": state}}
    assert done(project, lambda _: None)[SAID] == ""


def test_a_success_is_forgotten_before_the_action_begins(project: Project) -> None:
    remember(project, "mine:film", "other:film")
    seen = []
    done(project, lambda _: seen.append(remembered(project)))
    assert seen == [{"other:film"}]


def test_what_changes_while_it_is_read_is_a_failure(project: Project) -> None:
    remember(project, "mine:film")
    source = project.titles[0].source
    said = done(project, lambda _: str(source.write_text("another")))
    assert refusal(said) == f"{source}: changed while it was read; run again, and leave it alone meanwhile"
    assert remembered(project) == set()


def test_what_goes_away_while_it_is_read_is_a_failure(project: Project) -> None:
    source = project.titles[0].source
    assert "changed while it was read" in refusal(done(project, lambda _: source.unlink()))


def test_what_is_read_for_the_records_alone_may_not_change_either(project: Project) -> None:
    record = project.root / "record.json"
    record.write_text("1")
    said = done(project, lambda _: str(record.write_text("12")), reads=[record])
    assert refusal(said).startswith(f"{record}: changed while it was read")
    assert list(done(project, lambda _: "", reads=[record])[READ]) == ["source/film.mkv"]


def test_a_source_that_is_not_the_probed_one_is_not_touched(project: Project) -> None:
    (title,) = project.titles
    known.probed(title, digest="another")
    called: list[str] = []
    said = refusal(done(project, lambda work: called.append(work.title.name)))
    assert said.startswith(f"{title.source}: has changed since it was probed")
    assert called == []
    assert done(project, lambda _: "probed", stage="probe")[SAID] == "probed", "the probe finds that out"
    known.probed(title)
    assert done(project, lambda _: "the same")[SAID] == "the same"


def raising(error: BaseException) -> Action:
    def action(work: Work) -> str:
        del work
        raise error

    return action


DAMAGED = "delete the file if it is a work file, and run again"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (errno.ENOSPC, "the disk is full; free some space and run again"),
        (errno.EDQUOT, "the disk is full; free some space and run again"),
        (errno.EACCES, f"is not allowed ({os.strerror(errno.EACCES)}); check its permissions"),
        (errno.EROFS, f"is not allowed ({os.strerror(errno.EROFS)}); check its permissions"),
        (errno.ENOENT, "does not exist; put it back, or connect its disk"),
        (
            errno.EIO,
            f"cannot be used ({os.strerror(errno.EIO)}); check the disk, {DAMAGED}",
        ),
    ],
)
def test_what_the_disk_says_is_one_line(project: Project, code: int, said: str) -> None:
    error = OSError(code, os.strerror(code), "/some/file")
    assert refusal(done(project, raising(error))) == f"/some/file: {said}"


def test_a_full_disk_that_names_no_file_is_that_of_the_work(project: Project) -> None:
    error = OSError(errno.ENOSPC, "full")
    work = project.titles[0].work
    assert refusal(done(project, raising(error))).startswith(f"{work}: the disk is full")


def test_a_missing_input_is_one_line(project: Project) -> None:
    source = project.titles[0].source
    source.unlink()
    assert refusal(done(project, lambda _: "")).startswith(f"{source}: does not exist")


def test_what_a_stage_refuses_is_one_line(project: Project) -> None:
    error = StageError("cannot be made\nat all", path="/some/file", remedy="try again")
    assert refusal(done(project, raising(error))) == "/some/file: cannot be made at all; try again"


@pytest.mark.parametrize("error", [ValueError("a bug"), OSError(errno.EIO, "of no file")])
def test_what_nobody_expects_goes_on_to_doit(project: Project, error: Exception) -> None:
    with pytest.raises(type(error)) as caught:
        done(project, raising(error))
    assert caught.value is error


def test_a_task_is_named_by_its_part(project: Project) -> None:
    (title,) = project.titles
    parts: list[tuple[dict[str, int], str, str]] = [
        ({}, "mine:film", "mine"),
        ({"segment": 7}, "mine:film:0007", "mine:film"),
        ({"track": 0}, "mine:film:0", "mine:film"),
        ({"decode_part": 3}, "mine:film:decode:3", "mine:film:decode"),
    ]
    for part, name, parent in parts:
        rule = Rule("mine", lambda _: "", settings={}, file_dep=[], targets=[title.video], **part)
        made = task(project, title, rule)
        assert (made.name, made.subtask_of) == (name, parent)
        assert made.meta == {"title": "film", "stage": "mine", **part}
        assert made.actions[0].py_callable is perform


def test_a_task_that_can_only_fail(project: Project) -> None:
    del project
    (action,) = failing("mine:film", "no", {"title": "film"}, parent="mine").actions
    assert refusal(action.py_callable(*action.args)) == "no"


def test_removing_leaves_no_empty_directory(tmp_path: Path) -> None:
    names = [tmp_path / "a" / "1", tmp_path / "b" / "1", tmp_path / "b" / "2"]
    for path in names:
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
    remove([str(path) for path in names[:2]] + [str(Path(tmp_path, "gone", "1"))])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b"]
    assert [path.name for path in (tmp_path / "b").iterdir()] == ["2"]
