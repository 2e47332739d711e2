"""How a rule becomes a doit task."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doit.exceptions import TaskFailed
from doit.task import DelayedLoader, Task

from drapto.errors import DraptoError, SkippedError, printable
from drapto.rules.run_state import state_of
from drapto.rules.work import Work
from drapto.state.doit_plugins import StageFailed, TaskNames, forget
from drapto.state.settings import DocumentWhole, LaterSettings, SettingsUnchanged, TargetsAsMade, UpToDate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from drapto.engine.document import Document
    from drapto.project import Project, Title
    from drapto.state.settings import FileHolds, MadeByVersion

    Action = Callable[..., str | None]


FEW = 32
"""Files that a task may read before it counts how long it takes to find out who makes them."""


def name_of(stage: str, title: Title, part: object = None) -> str:
    """Return a task's name: ``stage:title`` or ``stage:title:part``."""
    return f"{stage}:{title.name}" if part is None else f"{stage}:{title.name}:{part}"


@dataclass(frozen=True, eq=False, repr=False)
class Rule:
    """What one task reads, makes and does.

    Attributes:
        stage: The stage's name.
        action: Called as ``action(work, **arguments)``; returns what came of it, in a few words, with what
            the user should know on further lines.
        settings: Everything that the action reads and that is in no file: the one settings slice.
        file_dep: What the action reads.
        targets: What it writes.
        arguments: Further arguments for the action. They must follow from ``file_dep`` and ``settings``.
        task_dep: Tasks that must have run before, beyond those that make ``file_dep``.
        segment: The number of the segment, where the task is for one.
        track: The number of the audio track, where the task is for one.
        decode_part: The number of the part of a stage's work that the task does beforehand.
        reads: What it reads besides, for its records alone: a change makes it run no more, but not while it
            runs.
        clean: What ``doit clean`` removes; the targets by default.
        document: What the first target must hold, so that a damaged one is made again.
        made: Returns what must stay as this task made it, or is made again; the targets by default.
        version: Says whether what another version of the encoder made may stay.
        later: More of the settings, which it began to read in a later version: what was made before stays.
        holds: Says whether a file is still as the task left it, where that is not for `made` to say.
    """

    stage: str
    action: Action
    settings: dict[str, Any] | Callable[[], dict[str, Any]]
    file_dep: Sequence[Path | str]
    targets: Sequence[Path | str]
    arguments: dict[str, Any] = field(default_factory=dict)
    task_dep: Sequence[str] = ()
    segment: int | None = None
    track: int | None = None
    decode_part: int | None = None
    reads: Sequence[Path | str] = ()
    clean: Sequence[Path | str] | None = None
    document: type[Document] | None = None
    made: Callable[[], Iterable[Path]] | None = None
    version: MadeByVersion | None = None
    holds: FileHolds | None = None
    later: dict[str, Any] | None = None

    def place(self, title: Title) -> dict[str, Any]:
        """Return which task it is, as events say it."""
        parts = {"segment": self.segment, "track": self.track, "decode_part": self.decode_part}
        own = {key: one for key, one in parts.items() if one is not None}
        return {"title": title.name, "stage": self.stage, **own}

    @property
    def part(self) -> str | int | None:
        """Which part of its title's stage it is, as its name says it."""
        if self.segment is not None:
            return f"{self.segment:04d}"
        return self.track if self.decode_part is None else f"decode:{self.decode_part}"


def task(project: Project, title: Title, rule: Rule) -> Task:
    """Return the doit task of a rule."""
    part = rule.part
    name = name_of(rule.stage, title, part)
    removable = rule.targets if rule.clean is None else rule.clean
    made = rule.made or (lambda: map(Path, rule.targets))
    inside = f"{project.root}{os.sep}"
    file_dep = [str(path).removeprefix(inside) for path in rule.file_dep]  # as `shown` does, for thousands
    place = rule.place(title)
    reads = file_dep, [str(path) for path in rule.reads]
    built = Task(
        name,
        [(perform, [name, rule.action, project, title, rule.arguments, reads, place])],
        file_dep=file_dep,
        targets=[str(path).removeprefix(inside) for path in rule.targets],
        task_dep=list(rule.task_dep),
        uptodate=[
            UpToDate(
                SettingsUnchanged(rule.settings),
                TargetsAsMade(project.root, made, state_of(project).fingerprints),
                *([DocumentWhole(Path(rule.targets[0]), rule.document)] if rule.document else []),
                *([LaterSettings(rule.later)] if rule.later is not None else []),
                *([rule.version] if rule.version else []),
                *([rule.holds] if rule.holds else []),
            )
        ],
        # doit's own way is faster, where there are thousands of tasks, but leaves empty directories
        clean=True if rule.segment is not None else [(remove, [[str(path) for path in removable]])],
        subtask_of=rule.stage if part is None else name.rpartition(":")[0],
        io={"capture": False},
        doc=f"{rule.stage} of {printable(title.source.name)}" if part is None else None,
        meta=place,
    )
    if len(file_dep) > FEW:
        built.task_dep = TaskNames(built.task_dep)
    return built


