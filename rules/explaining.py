"""What would run, and why: each reason as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from doit.control import TaskControl
from doit.dependency import Dependency
from doit.exceptions import InvalidCommand

from drapto.errors import UsageError
from drapto.quality.target import FixedCrf, decide
from drapto.rules import probe
from drapto.rules.graph import graph
from drapto.rules.project import doit_config
from drapto.rules.skipping import skip_of
from drapto.rules.stage import stages
from drapto.state.doit_plugins import DurableDB
from drapto.state.explain import Reason, changed_settings
from drapto.state.settings import (
    KEY,
    LATER,
    DocumentWhole,
    FileHolds,
    LaterSettings,
    MadeByVersion,
    SettingsUnchanged,
    TargetsAsMade,
    UpToDate,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from doit.task import Task

    from drapto.project import Project


@dataclass(frozen=True)
class PlannedTask:
    """A task, and whether it would run.

    Attributes:
        name: The task's name.
        title: The title that it belongs to.
        stage: Its stage.
        action: ``run`` or ``up-to-date``.
        reasons: Why it would run; empty where it would not.
    """

    name: str
    title: str
    stage: str
    action: Literal["run", "up-to-date"]
    reasons: tuple[Reason, ...]


def explain(project: Project, targets: Sequence[str] = (), *, force: bool = False) -> list[PlannedTask]:
    """Return what a run would do, in the order that it would do it; nothing is run, and no state changes.

    A task behind one that runs is listed as a ``cascade``: whether it really runs depends on what the one
    before it makes. The tasks of a stage that is not known yet stand as one.

    Args:
        project: The project.
        targets: Tasks or files; everything by default.
        force: As if tasks that are up to date ran too.

    Raises:
        InvalidCommand: A target is neither a task nor a file of the graph.
        UsageError: The build state cannot be used.
    """
    config = doit_config(project, quiet=True)
    state = str(project.database) if project.database.exists() else ":memory:"
    try:
        manager = Dependency(
            DurableDB, state, checker_cls=config["check_file_uptodate"], codec_cls=config["codec_cls"]
        )
    except InvalidCommand as error:
        raise UsageError(str(error)) from error
    try:
        control = TaskControl(list(graph(project, targets, force=force, preview=True)))
        control.process(list(targets) or None)
        return list(_Planner(control.tasks, manager, force=force).plan(control.selected_tasks))
    finally:
        manager.close()


def unfinished(project: Project) -> set[str]:
    """Return the names of the titles of which something is left to do; their pages are not asked for."""
    extra = extra_stages()
    return {task.title for task in explain(project) if task.action == "run" and task.stage not in extra}


def extra_stages() -> set[str]:
    """Return the names of the stages without which a title is finished."""
    return {stage.name for stage in stages() if stage.extra}


def qualities(project: Project) -> dict[str, str]:
    """Return how each title's quality is set, and why; those that are not probed yet are left out."""
    found = {}
    for title in project.titles:
        info = probe.fresh(project, title)
        if info is not None:
            decision = decide(project.of(title).config, info)
            crf = f"CRF {decision.quality.crf:g} " if isinstance(decision.quality, FixedCrf) else ""
            found[title.name] = f"{crf}({decision.reason})" if crf else decision.reason
    return found


def skips(project: Project) -> dict[str, str]:
    """Return why titles are left alone, and what to do to have them encoded, by their names."""
    found = {title.name: skip_of(project.of(title), title) for title in project.titles}
    return {name: str(skip) for name, skip in found.items() if skip is not None}


