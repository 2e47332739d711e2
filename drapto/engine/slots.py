"""Shares of the machine: CPU slots held as file locks.

doit has no pools, and a semaphore in memory would not bind the workers of its process runner. A lock on a
file binds threads and processes alike, and the kernel gives it back when its holder dies, however it dies.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

POLL = 0.02
"""Seconds between two tries for a slot. An encode takes seconds to hours."""


@dataclass(frozen=True)
class Slots:
    """A number of equal shares, each a lock file in ``folder``.

    Attributes:
        folder: Where the lock files are; created when first used.
        count: How many shares there are, at least 1.
    """

    folder: Path
    count: int

    @contextlib.contextmanager
    def hold(self, wanted: int = 1) -> Iterator[int]:
        """Hold ``wanted`` slots (at most all of them) for the block; yield how many.

        Whoever waits for several holds the gate, so that two of them cannot each hold half and wait for ever.
        """
        wanted = max(1, min(wanted, self.count))
        self.folder.mkdir(parents=True, exist_ok=True)
        held: list[IO[str]] = []
        try:
            with _lock(self.folder / "gate"):
                while len(held) < wanted:
                    held.extend(self._free(wanted - len(held)))
                    if len(held) < wanted:
                        time.sleep(POLL)
            yield wanted
        finally:
            for handle in held:
                handle.close()

    def _free(self, wanted: int) -> list[IO[str]]:
        """Take up to ``wanted`` slots that nobody holds now."""
        taken: list[IO[str]] = []
        for number in range(self.count):
            path = self.folder / f"cpu-{number}"
            if len(taken) == wanted:
                break
            handle = _opened(path)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                handle.close()
            else:
                taken.append(handle)
        return taken


@contextlib.contextmanager
def _lock(path: Path) -> Iterator[None]:
    with _opened(path) as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _opened(path: Path) -> IO[str]:
    """Open a lock file: none that is a link, and nothing in it is touched."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600), "r+")
