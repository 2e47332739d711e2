"""What happens in a doit run, told to the bus and to the person who waits for it."""

from __future__ import annotations

import io
import re
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from doit.exceptions import DependencyError, InvalidCommand, TaskFailed, UnmetDependency

from drapto.engine import causes, process
from drapto.errors import DraptoError, printable
from drapto.state.bus import Bus
from drapto.state.doit_plugins.database import SAID, DurableDB
from drapto.terminal import Shown
from drapto.words import count_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from drapto.state.events import TitleSkipped


MOST_LISTED = 5
"""Titles of which it is said one by one why they are skipped."""


class _FailedBefore(TaskFailed):  # type: ignore[misc]  # doit is untyped
    """A task that was not tried, because one that it needs has failed.

    doit's `UnmetDependency` counts as an error (exit code 2). But nothing more went wrong than the failure
    that is reported already, so the run ends with a failure's exit code, 1.
    """


class StageFailed(TaskFailed):  # type: ignore[misc]
    """A stage that failed, and why.

    Attributes:
        cause: The name of its cause (`drapto.engine.causes`).
        silent: Whether it was not even begun, for a reason that has been told already.
        skipped: That its title is left alone, which is no failure; None where it is one.
        remedy: What to do about it, as the message ends.
    """

    def __init__(
        self,
        message: str,
        cause: str = "",
        *,
        silent: bool = False,
        skipped: TitleSkipped | None = None,
        remedy: str = "",
    ) -> None:
        super().__init__(message)
        self.cause = cause
        self.remedy = remedy
        self.silent = silent
        self.skipped = skipped


