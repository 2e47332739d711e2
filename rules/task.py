"""How a rule becomes a doit task."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doit.exceptions import TaskFailed
from doit.task import DelayedLoader, Task

from drapto.errors import DraptoError, SpaceError, StageError, printable
from drapto.rules.run_state import context_for, fingerprints, prepare
from drapto.state.doit_plugins import forget
from drapto.state.settings import DocumentWhole, SettingsUnchanged, TargetsAsMade

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from drapto.engine.context import StageContext
    from drapto.engine.document import Document
    from drapto.project import Project, Title
    from drapto.state.settings import MadeByVersion

    Action = Callable[..., str | None]


def name_of(stage: str, title: Title, part: object = None) -> str:
    """Return a task's name: ``stage:title`` or ``stage:title:part``."""
    return f"{stage}:{title.name}" if part is None else f"{stage}:{title.name}:{part}"


def shown(project: Project, path: Path | str) -> str:
    """Return a path as the graph, and a user who selects a target, writes it."""
    # as text: this is asked for every file of every task, and pathlib is slow at it
    return str(path).removeprefix(f"{project.root}{os.sep}")


def rule(  # noqa: PLR0913  a task is what it is given
    project: Project,
    title: Title,
    stage: str,
    *,
    action: Action,
    settings: dict[str, Any] | Callable[[], dict[str, Any]],
    file_dep: Iterable[Path | str],
    targets: Sequence[Path | str],
    arguments: dict[str, Any] | None = None,
    task_dep: Iterable[str] = (),
    segment: int | None = None,
    track: int | None = None,
    share: int | None = None,
    clean: Sequence[Path] | None = None,
    document: type[Document] | None = None,
    made: Callable[[], Iterable[Path]] | None = None,
    version: MadeByVersion | None = None,
) -> Task:
    """Return the task of one stage of one title.

    Args:
        project: The project.
        title: The title.
        stage: The stage's name.
        action: Called as ``action(context, project, title, **arguments)``; returns what came of it, in a few
            words, with what the user should know on further lines.
        settings: Everything that the action reads and that is in no file: the one settings slice.
        file_dep: What the action reads.
        targets: What it writes.
        arguments: Further arguments for the action. They must follow from ``file_dep`` and ``settings``.
        task_dep: Tasks that must have run before, beyond those that make ``file_dep``.
        segment: The number of the segment, where the task is for one.
        track: The number of the audio track, where the task is for one.
        share: The number of the share, where the task does a part of the stage's work beforehand.
        clean: What ``doit clean`` removes; the targets by default.
        document: What the first target must hold, so that a damaged one is made again.
        made: Returns what must stay as this task made it, or is made again; the targets by default.
        version: Says whether what another version of the encoder made may stay.
    """
    parts = {"segment": segment, "track": track, "share": share}
    place = {
        "title": title.name,
        "stage": stage,
        **{key: one for key, one in parts.items() if one is not None},
    }
    part = f"{segment:04d}" if segment is not None else track if share is None else f"decode:{share}"
    name = name_of(stage, title, part)
    removable = targets if clean is None else clean
    return Task(
        name,
        [(perform, [name, action, project, title, arguments or {}])],
        file_dep=[shown(project, path) for path in file_dep],
        targets=[shown(project, path) for path in targets],
        task_dep=list(task_dep),
        uptodate=[
            SettingsUnchanged(settings),
            TargetsAsMade(
                project.root, made or (lambda: map(Path, targets)), fingerprints(project.state_dir)
            ),
            *([DocumentWhole(Path(targets[0]), document)] if document else []),
            *([version] if version else []),
        ],
        # doit's own way is faster, where there are thousands of tasks, but leaves empty directories
        clean=True if segment is not None else [(remove, [[str(path) for path in removable]])],
        subtask_of=stage if part is None else name.rpartition(":")[0],
        io={"capture": False},
        doc=f"{stage} of {printable(title.source.name)}" if part is None else None,
        meta=place,
    )


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
    stage: str,
    makes: str | None = None,
    wanted: Iterable[str] = (),
    also: Sequence[str] = (),
) -> Iterator[Task]:
    """Yield a placeholder for tasks that are known only when ``after`` have run.

    Args:
        name: What the placeholder, and the task or group that takes its place, is called.
        create: Yields the real tasks.
        after: The tasks that must have run.
        stage: The stage's name.
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
    yield Task(name, None, subtask_of=stage, loader=loader)
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


def perform(name: str, action: Action, project: Project, title: Title, arguments: dict[str, Any]) -> Any:
    """Run a rule's action; turn what the user can act on into doit's failure, one line.

    An exception that is not expected here is a bug: it goes on to doit, which shows where it came from.
    """
    try:
        prepare(project)
        context: StageContext = context_for(project, title)
        forget(project.database, name)
        return action(context, project, title, **arguments)
    except DraptoError as error:
        return TaskFailed(str(error))
    except OSError as error:
        return TaskFailed(str(_expected(error, title)))


def _expected(error: OSError, title: Title) -> DraptoError:
    path = error.filename or title.work
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return SpaceError("the disk is full", path=path, remedy="free some space and run again")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StageError(f"is not allowed ({error.strerror})", path=path, remedy="check its permissions")
    if error.filename is None:
        raise error
    if error.errno in (errno.ENOENT, errno.ELOOP):
        return StageError("does not exist", path=path, remedy="put it back, or connect its disk")
    remedy = "check the disk, delete the file if it is a work file, and run again"
    return StageError(f"cannot be used ({error.strerror})", path=path, remedy=remedy)


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
