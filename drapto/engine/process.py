"""Child processes that never outlive drapto.

Every child is started in a process group that ends with this process (`group.ChildGroup`), and is killed by
`kill_all` when the run is interrupted. Commands are argument lists; no shell ever sees a file name.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

from drapto.engine import causes, spent
from drapto.engine.ended import Ended, failure
from drapto.engine.ended import Finished as Finished  # noqa: PLC0414  what `run` returns
from drapto.engine.group import ChildGroup, Priority, end_with, end_with_this_process
from drapto.engine.logs import write_log
from drapto.engine.streams import Ends, Feeder, Lines, read_all
from drapto.engine.vitals import USUAL, Limits, Vitals, family_of
from drapto.engine.watch import excused
from drapto.errors import ToolFailedError, ToolMissingError
from drapto.words import time_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from multiprocessing.process import BaseProcess
    from pathlib import Path
    from typing import IO

STDERR_LIMIT = 1 << 20
"""Bytes of a child's stderr that are kept for the log and the error; the rest is dropped from the middle."""

_group = ChildGroup()
end_with_this_process(_group)
_children: set[subprocess.Popen[bytes]] = set()
_children_lock = threading.RLock()
"""Re-entrant: the signal handler that kills may interrupt the thread that starts."""
_stopping = threading.Event()
_paused = threading.Event()
_priority = Priority()
_bound = 0
"""The process that dies with the run."""


def run(
    command: Sequence[str | os.PathLike[str]],
    *,
    log: Path | None = None,
    entry: str = "",
    on_line: Callable[[str], bool | None] | None = None,
    feed: Iterable[bytes] | None = None,
    about: Path | None = None,
    forgive: Callable[[Finished], bool] | None = None,
    limits: Limits = USUAL,
) -> Finished:
    """Run a command to its end.

    Args:
        command: Program and arguments.
        log: A file that gets the command line, its stderr and its exit status appended.
        entry: What to call that there.
        on_line: Called with each line of standard output as it comes; the output is then not kept. Where it
            returns False, the line is no sign that the child gets on.
        feed: Chunks for the child's standard input; without it the input is empty.
        about: The file to name in an error, where it is not clear from the command.
        forgive: Says of a child that ended with a status other than 0 whether that is an answer, no failure.
        limits: When it is given up.

    Raises:
        ToolMissingError: The program cannot be started.
        ToolFailedError: It ended with a status other than 0.
        StalledError: It was killed because it showed no sign of life.
        SpaceError: It failed for lack of disk space.
        Exception: What ``feed`` or ``on_line`` raised; the child is killed then.
    """
    arguments = [os.fspath(part) for part in command]
    started = time.monotonic()
    killed_before = causes.oom_kills()
    child = _Child(arguments, feed=feed is not None, about=about)
    child.watch(limits, reports=on_line is not None)
    try:
        stdout = child.converse(on_line, feed)
    except BaseException:
        child.kill()
        raise
    finally:
        child.close()
    stderr = child.said.text()
    finished = Finished(stdout, stderr, time.monotonic() - started, child.cpu_seconds, child.peak)
    if log is not None:
        spent.count(log, finished.cpu_seconds, finished.peak)
        _append(log, entry, arguments, finished, child)
    if child.status != 0 and not (forgive and forgive(finished)):
        killed = 0 if child.overdue else causes.oom_kills() - killed_before
        raise failure(arguments[0], Ended(child.status, stderr, child.overdue, killed), about, log)
    if child.overdue:  # it ended in the moment in which it was given up: what it left is not to be trusted
        raise failure(arguments[0], Ended(0, stderr, child.overdue), about, log)
    return finished