@dataclass(frozen=True, eq=False, repr=False)
class Hooks:
    """What a project has done around a run; a reporter without a project does nothing around it.

    Attributes:
        bus: Where the run's events are published.
        database: doit's database.
        on_start: Called before the first task; may refuse the run with a `DraptoError`.
        on_selected: Called with the names of the tasks that were asked for.
        on_success: Called with the title and the stage of a task whose success is on the disk; not for a
            part of a stage's work.
        on_failure: Called with the cause of each failure.
        left_alone: Returns which titles are skipped, as was known before the run, and why: a line each.
        on_kept: Called with the place of each task that is up to date, as events say it.
        on_end: Called after the last task.
        display_for: Returns the display that follows the bus; called when the first task runs.
        quiet: Write nothing where there is no display.
    """

    bus: Bus = field(default_factory=Bus)
    database: Path | None = None
    on_start: Callable[[], None] = lambda: None
    on_selected: Callable[[Sequence[str]], None] = lambda _names: None
    on_success: Callable[[str, str], None] = lambda _title, _stage: None
    on_failure: Callable[[str], None] = lambda _cause: None
    left_alone: Callable[[], Sequence[str]] = tuple
    on_kept: Callable[[dict[str, Any]], None] = lambda _place: None
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
        self.outstream = io.StringIO() if self.hooks.quiet else Shown(outstream)
        self.failures: list[Any] = []
        self.skipped = 0
        self.left_alone: set[str] = set()
        self.causes: set[str] = set()
        self._started: dict[str, float] = {}
        self._display: Any = None
        self._begun = False

    def initialize(self, tasks: object, selected_tasks: Sequence[str]) -> None:
        """Lock the project (doit calls this when the graph is loaded, before anything runs)."""
        del tasks
        try:
            self.hooks.on_start()
        except DraptoError as error:
            raise InvalidCommand(str(error)) from error
        self.hooks.on_selected(selected_tasks)
        self._begun = True
        DurableDB.in_a_run.add(self.hooks.database)

    def get_status(self, task: object) -> None:
        """Do nothing: a task's status is about to be looked up."""

    def execute_task(self, task: Any) -> None:  # noqa: ANN401  doit is untyped
        """Tell that a stage begins."""
        if not task.actions:
            return
        from drapto.state.events import StageStarted  # noqa: PLC0415  a run with nothing to do has no events

        if self._display is None:
            self._display = self.hooks.display_for()
        self._started[task.name] = time.monotonic()
        self.hooks.bus.publish(StageStarted(**_place(task)))

    def add_success(self, task: Any) -> None:  # noqa: ANN401
        """Tell that a stage is done; its success is in the database by now."""
        if not task.actions:
            return
        from drapto.state.events import StageComplete  # noqa: PLC0415  a run with nothing to do has no events

        seconds = time.monotonic() - self._started.pop(task.name, time.monotonic())
        said = task.result[SAID] if isinstance(task.result, dict) else task.result
        summary = said if isinstance(said, str) else ""
        text, *notes = summary.split("\n")
        self.hooks.bus.publish(
            StageComplete(**_place(task), seconds=seconds, summary=text, notes=tuple(notes))
        )
        _forget_result(task)
        if "decode_part" not in task.meta:
            self.hooks.on_success(task.meta["title"], task.meta["stage"])

    def add_failure(self, task: Any, fail: Any) -> None:  # noqa: ANN401
        """Tell that a stage failed, once; what depends on it is passed over in silence."""
        from drapto.state.events import ErrorEvent  # noqa: PLC0415  a run with nothing to do has no events

        cause = getattr(fail, "cause", "")
        if isinstance(fail, UnmetDependency):
            fail.__class__ = _FailedBefore
            return
        skipped = getattr(fail, "skipped", None)
        if skipped is not None:
            if skipped.title not in self.left_alone:  # told here, as it may come from a worker of doit's
                self.hooks.bus.publish(skipped)
            self.left_alone.add(skipped.title)
            return
        self._failed_for(cause)
        if getattr(fail, "silent", False):
            self.failures.append(task.name)
            return
        if isinstance(fail, DependencyError):
            _name_missing(fail)
        self.failures.append(task.name)
        if isinstance(fail, TaskFailed):
            message = fail.message.strip()
        else:
            # not a failure that a stage foresaw: where it came from is for whoever repairs it
            Shown(sys.stderr).write(f"{task.name}: {fail.get_msg()}\n")
            message = f"internal error: {_last_line(fail)}"
        if task.meta:
            remedy = getattr(fail, "remedy", "")
            self.hooks.bus.publish(ErrorEvent(**_place(task), message=message, cause=cause, remedy=remedy))
        if self._display is None or not task.meta:
            self.outstream.write(f"✗ {task.name}: {message}\n")

    def worker_ended(self, task: Any, message: str, cause: str, attempt: int, attempts: int) -> None:  # noqa: ANN401
        """Tell that a task is tried again, as the process that was at it has ended."""
        from drapto.state.events import StageRetried  # noqa: PLC0415  as above

        self.hooks.on_failure(cause)  # what it left is swept up by the next run
        if task.meta:
            self.hooks.bus.publish(
                StageRetried(
                    **_place(task),
                    message=message,
                    cause=cause,
                    attempt=attempt,
                    attempts=attempts,
                    seconds=0.0,
                )
            )

    def skip_uptodate(self, task: Any) -> None:  # noqa: ANN401
        """Count a task that has nothing to do."""
        if task.meta or task.actions:  # doit makes a task's actions when it is asked for them
            self.skipped += 1
            self.hooks.on_kept(task.meta)

    def skip_ignore(self, task: Any) -> None:  # noqa: ANN401
        """Say that a task is ignored, as the user told doit."""
        self.outstream.write(f"ignored: {task.name}\n")

    def cleanup_error(self, exception: Any) -> None:  # noqa: ANN401
        """Show a failed clean-up."""
        Shown(sys.stderr).write(exception.get_msg())

    def runtime_error(self, msg: str) -> None:
        """Show an error of doit's own, or of its database."""
        self._failed_for(causes.NO_SPACE.name if self.hooks.database in DurableDB.full else "")
        self.outstream.write(f"error: {msg}\n")

    def teardown_task(self, task: object) -> None:
        """Do nothing: no task has a teardown."""

    def exit_code(self, code: int) -> int:
        """Return the exit code of a run that doit gives ``code``: it may have lacked something."""
        return causes.exit_code(code, self.causes)

    def _list(self, lines: Sequence[str]) -> None:
        for line in lines[:MOST_LISTED]:
            self.outstream.write(f"  {printable(line)}\n")
        if (more := len(lines) - MOST_LISTED) > 0:
            self.outstream.write(f"  and {more} more\n")

    def _failed_for(self, cause: str) -> None:
        self.causes.add(cause)
        self.hooks.on_failure(cause)

    def complete_run(self) -> None:
        """Stop the display and give the lock back."""
        if self._display is not None:
            self._display.stop()
        elif self._begun and not self.failures and not process.is_stopping():
            left = self.hooks.left_alone()
            more = f", {count_text(len(left), 'title')} skipped:" if left else ""
            self.outstream.write(f"{'everything is up to date' if self.skipped else 'nothing to do'}{more}\n")
            self._list(left)
        if self._begun:
            self.hooks.on_end()
        self._begun = False
        DurableDB.in_a_run.discard(self.hooks.database)


def _forget_result(task: Any) -> None:  # noqa: ANN401  doit is untyped
    """Free what came of a task: it is in the database, and doit would keep it until the run ends."""
    for one in (task, *task.actions):
        one.result, one.values = None, {}


def _name_missing(fail: Any) -> None:  # noqa: ANN401  doit is untyped
    """Make doit's complaint of a file that is not there a failure like any other: file and remedy."""
    found = re.search(r"Dependent file '(.*)' does not exist", str(fail.message), flags=re.DOTALL)
    if found is not None:
        fail.__class__ = TaskFailed
        fail.remedy = "put it back, or connect its disk"
        fail.message = f"{printable(found[1])}: does not exist; {fail.remedy}"


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
