"""Child processes that never outlive drapto.

Every child is started in a process group that ends with this process (`group.ChildGroup`), and is killed by
`kill_all` when the run is interrupted. Commands are argument lists; no shell ever sees a file name.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from drapto.engine.group import ChildGroup, end_with_this_process
from drapto.engine.streams import Ends, Feeder, Lines, read_all
from drapto.engine.telling import telling
from drapto.errors import SpaceError, ToolFailedError, ToolMissingError, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from multiprocessing.process import BaseProcess

PR_SET_PDEATHSIG = 1
"""prctl(2): the signal that this process gets when the thread that started it ends."""

ADDRESS = re.compile(r" @ 0x[0-9a-f]+\]")
"""Which of its parts speaks, as ffmpeg tells them apart."""

STDERR_LIMIT = 1 << 20
"""Bytes of a child's stderr that are kept for the log and the error; the rest is dropped from the middle."""

DISK_FULL = ("No space left on device", "Disk quota exceeded")
"""How a child says it: strerror(3) of ENOSPC and EDQUOT."""

_group = ChildGroup()
end_with_this_process(_group)
_children: set[subprocess.Popen[bytes]] = set()
_children_lock = threading.RLock()
"""Re-entrant: the signal handler that kills may interrupt the thread that starts."""
_stopping = threading.Event()
_bound = 0
"""The process that dies with the run."""


@dataclass(frozen=True)
class Finished:
    """A child process that ended well.

    Attributes:
        stdout: What it wrote to its standard output, if that was captured.
        stderr: What it wrote to its standard error, decoded.
        seconds: Wall-clock seconds.
        cpu_seconds: User and system seconds of the child.
    """

    stdout: bytes
    stderr: str
    seconds: float
    cpu_seconds: float

    @property
    def complaints(self) -> tuple[str, ...]:
        """What ffmpeg said, a line each: SVT-AV1's reports, and addresses in memory, left out."""
        return tuple(ADDRESS.sub("]", line) for line in _said(self.stderr))


def run(
    command: Sequence[str | os.PathLike[str]],
    *,
    log: Path | None = None,
    on_line: Callable[[str], None] | None = None,
    feed: Iterable[bytes] | None = None,
    about: Path | None = None,
    forgive: Callable[[Finished], bool] | None = None,
) -> Finished:
    """Run a command to its end.

    Args:
        command: Program and arguments.
        log: A file that gets the command line, its stderr and its exit status appended.
        on_line: Called with each line of standard output as it comes; the output is then not kept.
        feed: Chunks for the child's standard input; without it the input is empty.
        about: The file to name in an error, where it is not clear from the command.
        forgive: Says of a child that ended with a status other than 0 whether that is an answer, no failure.

    Raises:
        ToolMissingError: The program cannot be started.
        ToolFailedError: It ended with a status other than 0.
        SpaceError: It failed for lack of disk space.
        Exception: What ``feed`` or ``on_line`` raised; the child is killed then.
    """
    arguments = [os.fspath(part) for part in command]
    started = time.monotonic()
    child = _Child(arguments, feed=feed is not None, about=about)
    try:
        stdout = child.converse(on_line, feed)
    except BaseException:
        child.kill()
        raise
    finally:
        child.close()
    stderr = child.said.text()
    finished = Finished(stdout, stderr, time.monotonic() - started, child.cpu_seconds)
    if log is not None:
        _append(log, arguments, finished, child.status)
    if child.status != 0 and not (forgive and forgive(finished)):
        raise _failure(arguments[0], child.status, stderr, about, log)
    return finished


class _Child:
    """A running child.

    Attributes:
        said: What it writes to its standard error.
        status: What it ended with, once it has; negative where a signal ended it.
        cpu_seconds: User and system seconds, once it has ended.
    """

    def __init__(self, arguments: list[str], *, feed: bool, about: Path | None) -> None:
        self.said = Ends(STDERR_LIMIT)
        self.status = 0
        self.cpu_seconds = 0.0
        self._feeder: Feeder | None = None
        self._popen = _start(arguments, feed=feed, about=about)

    def converse(self, on_line: Callable[[str], None] | None, feed: Iterable[bytes] | None) -> bytes:
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
        read_all({popen.stdout: take, popen.stderr: self.said.add}, lambda: self._reap(os.WNOHANG))
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
    return child


def _append(log: Path, arguments: list[str], finished: Finished, status: int) -> None:
    text = (
        f"$ {shlex.join(arguments)}\n{finished.stderr.rstrip()}\n"
        f"= status {status}, {finished.seconds:.2f} s wall, {finished.cpu_seconds:.2f} s CPU\n\n"
    )
    write_log(log, text)


def write_log(log: Path, text: str) -> None:
    """Append ``text`` to a log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8", errors="replace") as handle:
        handle.write(text)


def _said(stderr: str) -> list[str]:
    """Return the lines of ffmpeg's own; a rule, with which ab-av1 frames them, says nothing."""
    lines = (line.strip() for line in stderr.splitlines() if not line.startswith("Svt["))
    return [line for line in lines if line.strip("-")]


def _failure(
    program: str, status: int, stderr: str, about: Path | None, log: Path | None
) -> ToolFailedError | SpaceError:
    lines = _said(stderr)
    if any(full in line for line in lines for full in DISK_FULL):
        return SpaceError("the disk is full", path=about, remedy="free some space and run again")
    name = Path(program).name
    said = telling(stderr.splitlines()) or "it said nothing"
    how = f"was killed by signal {-status}" if status < 0 else f"failed with status {status}"
    remedy = f"see {printable(log)}" if log is not None else None
    error = ToolFailedError(f"{name} {how}: {said}", path=about, remedy=remedy)
    error.first = ADDRESS.sub("]", lines[0]) if lines else ""
    return error


def _kill(child: subprocess.Popen[bytes]) -> None:
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(child.pid, signal.SIGKILL)


def kill_all() -> None:
    """Kill every running child and start no more; called when the run is interrupted."""
    _stopping.set()
    with _children_lock:
        _group.kill()
        children = list(_children)
    for child in children:  # where a watcher was killed, a child may be in a group before
        _kill(child)


def allow_children() -> None:
    """Undo `kill_all`'s ban: a new run begins in this process."""
    _stopping.clear()


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
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent.pid:  # it ended before: nobody would send the signal
            os.kill(os.getpid(), signal.SIGKILL)
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
