"""What happens in a worker of doit's process runner, told to the process that counts the run.

A worker's events, and what its programs took, are counted in memory that the run's main process does not see.
So a worker keeps them until a task of its ends, and they travel with doit's result.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drapto.engine import spent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from drapto.engine.spent import Spent
    from drapto.state.events import Event


@dataclass(frozen=True)
class Told:
    """What a worker tells at a task's end.

    Attributes:
        events: What has happened there since the last time.
        spent: What its programs have taken meanwhile, by the folder that their logs lie in.
    """

    events: tuple[Event, ...]
    spent: Mapping[Path, Spent]


_lock = threading.Lock()
_kept: list[Event] = []
_listeners: list[Callable[[Event], None]] = []


def keep(event: Event) -> None:
    """Keep an event of a worker's for the run."""
    with _lock:
        _kept.append(event)


def take() -> Told:
    """Return what was kept, in a worker, and keep it no longer."""
    with _lock:
        events = tuple(_kept)
        _kept.clear()
    return Told(events, spent.take())


def listen(callback: Callable[[Event], None]) -> Callable[[], None]:
    """Have ``callback`` told the workers' events; return what ends that."""
    with _lock:
        _listeners.append(callback)
    return lambda: _listeners.remove(callback)


def deliver(told: Told) -> None:
    """Count what a worker has told, in the main process."""
    for folder, one in told.spent.items():
        spent.add(folder, one)
    for event in told.events:
        for callback in _listeners:
            callback(event)


def _in_child() -> None:
    """A fork has told nothing yet, and nobody is told in it."""
    global _lock  # noqa: PLW0603  another thread may have held it when this process was forked
    _lock = threading.Lock()
    _kept.clear()
    _listeners.clear()


os.register_at_fork(after_in_child=_in_child)
