"""Stops a run that only fails: after three failures alike in a row, nothing new begins for a while.

A machine without memory, a disk that went away or an encoder that was broken by an update fails every task of
every title, each several times. So failures of one cause that may pass are counted over all tasks, until one
succeeds; then all wait, then one is tried, and when that succeeds all go on. Where the tries fail, too, the
rest is not begun in this run. Where all of them are of one title, and there are others, it is that title that
is given up.

What is known lies in a file, which the workers of doit's process runner share; there is none before the first
failure.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from drapto.engine.private import open_private

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

IN_A_ROW = 3
"""Failures of one cause after which nothing new begins."""

MOST_OPENINGS = 3
"""How often all wait before the rest of the run is given up."""

POLL = 0.5
"""Seconds between two looks at how the one task fares that is tried."""


@dataclass
class _State:
    """What is known.

    Attributes:
        failures: The last ones in a row: task, title, cause.
        opened: Since when nothing new begins, seconds of the system's clock; 0 where everything may.
        openings: How often that was so in a row.
        trial: The task that is tried.
        given_up: Titles, and why.
    """

    failures: list[tuple[str, str, str]] = field(default_factory=list)
    opened: float = 0.0
    openings: int = 0
    trial: str = ""
    given_up: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Admission:
    """Whether a task may begin.

    Attributes:
        wait: Seconds after which to ask again; 0: it may begin.
        refused: The cause for which it is not begun at all in this run; empty where it is.
    """

    wait: float = 0.0
    refused: str = ""


class Breaker:
    """Counts failures, and says what may begin. Any thread or process may use it.

    Args:
        path: The file.
        reset: Seconds for which nothing new begins.
    """

    def __init__(self, path: Path, reset: float) -> None:
        self._path = path
        self._reset = reset

    def begin(self) -> None:
        """Forget all: a run begins."""
        self._path.unlink(missing_ok=True)

    def admit(self, task: str, title: str) -> Admission:
        """Say whether a task may begin; cheap where nothing has failed."""
        if not self._path.exists():
            return Admission()
        with self._changed() as state:
            if title in state.given_up:
                return Admission(refused=state.given_up[title])
            if state.openings > MOST_OPENINGS:
                return Admission(refused=state.failures[-1][2])
            left = state.opened + self._reset - time.time() if state.opened else 0.0
            if left > 0 or (state.opened and state.trial not in {"", task}):
                return Admission(wait=max(min(left, self._reset), POLL))
            state.trial = task if state.opened else ""
            return Admission()

    def failed(self, task: str, title: str, cause: str, *, alone: bool) -> bool:
        """Count a failure that may pass; return whether nothing new begins from now on.

        Args:
            task: What failed.
            title: Of which title.
            cause: Why.
            alone: Whether there is no other title, or the machine lacks something, and not the title.
        """
        with self._changed() as state:
            if state.failures and state.failures[-1][2] != cause:
                state.failures.clear()
            state.failures = [*state.failures, (task, title, cause)][-IN_A_ROW:]
            if state.trial == task:
                state.opened, state.trial = time.time(), ""
                state.openings += 1
                return True
            several = len({name for name, *_ in state.failures}) > 1
            if state.opened or len(state.failures) < IN_A_ROW or not several:
                return False
            if not alone and len({name for _, name, _ in state.failures}) == 1:
                state.given_up[title] = cause
                state.failures.clear()
                return False
            state.opened, state.openings = time.time(), 1
            return True

    def passed(self) -> None:
        """Take in that a task succeeded, or failed for what is its own: the machine works."""
        if not self._path.exists():
            return
        with self._changed() as state:
            state.failures.clear()
            state.opened, state.openings, state.trial = 0.0, 0, ""

    @contextlib.contextmanager
    def _changed(self) -> Iterator[_State]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = open_private(self._path)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            state = _read(os.pread(handle, 1 << 20, 0))
            yield state
            data = json.dumps(asdict(state)).encode()
            os.ftruncate(handle, 0)
            os.pwrite(handle, data, 0)
        finally:
            os.close(handle)


def _read(data: bytes) -> _State:
    try:
        state = _State(**json.loads(data))
        state.failures = [(task, title, cause) for task, title, cause in state.failures]
    except (TypeError, ValueError):
        return _State()
    return state
