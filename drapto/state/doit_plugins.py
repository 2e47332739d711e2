"""Where drapto plugs into doit: the database, the file checker, the reporter.

No other module of drapto imports doit.

doit 0.37 writes its database when a run ends, so a killed run forgets all that it did; `DurableDB` commits
each task's success as it comes. doit's MD5 checker reads an 80 GB source once for each task that depends on
it; `ContentChecker` reads a few MiB of it, once, and only when its size or modification time has changed.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sqlite3
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from doit.dependency import DatabaseException, FileChangedChecker, SqliteDB
from doit.exceptions import DependencyError, InvalidCommand, InvalidTask, TaskFailed, UnmetDependency

from drapto.errors import DraptoError, SpaceError, StageError, printable
from drapto.state.events import ErrorEvent, StageComplete, StageStarted, bus
from drapto.state.fingerprint import Fingerprints

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LAST_KEY = "deps:"
"""The key that doit's `Dependency.save_success` writes last: once it is there, the success is whole."""

LOCK_SECONDS = 60.0
"""How long a writer waits for another one, which needs a few milliseconds."""


class DurableDB(SqliteDB):  # type: ignore[misc]  # doit is untyped
    """doit's SQLite backend, with every success on the disk before the next task is told of it.

    Attributes:
        keeps_untried: A run of drapto's is on. doit then takes the success from a task that it does not try
            because another failed; but what that task made is still good.
    """

    desc = "sqlite3, each success committed at once"
    keeps_untried: ClassVar[bool] = False

    def _sqlite3(self, name: str) -> sqlite3.Connection:
        try:
            connection: sqlite3.Connection = super()._sqlite3(name)
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = full")
        except (sqlite3.DatabaseError, DatabaseException) as error:
            reason, remedy = str(error).splitlines()[0], "delete it, finished titles are then built once more"
            if not all(os.access(path, os.W_OK) for path in (Path(name), Path(name).parent)):
                reason, remedy = "it may not be written to", "make the work directory writable"
            text = f"{printable(name)}: cannot be used as the build state ({reason}); {remedy}"
            raise InvalidCommand(text) from error
        self._saved: dict[str, str] = {}
        self._refused = False
        return connection

    def _get_task_data(self, task_id: str) -> dict[str, Any]:
        data: dict[str, Any] = super()._get_task_data(task_id)
        if data:
            self._saved[task_id] = self.codec.encode(data)
        return data

    def set(self, task_id: str, dependency: str, value: object) -> None:
        """Store a value; commit when it completes a success, but a group's only if it says something new."""
        super().set(task_id, dependency, value)
        if dependency != LAST_KEY:
            return
        text = self.codec.encode(self._cache[task_id])
        # the row of a task that reads files may be gone: see `forget`
        if value or self._saved.get(task_id) != text:
            with self._writing():
                self._conn.execute("insert or replace into doit values (?,?)", (task_id, text))
                self._conn.commit()
            self._saved[task_id] = text
        self._dirty.discard(task_id)

    def remove(self, task_id: str) -> None:
        """Forget a task, at once: a failure must not be forgotten in a crash."""
        if self.keeps_untried:
            return  # what was tried has been forgotten when it began
        known = self.in_(task_id)
        with self._writing():
            super().remove(task_id)
            self._saved.pop(task_id, None)
            if known:
                self._conn.commit()

    def dump(self) -> None:
        """Write what is left, and close; every success that counts is on the disk before."""
        try:
            super().dump()
        except sqlite3.OperationalError as error:
            if not self._refused:
                sys.stderr.write(f"error: {_unwritable(self.name, error)}\n")

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """Turn what SQLite says when the disk is full into an end of the run that doit shows as one line."""
        try:
            yield
        except sqlite3.OperationalError as error:
            self._refused = True
            raise InvalidTask(str(_unwritable(self.name, error))) from error


def _unwritable(database: Path | str, error: sqlite3.OperationalError) -> StageError:
    if "full" in str(error):
        return SpaceError("the disk is full", path=database, remedy="free some space and run again")
    return StageError(f"cannot be written ({error})", path=database, remedy="check its disk and run again")


