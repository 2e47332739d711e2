"""Room on the disks: what runs pauses before one is full, and goes on when there is room again.

A full disk fails everything that runs, at once, after hours of work each. So the disks are looked at while
calls run; where less than the reserve is free, all children are stopped where they are, nothing new begins,
and the copies that drapto itself makes wait. Nothing is lost, and who frees some space need do no more.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from drapto.engine import process
from drapto.errors import SpaceError
from drapto.words import size_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

LOOK_EVERY = 1.0
"""Seconds between two looks. An encode of a UHD film writes some megabytes in one."""

LARGEST_RESERVE = 1 << 30
SHARE_IN_RESERVE = 0.01
"""``auto``: bytes, and the part of the disk, that stay free; the lesser of the two."""

ROOM_AGAIN = 1.25
"""Times the reserve that must be free before what was paused goes on."""


@dataclass(frozen=True)
class Paused:
    """A report: everything waits, and why, a line."""

    why: str


@dataclass(frozen=True)
class Resumed:
    """A report: it goes on."""


class Room:
    """Watches the disks on which a run writes. Any thread may use it.

    Args:
        folders: Where it writes; they need not be there yet.
        reserve: Bytes that stay free on each; or ``auto``.
        patience: Seconds to wait for room before what needs it fails.
    """

    def __init__(self, folders: Sequence[Path], reserve: int | Literal["auto"], patience: float) -> None:
        self._folders = tuple(folders)
        self._reserve = reserve
        self._patience = patience
        self._listeners: list[Callable[[object], None]] = []
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._gave_up = False

    def shortage(self, times: float = 1.0) -> str:
        """Return which disk has less than ``times`` the reserve free, in words; empty where none has."""
        for folder in self._folders:
            place = folder
            while not place.exists() and place != place.parent:
                place = place.parent
            try:
                state = os.statvfs(place)
            except OSError:
                continue  # who writes there says what is wrong with it
            free, whole = state.f_bavail * state.f_frsize, state.f_blocks * state.f_frsize
            usual = min(LARGEST_RESERVE, int(whole * SHARE_IN_RESERVE))
            reserve = usual if self._reserve == "auto" else self._reserve
            if free < times * reserve:
                return f"{size_text(free)} free on the disk of {folder}, {size_text(reserve)} are kept"
        return ""

    def wait(self, report: Callable[[object], None]) -> None:
        """Wait until there is room; at once where there is.

        Raises:
            SpaceError: There was none for too long.
        """
        if not (why := self.shortage()):
            self._gave_up = False
            return
        report(Paused(why))
        until = time.monotonic() + (0 if self._gave_up else self._patience)
        while not process.is_stopping() and self.shortage(ROOM_AGAIN):
            if time.monotonic() >= until:
                self._gave_up = True
                problem, remedy = f"the disk is full: {why}", "free some space and run again"
                error = SpaceError(problem, path=self._folders[0], remedy=remedy)
                error.final = True
                raise error
            time.sleep(min(0.2, self._patience))
        report(Resumed())

    @contextlib.contextmanager
    def watched(self, report: Callable[[object], None]) -> Iterator[None]:
        """Have the disks watched during the block; what happens is reported to one of those who watch."""
        with self._lock:
            self._listeners.append(report)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._watch, name="room", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._listeners.remove(report)

    def _watch(self) -> None:
        """Look at the disks as long as somebody works."""
        idle = 0
        while idle < 3:  # noqa: PLR2004  looks; threads are not begun for each of a thousand short calls
            time.sleep(LOOK_EVERY)
            with self._lock:
                idle = 0 if self._listeners else idle + 1
                listener = self._listeners[0] if self._listeners else None
            if listener is not None and not self._gave_up and (why := self.shortage()):
                self._hold(why, listener)
        with self._lock:
            self._thread = None

    def _hold(self, why: str, report: Callable[[object], None]) -> None:
        """Stop the children until there is room, or for as long as is waited at most."""
        process.pause()
        try:
            report(Paused(why))
            until = time.monotonic() + self._patience
            while self.shortage(ROOM_AGAIN) and not process.is_stopping():
                if time.monotonic() >= until:
                    self._gave_up = True  # they find out by themselves whether what is left suffices
                    return
                time.sleep(LOOK_EVERY / 2)
            report(Resumed())
        finally:
            process.resume()
