"""What a command is at that takes a while and says nothing meanwhile: a line that is gone when it ends."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Self

from drapto.display.lines import columns, shortened
from drapto.display.wrapping import width_of
from drapto.terminal import shown
from drapto.words import left_text, percent_text

if TYPE_CHECKING:
    from types import TracebackType
    from typing import TextIO

EVERY = 0.5
"""Seconds between two changes of the line."""

SOONEST = 2.0
"""Seconds after which the time that is left is told: before, it is a guess."""

LEAST = 0.02
"""How much must be done for that, as a fraction."""

ECHO = 4
"""Columns that are left free at the end of the line: a terminal shows ^C there, or two of them."""

CLEAR = "\r\x1b[K"
"""Back to the line's beginning, and nothing behind it."""


class Busy:
    """A line on standard error, where that is a terminal: what is done, how far, how long still.

    Any thread may tell.

    Args:
        what: What is done, in a word or a few.
        stream: Where; standard error by default.
    """

    def __init__(self, what: str, stream: TextIO | None = None) -> None:
        self._what = what
        self._stream = sys.stderr if stream is None else stream
        self._width = 0 if os.environ.get("TERM", "") in ("", "dumb") else width_of(self._stream)
        self._began, self._said = time.monotonic(), -EVERY
        self._lock = threading.Lock()
        self._over = False

    def __enter__(self) -> Self:
        """Say what is done."""
        self.tell()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the line away."""
        with self._lock:
            self._over = True
            self._put(CLEAR)

    def now(self, what: str) -> None:
        """Say that something else is done from now on."""
        with self._lock:
            self._what, self._said = what, -EVERY
            self._began = time.monotonic()
        self.tell()

    def tell(self, fraction: float | None = None, left: float | None = None) -> None:
        """Say how far it is.

        Args:
            fraction: How much is done, 0 to 1; None where that is not known.
            left: How many seconds are left; None reckons them by how long it has taken so far.
        """
        with self._lock:
            now = time.monotonic()
            if self._over or now - self._said < EVERY:
                return
            self._said = now
            self._put(f"{CLEAR}{self._line(fraction, left, now - self._began)}")

    def _line(self, fraction: float | None, left: float | None, taken: float) -> str:
        far = "" if fraction is None else f"  {percent_text(min(1.0, fraction), 1)}"
        if left is None and fraction is not None and fraction >= LEAST and taken >= SOONEST:
            left = taken * (1 - min(1.0, fraction)) / fraction
        still = "" if left is None else f"  {left_text(left)} left"
        room = self._width - 1 - ECHO - columns(far + still)
        return f"{shortened(shown(self._what), max(1, room))}{far}{still}"

    def _put(self, text: str) -> None:
        if self._width:
            self._stream.write(text)
            self._stream.flush()
