"""What the programs that ran for a title have taken: counted by the folder that their logs lie in."""

from __future__ import annotations

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
    with _lock:
        _spent[log.parent] = _spent.get(log.parent, Spent()) + Spent(cpu_seconds, peak)


def spent(folder: Path) -> Spent:
    """Return what was counted for the logs in ``folder`` since `forget`; nothing where no child was."""
    with _lock:
        return _spent.get(folder, Spent())


def forget(folder: Path) -> None:
    """Begin to count anew."""
    with _lock:
        _spent.pop(folder, None)
