"""One run at a time in a project: a lock that dies with its holder, and says who that is."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import threading
from typing import IO, TYPE_CHECKING

from drapto.errors import LockedError

if TYPE_CHECKING:
    from pathlib import Path


def run_pid() -> int:
    """Return the pid of this run's main process, also in a worker of doit's process runner."""
    parent = multiprocessing.parent_process()
    return os.getpid() if parent is None or parent.pid is None else parent.pid


class ProjectLock:
    """An exclusive lock on a project's state directory.

    Args:
        path: The lock file. It holds the pid of the run that has it, and is empty once that run ended well.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: IO[str] | None = None
        self._threads = threading.Lock()

    def acquire(self) -> bool:
        """Take the lock; return False where the run that had it before was killed.

        A worker of a run that has the lock already gets it too.

        Raises:
            LockedError: Another run has it.
        """
        with self._threads:
            return self._handle is not None or self._take()

    def _take(self) -> bool:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = self.path.open("a+", encoding="ascii")
        handle.seek(0)
        before = handle.read().strip()
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
            if before == str(run_pid()):
                return True
            raise self._refusal(before) from None
        handle.seek(0)
        handle.truncate()
        handle.write(str(run_pid()))
        handle.flush()
        self._handle = handle
        return not before

    def _refusal(self, holder: str) -> LockedError:
        return LockedError(
            f"another run works here (pid {holder or 'unknown'})",
            path=self.path.parent,
            remedy="wait for it to end, or stop it",
        )

    def release(self) -> None:
        """Give the lock back, if it is held here, and note that the run ended well."""
        if self._handle is not None:
            self._handle.truncate(0)
            self._handle.close()
            self._handle = None
