"""Shows a run: a line for each finished stage, what is running now, and at the end what came of it.

rich is loaded only where there is a terminal and something runs: a run that has nothing to do pays nothing.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from drapto.display.board import Board
from drapto.display.lines import TITLE_WIDTH, Line, Mark, SummaryRow, columns
from drapto.display.rows import Row, progress_lines
from drapto.display.screens import PlainScreen, Screen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from drapto.state.bus import Bus, Subscription
    from drapto.state.events import Event

__all__ = ["Display", "SummaryRow"]

PLAIN_EVERY = 30.0
"""Seconds between two progress lines where the output is no terminal."""


class Display:
    """A subscriber of the bus that shows what happens.

    Safe to call from any thread. In a worker of doit's process runner it shows nothing: the main
    process, whose terminal it is, reports the stages, and reads from ``encode_data`` how far an encode is.

    Args:
        titles: The names of the titles, as events have them; as a mapping, each with what people call it.
        bus: Where the run's events are published.
        folders: Their ``encode_data`` directories by name, for how far each encode is as a whole.
        console: Where to show it; standard output by default.
    """

    def __init__(
        self,
        titles: Sequence[str] | Mapping[str, str],
        bus: Bus,
        *,
        folders: Mapping[str, Path] | None = None,
        console: Console | None = None,
    ) -> None:
        self._names = titles if isinstance(titles, Mapping) else {title: title for title in titles}
        self._width = min(TITLE_WIDTH, max((columns(name) for name in self._names.values()), default=0))
        self._board = Board(folders or {}, tuple(self._names))
        self._bus = bus
        self._console = console
        self._screen: Screen | None = None
        self._subscription: Subscription | None = None
        self._moving = False
        self._said_at = time.monotonic()
        self._pid = os.getpid()
        # never held while the screen is written: its thread asks for rows while it holds the screen's lock
        self._lock = threading.Lock()

    def start(self) -> None:
        """Begin to show, and follow the bus."""
        if self._screen is not None:
            return
        self._screen = self._choose_screen()
        self._screen.start()
        self._subscription = self._bus.subscribe(self)

    def stop(self) -> None:
        """Say what is left to say, and leave the terminal as it was. Stopping twice is fine."""
        if self._subscription is None or self._screen is None or os.getpid() != self._pid:
            return
        self._subscription()
        self._subscription = None
        with self._lock:
            lines = self._board.finish()
        self._screen.stop()
        self._show(lines)

    def __call__(self, event: Event) -> None:
        """Take in an event and show what it gives rise to."""
        if os.getpid() != self._pid:
            return
        now = time.monotonic()
        with self._lock:
            lines = self._board.feed(event, now)
            if not self._moving and now - self._said_at >= PLAIN_EVERY:
                self._said_at = now
                lines += progress_lines(self._board.totals())
        self._show(lines)

    def summary(self, rows: Sequence[SummaryRow], more: Sequence[tuple[Mark | None, str]] = ()) -> None:
        """Show what came of the titles, and further lines with their marks; call it after `stop`."""
        if rows:
            (self._screen or self._choose_screen()).summary(rows, more)

    def _show(self, lines: Sequence[Line]) -> None:
        screen = self._screen
        if screen is None:
            return
        for line in lines:
            screen.write(replace(line, title=self._named(line.title)), self._width)

    def _named(self, title: str) -> str:
        return self._names.get(title, title)

    def _choose_screen(self) -> Screen:
        stream = sys.stdout if self._console is None else self._console.file
        moving = _is_terminal() if self._console is None else self._console.is_terminal
        if not moving:
            return PlainScreen(stream)  # type: ignore[arg-type]  # rich says IO[str], and means a text stream
        from drapto.display.console import ShownConsole  # noqa: PLC0415  rich costs 60 ms, for a terminal alone
        from drapto.display.live import LiveScreen  # noqa: PLC0415  as above

        self._moving = True
        return LiveScreen(self._console or ShownConsole(), self._rows)

    def _rows(self) -> list[Row]:
        with self._lock:
            rows = self._board.rows()
        return [replace(row, title=self._named(row.title)) for row in rows]


def _is_terminal() -> bool:
    return sys.stdout.isatty() and os.environ.get("TERM", "") not in ("", "dumb")