class _Planner:
    """Walks the graph, dependencies first."""

    def __init__(self, tasks: dict[str, Task], manager: Dependency, *, force: bool) -> None:
        self._tasks = tasks
        self._manager = manager
        self._force = force
        self._runs: dict[str, bool] = {}
        self._causes: dict[str, str] = {}

    def plan(self, names: Sequence[str]) -> Iterator[PlannedTask]:
        """Yield the plan of ``names`` and what they depend on."""
        for name in names:
            if name not in self._runs:
                yield from self._visit(self._tasks[name])

    def _visit(self, task: Task) -> Iterator[PlannedTask]:
        self._runs[task.name] = False
        for name in task.task_dep:
            if name not in self._runs:
                yield from self._visit(self._tasks[name])
        cause = next((name for name in task.task_dep if self._runs[name]), None)
        if cause is not None:
            # what makes tasks is no step; what it waits for is
            cause = self._causes.get(cause, cause) if cause.startswith("_") else cause
            self._causes[task.name] = cause
        if task.has_subtask:
            self._runs[task.name] = cause is not None
            return
        reasons = self._reasons(task, cause)
        self._runs[task.name] = bool(reasons)
        stage, title, *_ = task.name.split(":")
        yield PlannedTask(task.name, title, stage, "run" if reasons else "up-to-date", tuple(reasons))

    def _reasons(self, task: Task, cause: str | None) -> list[Reason]:
        if task.loader:
            return [Reason("cascade", cause)] if cause else [Reason("unknown", task.name)]
        status = self._manager.get_status(task, self._tasks, get_log=True)
        reasons = [Reason("forced", task.name)] if self._force else []
        if status.status != "up-to-date":
            reasons += self._from_status(task, status.reasons)
        if cause is not None:
            reasons.append(Reason("cascade", cause))
        return reasons

    def _from_status(self, task: Task, said: dict[str, Any]) -> list[Reason]:
        values = self._manager.get_values(task.name)
        if KEY not in values:
            missing = [Reason("missing", target) for target in said.get("missing_target", [])]
            return [Reason("first run", task.name), *missing]
        checks = [check for check in checks_of(task) if isinstance(check, SettingsUnchanged)]
        if not checks:  # it can only fail, and another source, or other settings, once made a success of it
            return [Reason("unknown", task.name)]
        now = checks[0].settings
        added = said.get("added_file_dep", [])
        changed = set(said.get("changed_file_dep", [])).difference(added)  # doit counts them there, too
        return [
            *(Reason("missing", target) for target in said.get("missing_target", [])),
            *(Reason("missing", str(check.path), "damaged") for check in _damaged(said)),
            *(Reason("changed", path, "not as it was made") for path in _altered(said, values)),
            *(Reason("changed", str(check.path), "not as it was published") for check in _lost(said)),
            *changed_settings(values[KEY], now),
            *_later(said, values),
            *_outdated(said, values),
            *(Reason("changed", path) for path in sorted(changed)),
            *(Reason("changed", path, "no longer used") for path in sorted(said.get("removed_file_dep", []))),
            *(Reason("changed", path, "newly used") for path in sorted(added)),
        ]


def checks_of(task: Task) -> Iterator[Any]:
    """Yield what doit asks whether a task is up to date, beyond its files, each check by itself."""
    for check, *_ in task.uptodate:
        yield from check.checks if isinstance(check, UpToDate) else (check,)


def _failed(said: dict[str, Any]) -> Iterator[Any]:
    """Yield the checks that said no."""
    for check, *_ in said.get("uptodate_false", []):
        yield from check.failed if isinstance(check, UpToDate) else (check,)


def _damaged(said: dict[str, Any]) -> list[DocumentWhole]:
    """Return the checks of JSON targets that failed."""
    return [check for check in _failed(said) if isinstance(check, DocumentWhole)]


def _lost(said: dict[str, Any]) -> list[FileHolds]:
    """Return the checks of published files that failed."""
    return [check for check in _failed(said) if isinstance(check, FileHolds)]


def _altered(said: dict[str, Any], values: dict[str, Any]) -> list[str]:
    """Return the targets that are no longer as their task made them."""
    checks = [check for check in _failed(said) if isinstance(check, TargetsAsMade)]
    return [path for check in checks for path in check.changed(values)]


def _later(said: dict[str, Any], values: dict[str, Any]) -> list[Reason]:
    """Return which settings differ of those that a task began to read in a later version."""
    checks = [check for check in _failed(said) if isinstance(check, LaterSettings)]
    return [reason for check in checks for reason in changed_settings(values[LATER], check.slice)]


def _outdated(said: dict[str, Any], values: dict[str, Any]) -> list[Reason]:
    """Return which versions of the encoder differ, where its results are not to be mixed."""
    checks = [check for check in _failed(said) if isinstance(check, MadeByVersion)]
    return [reason for check in checks if (reason := check.reason(values))]
