"""Child processes that never outlive drapto.

Every child is started in a process group of its own, is killed by the kernel when the thread that started it
dies (PR_SET_PDEATHSIG, Linux), and is killed by `kill_all` when the run is interrupted. Commands are argument
lists; no shell ever sees a file name.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from drapto.errors import SpaceError, ToolFailedError, ToolMissingError, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

PR_SET_PDEATHSIG = 1
"""prctl(2): the signal that this process gets when the thread that started it ends."""

ADDRESS = re.compile(r" @ 0x[0-9a-f]+\]")
"""Which of its parts speaks, as ffmpeg tells them apart."""

STDERR_LIMIT = 1 << 20
"""Bytes of a child's stderr that are kept for the log and the error; the rest is dropped from the middle."""

DISK_FULL = ("No space left on device", "Disk quota exceeded")
"""How a child says it: strerror(3) of ENOSPC and EDQUOT."""

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_children: set[subprocess.Popen[bytes]] = set()
_children_lock = threading.RLock()
"""Re-entrant: the signal handler that kills may interrupt the thread that starts."""
_stopping = threading.Event()


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


def _die_with(parent: int) -> Callable[[], None] | None:
    """Return what the child does between fork and exec so that it dies with ``parent``."""
    libc = _libc
    if libc is None:
        return None

    def arrange() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # the parent died before prctl: nobody would send the signal
            os._exit(127)

    return arrange


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
    """
    arguments = [os.fspath(part) for part in command]
    started = time.monotonic()
    with tempfile.TemporaryFile() as errors:
        child = _start(arguments, errors, feed=feed is not None, about=about)
        try:
            stdout = _converse(child, on_line, feed)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        except BaseException:
            _kill(child)
            child.wait()
            raise
        finally:
            with _children_lock:
                _children.discard(child)
            if child.stdout is not None:
                child.stdout.close()
        stderr = _tail(errors)
    finished = Finished(stdout, stderr, time.monotonic() - started, usage.ru_utime + usage.ru_stime)
    if log is not None:
        _append(log, arguments, finished, child.returncode)
    if child.returncode != 0 and not (forgive and forgive(finished)):
        raise _failure(arguments[0], child.returncode, stderr, about, log)
    return finished


def _start(
    arguments: list[str], errors: IO[bytes], *, feed: bool, about: Path | None
) -> subprocess.Popen[bytes]:
    """Start a child and register it in one step, so that `kill_all` misses none."""
    with _children_lock:
        if _stopping.is_set():
            raise ToolFailedError("not started, the run is being interrupted", path=about)
        try:
            child = subprocess.Popen(
                arguments,
                stdin=subprocess.PIPE if feed else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                process_group=0,
                preexec_fn=_die_with(os.getpid()),  # noqa: PLW1509  one prctl call, no lock is taken
            )
        except OSError as error:
            raise ToolMissingError(
                f"cannot be started ({error.strerror})", path=arguments[0], remedy="see `drapto doctor`"
            ) from error
        _children.add(child)
    return child


def _converse(
    child: subprocess.Popen[bytes], on_line: Callable[[str], None] | None, feed: Iterable[bytes] | None
) -> bytes:
    """Feed the child's input and read its output until it closes it."""
    feeder = None
    if feed is not None:
        feeder = threading.Thread(target=_feed, args=(child.stdin, feed), daemon=True)
        feeder.start()
    assert child.stdout is not None  # noqa: S101  for the type checker: stdout is a pipe above
    if on_line is None:
        stdout = child.stdout.read()
    else:
        stdout = b""
        for line in child.stdout:
            on_line(line.decode(errors="replace").rstrip("\r\n"))
    if feeder is not None:
        feeder.join()
    return stdout


def _feed(pipe: IO[bytes] | None, chunks: Iterable[bytes]) -> None:
    assert pipe is not None  # noqa: S101  for the type checker: only called when stdin is a pipe
    with contextlib.suppress(BrokenPipeError), pipe:
        for chunk in chunks:
            pipe.write(chunk)


def _tail(errors: IO[bytes]) -> str:
    size = errors.seek(0, os.SEEK_END)
    if size <= STDERR_LIMIT:
        errors.seek(0)
        return errors.read().decode(errors="replace")
    half = STDERR_LIMIT // 2
    errors.seek(0)
    head = errors.read(half)
    errors.seek(-half, os.SEEK_END)
    parts = (head, f"\n[… {size - STDERR_LIMIT} bytes …]\n".encode(), errors.read())
    return b"".join(parts).decode(errors="replace")


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
    said = lines[-1] if lines else "it said nothing"
    how = f"was killed by signal {-status}" if status < 0 else f"failed with status {status}"
    remedy = f"see {printable(log)}" if log is not None else None
    error = ToolFailedError(f"{name} {how}: {said}", path=about, remedy=remedy)
    error.first = ADDRESS.sub("]", lines[0]) if lines else ""
    return error


def _kill(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)


def kill_all() -> None:
    """Kill every running child and start no more; called when the run is interrupted."""
    _stopping.set()
    with _children_lock:
        children = list(_children)
    for child in children:
        _kill(child)


def allow_children() -> None:
    """Undo `kill_all`'s ban: a new run begins in this process."""
    _stopping.clear()
