"""How many take memory side by side, by what is really there: estimates and budgets are of the beginning.

A browser that was opened since, or a container's neighbour, has taken what the run's budget counts on. One
encoder more would then have the kernel kill one. So the next one waits while others of this process run;
where none does, it begins whatever there is, since waiting would not help.
"""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING

from drapto.engine import machine, process

if TYPE_CHECKING:
    from collections.abc import Iterator

POLL = 0.5
"""Seconds between two looks at the memory: reading it takes 0.1 ms."""

HIGH_PRESSURE = 25.0
"""Percent of the time in which all wait for memory (the kernel's "full"), from which nothing is added."""

LONGEST = 600.0
"""Seconds after which it begins all the same: what takes the memory may do so for days."""


class Crowd:
    """Those of this process that take memory. Any thread may use it."""

    def __init__(self) -> None:
        self._size = 0
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def joined(self, memory: int) -> Iterator[None]:
        """Wait until ``memory`` bytes are there, or nobody else takes any; be one of them for the block."""
        if not memory:
            yield
            return
        until = time.monotonic() + LONGEST
        while not self._enter(memory, at_once=time.monotonic() >= until or process.is_stopping()):
            time.sleep(POLL)
        try:
            yield
        finally:
            with self._lock:
                self._size -= 1

    def _enter(self, memory: int, *, at_once: bool) -> bool:
        with self._lock:
            if self._size and not at_once and not _is_room_for(memory):
                return False
            self._size += 1
            return True


def _is_room_for(memory: int) -> bool:
    return machine.available_memory() >= memory and machine.memory_pressure() < HIGH_PRESSURE
