"""Shares of the machine: CPU slots held as file locks.

doit has no pools, and a semaphore in memory would not bind the workers of its process runner. A lock on a
file binds threads and processes alike, and the kernel gives it back when its holder dies, however it dies.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drapto.engine.private import open_private

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

POLL = 0.1
"""Seconds between two tries for a slot that another process may give back: nothing tells of that."""


class _Returns:
    """Wakes those that wait for slots when this process has given some back."""

    def __init__(self) -> None:
        self.count = 0
        self._changed = threading.Condition()

    def add(self) -> None:
        with self._changed:
            self.count += 1
            self._changed.notify_all()

    def wait(self, seen: int) -> None:
        """Wait until there is one more than ``seen``; or for `POLL`, as another process may have some."""
        with self._changed:
            self._changed.wait_for(lambda: self.count != seen, POLL)


_returns = _Returns()


def _begin_in_a_fork() -> None:
    """Begin anew: another thread may have held the lock when this process was forked."""
    global _returns  # noqa: PLW0603  as above
    _returns = _Returns()


os.register_at_fork(after_in_child=_begin_in_a_fork)


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
    def hold(self, wanted: int = 1, waiting: Callable[[], None] = lambda: None) -> Iterator[int]:
        """Hold ``wanted`` slots (at most all of them) for the block; yield how many.

        Whoever waits for several holds the gate, so that two of them cannot each hold half and wait for ever.

        Args:
            wanted: How many.
            waiting: Called once where they are not free at once.
        """
        wanted = max(1, min(wanted, self.count))
        folder = os.fspath(self.folder)
        if not os.path.isdir(folder):  # noqa: PTH112  asked for every call that is run
            self.folder.mkdir(parents=True, exist_ok=True)
        held: list[int] = []
        waits = False

        def wait() -> None:
            nonlocal waits
            if not waits:
                waits = True
                waiting()

        try:
            with _lock(f"{folder}/gate", wait):
                while True:
                    seen = _returns.count
                    held.extend(self._free(folder, wanted - len(held)))
                    if len(held) == wanted:
                        break
                    wait()
                    _returns.wait(seen)
            yield wanted
        finally:
            for handle in held:
                os.close(handle)
            _returns.add()

    def _free(self, folder: str, wanted: int) -> list[int]:
        """Take up to ``wanted`` slots that nobody holds now."""
        taken: list[int] = []
        for number in range(self.count):
            if len(taken) == wanted:
                break
            handle = open_private(f"{folder}/cpu-{number}")
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(handle)
            else:
                taken.append(handle)
        return taken


@contextlib.contextmanager
def _lock(path: str, waiting: Callable[[], None]) -> Iterator[None]:
    handle = open_private(path)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
