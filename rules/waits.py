"""Whether a stage waits: of its calls, side by side, none runs, and one waits for what it needs."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Waits:
    """The calls of one stage. Any thread may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = 0
        self._told = False

    def waits(self) -> bool:
        """Take in that a call has to wait; return whether the stage does, and nobody was told of it yet."""
        with self._lock:
            if self._running or self._told:
                return False
            self._told = True
            return True

    @contextlib.contextmanager
    def call(self) -> Iterator[Callable[[], bool]]:
        """Yield what is called when a call begins to run, and returns whether a wait of the stage ends so."""
        began = False

        def begin() -> bool:
            nonlocal began
            with self._lock:
                self._running += not began
                began = True
                told, self._told = self._told, False
                return told

        try:
            yield begin
        finally:
            with self._lock:
                self._running -= began