def group(
    name: str, tasks: Iterable[Task | str], *, parent: str | None = None, doc: str | None = None
) -> Task:
    """Return a task that stands for several others."""
    names = [task if isinstance(task, str) else task.name for task in tasks]
    return Task(name, None, task_dep=names, has_subtask=True, subtask_of=parent, doc=doc)


def later(
    name: str,
    create: Callable[[], Iterator[Task]],
    *,
    after: Sequence[str],
    parent: str,
    makes: str | None = None,
    wanted: Iterable[str] = (),
    also: Sequence[str] = (),
) -> Iterator[Task]:
    """Yield a placeholder for tasks that are known only when ``after`` have run.

    Args:
        name: What the placeholder, and the task or group that takes its place, is called.
        create: Yields the real tasks.
        after: The tasks that must have run.
        parent: The group that it belongs to.
        makes: A regular expression of the targets to come, so that one of them can be selected by its path.
        wanted: Names that were asked for; those of parts of this one get a placeholder of their own, which
            doit does not make itself.
        also: Groups of other tasks that ``create`` yields, too; each gets a placeholder.
    """
    before = after[0]
    if len(after) > 1:
        # a target that is selected by its path waits for the loader's one task only
        before = f"_before:{name}"
        yield group(before, after)
    heads = tuple(f"{one}:" for one in (name, *also))
    parts = [one for one in dict.fromkeys(wanted) if one.startswith(heads)]
    loader = DelayedLoader(_complete(create, parts, name), executed=before, target_regex=makes)
    loader.basename = name
    yield Task(name, None, subtask_of=parent, loader=loader)
    for part in (*also, *parts):
        yield Task(part, None, subtask_of=part.rpartition(":")[0], loader=loader)


def _complete(
    create: Callable[[], Iterator[Task]], parts: Sequence[str], name: str
) -> Callable[[], Iterator[Task]]:
    """Return a creator that says so where a part that was asked for does not exist."""

    def creator() -> Iterator[Task]:
        tasks = list(create())
        yield from tasks
        made = {task.name for task in tasks}
        stage, title, *_ = name.split(":")
        for part in parts:
            if part not in made:
                known = ", ".join(sorted(made - {name})) or "none"
                place = {"title": title, "stage": stage}
                yield failing(part, f"there is no task {part}; there are: {known}", place, parent=name)

    return creator


def perform(
    name: str,
    action: Action,
    project: Project,
    title: Title,
    arguments: dict[str, Any],
    reads: tuple[Sequence[str], Sequence[str]],
    place: dict[str, Any],
) -> Any:
    """Run a rule's action; turn what the user can act on into doit's failure, one line.

    What it read must be there, unchanged, when it ends, and be of the source that was probed; the states of
    these files go to the database as they were when it began. Where it fails for what may pass, it is tried
    again (`attempts`). An exception that is not expected here is a bug: it goes on to doit, which shows where
    it came from.
    """
    # not for a run that has nothing to do
    from drapto.engine.causes import of_error
    from drapto.rules.attempts import NotBegunError, persistently
    from drapto.rules.doing import do
    from drapto.rules.failures import foreseen
    from drapto.rules.unforeseen import unforeseen

    state = state_of(project)
    work = Work(project, title, state, place)
    try:
        state.prepare(project)
        if (skip := state.skipping.told(work, name)) is not None:
            return StageFailed(skip.reason, skipped=skip)
        forget(project.database, name)
        return persistently(work, name, place, lambda: do(name, action, work, arguments, reads))
    except SkippedError as error:
        return StageFailed(str(error), skipped=state.skipping.told(work, name))
    except (DraptoError, OSError) as error:
        known = foreseen(error, title)
        silent = isinstance(known, NotBegunError)
        return StageFailed(str(known), of_error(known).name, silent=silent, remedy=_remedy(known))
    except Exception as error:
        unknown = unforeseen(error, title, name.partition(":")[0])
        if unknown is None:
            raise
        return StageFailed(str(unknown), of_error(unknown).name, remedy=_remedy(unknown))


def _remedy(error: DraptoError) -> str:
    return printable(" ".join((error.remedy or "").split()))


def failing(name: str, message: str, place: dict[str, Any], *, parent: str) -> Task:
    """Return a task that can only fail, for a part of the graph that could not be made."""
    return Task(name, [(fail, [message])], subtask_of=parent, io={"capture": False}, meta=place)


def fail(message: str) -> TaskFailed:
    """Fail with ``message``."""
    return TaskFailed(message)


def remove(paths: list[str]) -> None:
    """Remove what ``doit clean`` is told to, and directories that are empty then."""
    for path in map(Path, paths):
        path.unlink(missing_ok=True)
        if path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()
