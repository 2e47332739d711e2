"""One run at a time in a project: a lock that dies with its holder, and says who that is."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import multiprocessing
import os
import secrets
import threading
import time
from multiprocessing.util import register_after_fork
from typing import IO, TYPE_CHECKING

from drapto.engine import process
from drapto.engine.private import open_private
from drapto.errors import LockedError, UsageError

if TYPE_CHECKING:
    from pathlib import Path


NAMED_WITHIN = 2.0
"""Seconds within which a process that has the lock has written whose it is, on a busy machine, too."""


def run_pid() -> int:
    """Return the pid of this run's main process, also in a worker of doit's process runner."""
    parent = multiprocessing.parent_process()
    return os.getpid() if parent is None or parent.pid is None else parent.pid


_run = secrets.token_hex(8)


def current_run() -> str:
    """Return what identifies this run, the same in all processes that are forked from its main one."""
    return _run


class ProjectLock:
    """An exclusive lock on a project's state directory.

    Args:
        path: The lock file. It holds the pid of the run that has it, and is empty once that run ended well.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: IO[str] | None = None
        self._ended_well = True
        self._threads = threading.Lock()
        register_after_fork(self, _bind)

    def acquire(self) -> bool:
        """Take the lock; return False where the run that had it before was killed.

        Who has it already gets it too, with the same answer, and so does a worker of a run that has it.

        Raises:
            LockedError: Another run has it.
            UsageError: Its file cannot be written to.
        """
        with self._threads:
            if self._handle is None:
                self._ended_well = self._take()
            return self._ended_well

    @property
    def is_held(self) -> bool:
        """Whether this process, or the one that it was forked from, has the lock."""
        return self._handle is not None

    def _take(self) -> bool:
        handle = self._open()
        before = _read(handle)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _holder(handle)
            handle.close()
            if holder == str(run_pid()):
                return True
            raise self._refusal(holder) from None
        handle.seek(0)
        handle.truncate()
        handle.write(str(run_pid()))
        handle.flush()
        self._handle = handle
        if multiprocessing.parent_process() is None:  # else the run has a name, which its workers share
            global _run  # noqa: PLW0603  a program may run one after the other
            _run = secrets.token_hex(8)
        return not before

    def _open(self) -> IO[str]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return os.fdopen(open_private(self.path, append=True), "r+", encoding="ascii")
        except OSError as error:
            denied = error.errno in (errno.EROFS, errno.EACCES, errno.EPERM)
            raise UsageError(
                f"cannot be locked ({'it may not be written to' if denied else error.strerror})",
                path=self.path.parent,
                remedy="make the work directory writable" if denied else "check its disk and run again",
            ) from error

    def _refusal(self, holder: str) -> LockedError:
        if holder and not _is_running(int(holder)):
            left = ", ".join(map(str, _holders(self.path)))
            return LockedError(
                f"a run works here whose main process (pid {holder}) has ended, "
                + (f"but not its pid {left}" if left else "but not all of its processes"),
                path=self.path.parent,
                remedy="wait for them to end, or kill them",
            )
        return LockedError(
            f"another run works here (pid {holder or 'unknown'})",
            path=self.path.parent,
            remedy="wait for it to end, or stop it",
        )

    def release(self, *, ended_well: bool = True) -> None:
        """Give the lock back, if it is held here.

        Args:
            ended_well: Whether the run ended well; else the next one is told that it did not.
        """
        if self._handle is not None:
            if ended_well:
                self._handle.truncate(0)
            self._handle.close()
            self._handle = None


def _bind(lock: ProjectLock) -> None:
    """In a fork: die with the run, if this one holds its lock now, even where no work comes to it before."""
    if lock.is_held:
        process.die_with_the_run()


def _read(handle: IO[str]) -> str:
    handle.seek(0)
    return handle.read().strip()


def _holder(handle: IO[str]) -> str:
    """Return whose the lock is.

    Where two workers of a run come for it at once, the one that has it may not have written so yet: the file
    is empty then, or names a run that was killed before.
    """
    until = time.monotonic() + NAMED_WITHIN
    while True:
        holder = _read(handle)
        if holder == str(run_pid()) or time.monotonic() > until:
            return holder
        if holder.isdecimal() and _is_running(int(holder)):
            return holder
        time.sleep(0.01)


def _is_running(pid: int) -> bool:
    import psutil  # noqa: PLC0415  only for a refusal

    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _holders(path: Path) -> list[int]:
    """Return the processes that have ``path`` open: forks inherit its lock, which ends with the last."""
    import psutil  # noqa: PLC0415  only for a refusal

    found = []
    for one in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if one.pid != os.getpid() and any(file.path == str(path) for file in one.open_files()):
                found.append(one.pid)
    return found
