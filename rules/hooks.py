"""Commands of the user's that are told what has become of a title.

Each is called once for a title that a run has finished, or in which it has failed for the first time; never
for one of which nothing was to be done. It runs beside the work, one at a time, as a child of drapto's like
any other: it never outlives the run, and is killed when its time is over. What it does, or fails to do,
changes nothing about the title.
"""

from __future__ import annotations

import shlex
import threading
from collections import deque
from typing import TYPE_CHECKING, Literal

from drapto.engine import process
from drapto.engine.logs import write_log
from drapto.engine.vitals import Limits
from drapto.errors import DraptoError, printable

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from pathlib import Path

    from drapto.project import Project, Title
    from drapto.state.bus import Bus
    from drapto.state.events import Event

MOST_LINES = 200
"""Lines of what a command writes to its standard output that are logged, the last."""

Hook = Literal["on_done", "on_failed"]


def following(project: Project, bus: Bus) -> Hooks | None:
    """Return who calls the commands that the settings name; None where they name none, for no title."""
    hooks = project.config.hooks
    titles = project.config.titles.values()
    named = hooks.on_done or hooks.on_failed or any("hooks" in one for one in titles)
    return Hooks(project, bus) if named else None


class Hooks:
    """A subscriber that calls the commands; in the main process of a run alone.

    Args:
        project: The project.
        bus: Where it is told that one failed.
    """

    def __init__(self, project: Project, bus: Bus) -> None:
        self._project = project
        self._bus = bus
        self._titles = {title.name: title for title in project.titles}
        self._told: set[tuple[str, Hook]] = set()
        self._lock = threading.Lock()
        self._executor: Executor | None = None

    def __call__(self, event: Event) -> None:
        """Call what is to be called for ``event``; it is not waited for."""
        from drapto.state.events import ErrorEvent, StageComplete

        title = self._titles.get(event.title)
        if title is None or process.is_stopping():
            return
        match event:
            case StageComplete(stage="validate", decode_part=None):
                self._call("on_done", title)
            case ErrorEvent():
                self._call("on_failed", title)

    def _call(self, hook: Hook, title: Title) -> None:
        hooks = self._project.of(title).config.hooks
        command = hooks.on_done if hook == "on_done" else hooks.on_failed
        if command is None:
            return
        with self._lock:
            if (title.name, hook) in self._told:
                return
            self._told.add((title.name, hook))
            if self._executor is None:
                from concurrent.futures import ThreadPoolExecutor

                self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hook")
            self._executor.submit(self._tell, hook, title, command, hooks.timeout)

    def _tell(self, hook: Hook, title: Title, command: str, seconds: float) -> None:
        from drapto.state.events import HookFailed

        if process.is_stopping():
            return
        try:
            _run(self._project, title, hook, command, seconds)
        except Exception as error:  # noqa: BLE001  whatever it is: the title is what it is
            if not process.is_stopping():
                self._bus.publish(HookFailed(title=title.name, hook=hook, message=_said(hook, title, error)))

    def close(self) -> None:
        """Wait for the commands that are called."""
        if self._executor is not None:
            self._executor.shutdown(wait=True)


def _run(project: Project, title: Title, hook: Hook, command: str, seconds: float) -> None:
    """Call a command, and wait for its end.

    Raises:
        DraptoError: It cannot be started, took too long, or ended with a status other than 0.
    """
    from drapto.rules.result import result_of
    from drapto.state.results import HookCall

    result = result_of(project, title, ok=hook == "on_done")
    told = HookCall(hook=hook, result=result).model_dump_json().encode()
    said: deque[str] = deque(maxlen=MOST_LINES)
    try:
        process.run(
            shlex.split(command),
            log=_log(title),
            entry=hook,
            on_line=said.append,
            feed=[told + b"\n"],
            # it may wait for a server and say nothing: its time alone is what ends it
            limits=Limits(patience=0, seconds=seconds),
        )
    finally:
        if said:
            write_log(_log(title), "".join(f"{line}\n" for line in ("# it said", *said, "")))


def _log(title: Title) -> Path:
    return title.logs / "hooks.log"


def _said(hook: Hook, title: Title, error: Exception) -> str:
    what = error.problem if isinstance(error, DraptoError) else f"{type(error).__name__}: {error}"
    text = f"hooks.{hook} failed ({' '.join(what.split())}); the title is not concerned; see {_log(title)}"
    return printable(text)
