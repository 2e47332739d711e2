"""What is tried again, how often, and what is said of it."""

from __future__ import annotations

import errno
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from drapto.engine import process
from drapto.engine.execution import Needs
from drapto.errors import (
    ArtifactError,
    FrameCountError,
    SourceError,
    SpaceError,
    StalledError,
    ToolFailedError,
)
from drapto.rules import attempts
from drapto.rules.run_state import state_of
from drapto.rules.work import Work
from drapto.state import memory
from drapto.state.doit_plugins import StageFailed
from drapto.state.events import Event, RunPaused, StageRetried
from tests import known
from tests.unit.rules.test_task import done

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from drapto.project import Project


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "FIRST_WAIT", 0.01)


def made(folder: Path, **settings: Any) -> Project:
    return known.project_in(folder, {"processing.breaker_reset": 0, **settings})


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = made(tmp_path)
    yield project
    state_of(project).end()


def killed() -> ToolFailedError:
    error = ToolFailedError("ffmpeg was killed by signal 9")
    error.cause = "killed"
    return error


class Action:
    """Fails with each of ``errors``, then succeeds."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self, work: Work) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return f"{work.title.name} done"


def told(project: Project) -> list[Event]:
    heard: list[Event] = []
    state_of(project).bus.subscribe(heard.append)
    return heard


@pytest.mark.parametrize(
    "error",
    [killed(), StalledError("ffmpeg showed no sign of life"), MemoryError(), OSError(errno.EIO, "x", "y")],
)
def test_what_may_pass_is_tried_again(project: Project, error: BaseException) -> None:
    heard, action = told(project), Action(error, error)
    assert done(project, action)["said"] == "film done"
    assert action.calls == 3
    retried = [one for one in heard if isinstance(one, StageRetried)]
    assert [(one.attempt, one.attempts) for one in retried] == [(1, 3), (2, 3)]


def test_it_is_not_tried_for_ever(project: Project) -> None:
    action = Action(*[killed() for _ in range(9)])
    said = done(project, action)
    assert isinstance(said, StageFailed)
    assert (said.cause, action.calls) == ("killed", 3)


def test_how_often_is_a_setting(tmp_path: Path) -> None:
    action = Action(*[killed() for _ in range(9)])
    done(made(tmp_path, **{"processing.max_attempts": 1}), action)
    assert action.calls == 1


@pytest.mark.parametrize(
    "error",
    [
        SourceError("is damaged"),
        ArtifactError("is not what its name says"),
        FrameCountError("segment 7 came to 9 frames"),
        OSError(errno.EROFS, "read-only", "/file"),
        PermissionError(errno.EACCES, "denied", "/file"),
    ],
)
def test_what_is_bad_is_not_tried_again(project: Project, error: BaseException) -> None:
    action = Action(error)
    assert isinstance(done(project, action), StageFailed)
    assert action.calls == 1


def test_a_disk_that_is_too_small_is_not_tried_again(project: Project) -> None:
    error = SpaceError("the disk is too small")
    error.final = True
    action = Action(error)
    assert done(project, action).cause == "no space"
    assert action.calls == 1


def test_an_interrupted_run_tries_nothing_again(project: Project) -> None:
    action = Action(killed())
    process.kill_all()
    try:
        assert isinstance(done(project, action), StageFailed)
    finally:
        process.allow_children()
    assert action.calls == 1


def test_lack_of_memory_is_remembered_for_the_title(project: Project) -> None:
    (title,) = project.titles
    done(project, Action(MemoryError()))
    assert memory.doublings(title.encode_data) == 1
    work = Work(project, title, state_of(project))
    engine: Any = SimpleNamespace(capacity=lambda: Needs(memory=8 << 30))
    grown = work._grown(Needs(cpus=1, memory=1 << 30), engine)
    assert grown.memory == 2 << 30
    assert work._grown(Needs(cpus=1, memory=5 << 30), engine).memory == 8 << 30


def test_where_all_fails_alike_the_run_pauses_and_then_begins_no_more(tmp_path: Path) -> None:
    project = made(tmp_path, **{"processing.max_attempts": 1})
    heard = told(project)
    said = [done(project, Action(MemoryError()), stage=f"stage{number}") for number in range(12)]
    begun = [one for one in said if not one.silent]
    assert 3 < len(begun) < 9, "three, and those that were tried in between"
    assert "not begun: all that was begun before ran out of memory" in said[-1].message
    assert any(isinstance(one, RunPaused) for one in heard)
    state_of(project).end()