class _Child:
    """A running child.

    Attributes:
        said: What it writes to its standard error.
        status: What it ended with, once it has; negative where a signal ended it.
        cpu_seconds: User and system seconds, once it has ended.
        peak: The most memory that it held, bytes, once it has ended.
        overdue: Why it was killed, where it was for taking too long.
    """

    def __init__(self, arguments: list[str], *, feed: bool, about: Path | None) -> None:
        self.said = Ends(STDERR_LIMIT)
        self.status = 0
        self.cpu_seconds = 0.0
        self.peak = 0
        self.overdue = ""
        self._until: float | None = None
        self._feeder: Feeder | None = None
        self._popen = _start(arguments, feed=feed, about=about)
        self._vitals = Vitals(self._popen.pid, 0)

    def watch(self, limits: Limits, *, reports: bool) -> None:
        """Kill the child where it reaches its limits."""
        self._limits = limits
        self._vitals = Vitals(self._popen.pid, limits.patience, reports=reports)
        self._until = None if limits.seconds is None else time.monotonic() + limits.seconds

    def _look_after(self) -> None:
        """Kill the child where it has stalled."""
        if _paused.is_set():
            self._vitals.heard()
        elif not self.overdue and self._popen.returncode is None:
            if self._until is not None and time.monotonic() > self._until:
                self.overdue = f"did not answer within {time_text(self._limits.seconds or 0)}"
            elif self._vitals.has_stalled():
                self.overdue = f"showed no sign of life for {time_text(self._limits.patience)}"
            if self.overdue:
                for pid in family_of(self._popen.pid):
                    _kill_pid(pid)

    def _heard(self, take: Callable[[bytes], object], chunk: bytes) -> None:
        if take(chunk) is not False:
            self._vitals.heard()

    def _complained(self, chunk: bytes) -> None:
        self.said.add(chunk)
        self._vitals.spoke()

    def converse(self, on_line: Callable[[str], bool | None] | None, feed: Iterable[bytes] | None) -> bytes:
        """Feed the child and read what it says until it ends; return its standard output."""
        popen = self._popen
        assert popen.stdout is not None  # noqa: S101  for the type checker: these are pipes
        assert popen.stderr is not None  # noqa: S101
        if feed is not None:
            assert popen.stdin is not None  # noqa: S101
            self._feeder = Feeder(popen.stdin, feed, self.kill)
        output = bytearray()
        lines = None if on_line is None else Lines(on_line)
        take = output.extend if lines is None else lines.add
        readers: dict[IO[bytes], Callable[[bytes], None]] = {
            popen.stdout: lambda chunk: self._heard(take, chunk),
            popen.stderr: self._complained,
        }
        with excused():  # a child has signs of life of its own
            read_all(readers, lambda: self._reap(os.WNOHANG), self._look_after)
        self._reap()
        if lines is not None:
            lines.end()
        if self._feeder is not None:
            self._feeder.finish()
        return bytes(output)

    def _reap(self, options: int = 0) -> bool:
        """Take in how the child ended; return False where, by ``options``, it is not waited for."""
        if self._popen.returncode is None:
            try:
                pid, status, usage = os.wait4(self._popen.pid, options)
            except ChildProcessError:  # an interrupt came between its end and the note of it
                self._popen.returncode = self.status = -signal.SIGKILL
                return True
            if pid == 0:
                return False
            self._popen.returncode = self.status = os.waitstatus_to_exitcode(status)
            self.cpu_seconds = usage.ru_utime + usage.ru_stime
            self.peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        return True

    def kill(self) -> None:
        """Kill the child."""
        _kill(self._popen)

    def close(self) -> None:
        """Wait for the end of the child, whose pipes are closed then."""
        self._reap()
        with _children_lock:
            _children.discard(self._popen)
        for pipe in (self._popen.stdout, self._popen.stderr):
            if pipe is not None:
                pipe.close()


def _start(arguments: list[str], *, feed: bool, about: Path | None) -> subprocess.Popen[bytes]:
    """Start a child and register it in one step, so that `kill_all` misses none."""
    with _children_lock:
        if _stopping.is_set():
            raise ToolFailedError("not started, the run is being interrupted", path=about)
        try:
            child = _group.start(
                arguments,
                stdin=subprocess.PIPE if feed else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except OSError as error:
            raise ToolMissingError(
                f"cannot be started ({error.strerror})", path=arguments[0], remedy="see `drapto doctor`"
            ) from error
        _children.add(child)
        _priority.give(child.pid)
    return child


def _append(log: Path, entry: str, arguments: list[str], finished: Finished, child: _Child) -> None:
    head = f"# {entry} {time.strftime('%Y-%m-%d %H:%M:%S')}\n" if entry else ""
    why = f" ({child.overdue}, and was killed)" if child.overdue else ""
    spent = f"{finished.seconds:.2f} s wall, {finished.cpu_seconds:.2f} s CPU"
    said = f"$ {shlex.join(arguments)}\n{finished.stderr.rstrip()}\n"
    write_log(log, f"{head}{said}= status {child.status}{why}, {spent}\n\n")


def _kill(child: subprocess.Popen[bytes]) -> None:
    if child.returncode is None:
        _kill_pid(child.pid)


def _kill_pid(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)


def pause() -> None:
    """Stop all children where they are, until `resume`; those that are started meanwhile run."""
    with _children_lock:
        _paused.set()
        _group.stop()


def resume() -> None:
    """Let the children go on."""
    with _children_lock:
        _group.go_on()
        _paused.clear()


def is_paused() -> bool:
    """Return whether everything waits for room on a disk."""
    return _paused.is_set()


def set_priority(priority: Priority) -> None:
    """Start children with this priority from now on."""
    global _priority  # noqa: PLW0603  once for a run
    _priority = priority


def kill_all() -> None:
    """Kill every running child and start no more; called when the run is interrupted."""
    _stopping.set()
    _paused.clear()
    with _children_lock:
        _group.kill()
        children = list(_children)
    for child in children:  # where a watcher was killed, a child may be in a group before
        _kill(child)


def allow_children() -> None:
    """Undo `kill_all`'s ban: a new run begins in this process."""
    _stopping.clear()


def is_stopping() -> bool:
    """Return whether the run is being interrupted: what fails now fails for that."""
    return _stopping.is_set()


def die_with_the_run() -> None:
    """In a worker of doit's process runner: be killed when the main process ends, whatever ends it.

    Its children then end with it. Elsewhere nothing happens. Cheap when repeated.
    """
    global _bound  # noqa: PLW0603  once for each process
    parent = multiprocessing.parent_process()
    if parent is None or _bound == os.getpid():
        return
    _bound = os.getpid()
    if sys.platform == "linux" and multiprocessing.get_start_method() == "fork":
        end_with(parent.pid or 0, signal.SIGKILL)
    else:
        threading.Thread(target=_end_after, args=(parent,), daemon=True).start()


def _end_after(parent: BaseProcess) -> None:
    parent.join()
    os.kill(os.getpid(), signal.SIGKILL)


def _begin_in_a_fork() -> None:
    """Leave the children to the process that started them; this one begins with none."""
    global _children_lock  # noqa: PLW0603  another thread may have held it when this process was forked
    _children_lock = threading.RLock()
    _children.clear()
    _group.forget()


os.register_at_fork(after_in_child=_begin_in_a_fork)
