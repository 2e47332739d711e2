"""What the programs that ran for a title have taken: counted by the folder that their logs lie in."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Spent:
    """What child processes took.

    Attributes:
        cpu_seconds: User and system seconds of all of them together.
        peak: The most memory that one of them held, bytes.
    """

    cpu_seconds: float = 0.0
    peak: int = 0

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.cpu_seconds + other.cpu_seconds, max(self.peak, other.peak))


_spent: dict[Path, Spent] = {}
_lock = threading.Lock()


def count(log: Path, cpu_seconds: float, peak: int) -> None:
    """Count a child that has ended and was logged in ``log``. Any thread may call it."""
    add(log.parent, Spent(cpu_seconds, peak))


def add(folder: Path, more: Spent) -> None:
    """Count what programs took that another process ran, whose logs belong into ``folder``."""
    with _lock:
        _spent[folder] = _spent.get(folder, Spent()) + more


def spent(folder: Path) -> Spent:
    """Return what was counted for the logs in ``folder`` since `forget`; nothing where no child was."""
    with _lock:
        return _spent.get(folder, Spent())


def forget(folder: Path) -> None:
    """Begin to count anew."""
    with _lock:
        _spent.pop(folder, None)


def take() -> dict[Path, Spent]:
    """Return all that was counted, by the folders of the logs, and begin to count anew."""
    with _lock:
        taken = dict(_spent)
        _spent.clear()
    return taken


def _begin_in_a_fork() -> None:
    """A fork counts its own programs alone."""
    global _lock  # noqa: PLW0603  another thread may have held it when this process was forked
    _lock = threading.Lock()
    _spent.clear()


os.register_at_fork(after_in_child=_begin_in_a_fork)
