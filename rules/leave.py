"""Whether tasks may begin: a run is paused by taking that back."""

from __future__ import annotations

import threading


class Leave:
    """Whether tasks may begin. Any thread may give it, and take it back."""

    def __init__(self) -> None:
        self._given = threading.Event()
        self._given.set()

    @property
    def given(self) -> bool:
        """Whether they may."""
        return self._given.is_set()

    def give(self) -> None:
        """Have them begin."""
        self._given.set()

    def take_back(self) -> None:
        """Have none begin; those that run are not touched."""
        self._given.clear()

    def wait(self, seconds: float) -> bool:
        """Wait until they may, but not for longer; return whether they may."""
        return self._given.wait(seconds)