def forget(database: Path, task: str) -> None:
    """Take a task's success back, on the disk, before its action changes anything.

    Else, killed in its midst, it could pass for done: where the settings are turned back then, a piece that
    was cut anew would stand among those of the old plan. Any thread or process may call this.

    Args:
        database: doit's database; nothing happens where there is none.
        task: The task's name.

    Raises:
        StageError: It cannot be written.
    """
    if not database.exists():
        return
    try:
        with contextlib.closing(sqlite3.connect(database, timeout=LOCK_SECONDS)) as connection, connection:
            connection.execute("pragma synchronous = full")
            connection.execute("delete from doit where task_id = ?", (task,))
    except sqlite3.OperationalError as error:
        raise _unwritable(database, error) from error


class ContentChecker(FileChangedChecker):  # type: ignore[misc]  # doit is untyped
    """A file has changed when its content has: a touched, copied or restored one has not.

    Attributes:
        fingerprints: Where digests are remembered; `bound_checker` sets a project's own.
    """

    fingerprints: ClassVar[Fingerprints] = Fingerprints()

    def check_modified(self, file_path: str, file_stat: Any, state: Any) -> bool:  # noqa: ANN401  doit's own
        """Return whether the content differs from ``state`` = [size, mtime_ns, digest]."""
        size, mtime, digest = state
        if file_stat.st_size != size:
            return True
        if file_stat.st_mtime_ns == mtime:
            return False
        try:
            return bool(self.fingerprints.of(file_path) != digest)
        except OSError:
            return (
                True  # the task runs, and says what is wrong with the file; raised here, it would end the run
            )

    def get_state(self, dep: str, current_state: Any) -> list[int | str] | None:  # noqa: ANN401  doit's own
        """Return the file's state, or None where ``current_state`` says the same."""
        state = self.fingerprints.state(dep)
        return None if current_state is not None and list(current_state) == state else state


def bound_checker(fingerprints: Fingerprints) -> type[ContentChecker]:
    """Return a checker class that remembers digests in ``fingerprints``.

    doit makes the instance itself, without arguments, and compares the class's name with the one in its
    database.
    """
    return type(ContentChecker.__name__, (ContentChecker,), {"fingerprints": fingerprints})


class _FailedBefore(TaskFailed):  # type: ignore[misc]  # doit is untyped
    """A task that was not tried, because one that it needs has failed.

    doit's `UnmetDependency` counts as an error (exit code 2). But nothing more went wrong than the failure
    that is reported already, so the run ends with a failure's exit code, 1.
    """


@dataclass(frozen=True)
class Hooks:
    """What a project has done around a run; a reporter without a project does nothing around it.

    Attributes:
        on_start: Called before the first task; may refuse the run with a `DraptoError`.
        on_success: Called with the title and the stage of a task whose success is on the disk.
        on_end: Called after the last task.
        display_for: Returns the display that follows the bus; called when the first task runs.
        quiet: Write nothing where there is no display.
    """

    on_start: Callable[[], None] = lambda: None
    on_success: Callable[[str, str], None] = lambda _title, _stage: None
    on_end: Callable[[], None] = lambda: None
    display_for: Callable[[], Any] = lambda: None
    quiet: bool = False


class StageReporter:
    """doit's reporter: tells the bus what starts, ends and fails, and shows it.

    A class bound to a project by `bound_reporter` also locks the project and cleans up after titles.
    """

    desc = "a line for each finished stage, live progress on a terminal"

    hooks: ClassVar[Hooks] = Hooks()

    def __init__(self, outstream: Any, options: dict[str, Any]) -> None:  # noqa: ANN401  doit's own
        del options
        self.outstream = io.StringIO() if self.hooks.quiet else outstream
        self.failures: list[Any] = []
        self.skipped = 0
        self._started: dict[str, float] = {}
        self._display: Any = None
        self._begun = False

    def initialize(self, tasks: object, selected_tasks: object) -> None:
        """Lock the project (doit calls this when the graph is loaded, before anything runs)."""
        del tasks, selected_tasks
        try:
            self.hooks.on_start()
        except DraptoError as error:
            raise InvalidCommand(str(error)) from error
        self._begun = DurableDB.keeps_untried = True

    def get_status(self, task: object) -> None:
        """Do nothing: a task's status is about to be looked up."""

    def execute_task(self, task: Any) -> None:  # noqa: ANN401  doit is untyped
        """Tell that a stage begins."""
        if not task.actions:
            return
        if self._display is None:
            self._display = self.hooks.display_for()
        self._started[task.name] = time.monotonic()
        bus.publish(StageStarted(**_place(task)))

    def add_success(self, task: Any) -> None:  # noqa: ANN401
        """Tell that a stage is done; its success is in the database by now."""
        if not task.actions:
            return
        seconds = time.monotonic() - self._started.pop(task.name, time.monotonic())
        summary = task.result if isinstance(task.result, str) else ""
        text, *notes = summary.split("\n")
        bus.publish(StageComplete(**_place(task), seconds=seconds, summary=text, notes=tuple(notes)))
        self.hooks.on_success(task.meta["title"], task.meta["stage"])

    def add_failure(self, task: Any, fail: Any) -> None:  # noqa: ANN401
        """Tell that a stage failed, once; what depends on it is passed over in silence."""
        if isinstance(fail, UnmetDependency):
            fail.__class__ = _FailedBefore
            return
        if isinstance(fail, DependencyError):
            _name_missing(fail)
        self.failures.append(task.name)
        if isinstance(fail, TaskFailed):
            message = fail.message.strip()
        else:
            # not a failure that a stage foresaw: where it came from is for whoever mends it
            sys.stderr.write(f"{task.name}: {fail.get_msg()}\n")
            message = f"internal error: {_last_line(fail)}"
        if task.meta:
            bus.publish(ErrorEvent(**_place(task), message=message))
        if self._display is None or not task.meta:
            self.outstream.write(f"✗ {task.name}: {message}\n")

    def skip_uptodate(self, task: Any) -> None:  # noqa: ANN401
        """Count a task that has nothing to do."""
        if task.actions:
            self.skipped += 1

    def skip_ignore(self, task: Any) -> None:  # noqa: ANN401
        """Say that a task is ignored, as the user told doit."""
        self.outstream.write(f"ignored: {task.name}\n")

    def cleanup_error(self, exception: Any) -> None:  # noqa: ANN401
        """Show a failed clean-up."""
        sys.stderr.write(exception.get_msg())

    def runtime_error(self, msg: str) -> None:
        """Show an error of doit's own."""
        self.outstream.write(f"error: {msg}\n")

    def teardown_task(self, task: object) -> None:
        """Do nothing: no task has a teardown."""

    def complete_run(self) -> None:
        """Stop the display and give the lock back."""
        if self._display is not None:
            self._display.stop()
        elif self._begun and not self.failures:
            self.outstream.write("everything is up to date\n" if self.skipped else "nothing to do\n")
        if self._begun:
            self.hooks.on_end()
        self._begun = DurableDB.keeps_untried = False


def _name_missing(fail: Any) -> None:  # noqa: ANN401  doit is untyped
    """Make doit's complaint of a file that is not there a failure like any other: file and remedy."""
    found = re.search(r"Dependent file '(.*)' does not exist", str(fail.message), flags=re.DOTALL)
    if found is not None:
        fail.__class__ = TaskFailed
        fail.message = f"{printable(found[1])}: does not exist; put it back, or connect its disk"


def _last_line(fail: Any) -> str:  # noqa: ANN401  doit is untyped
    lines = [line.strip() for line in str(fail.get_msg()).splitlines() if line.strip()]
    return lines[-1] if lines else "no message"


def _place(task: Any) -> dict[str, Any]:  # noqa: ANN401  doit is untyped
    """Return the event fields that say which task it is."""
    place: dict[str, Any] = task.meta
    return place


def bound_reporter(**hooks: Any) -> type[StageReporter]:  # noqa: ANN401  the fields of Hooks
    """Return a reporter class with a project's `Hooks`; doit makes the instance itself."""
    return type(StageReporter.__name__, (StageReporter,), {"hooks": Hooks(**hooks)})
