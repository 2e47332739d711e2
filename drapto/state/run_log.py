"""One readable log of each run: what began, ended, was tried again, waited or fell back, and why, with times.

It is made with the first thing that happens, so that a run with nothing to do leaves none; the workers of
doit's process runner write into the same file.
"""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING

from drapto.engine.logs import write_log
from drapto.errors import printable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drapto.state.events import Event

KEPT = 50
"""Logs of runs that are kept, the latest."""

LIMIT = 32 << 20
"""Bytes from which a log is set aside; a title of 10,000 segments writes 2 MB."""


class RunLog:
    """A subscriber that writes a line for what happens.

    Args:
        folder: Where the logs of the runs lie.
        head: Returns what is to stand at the beginning: what this run works with.
    """

    def __init__(self, folder: Path, head: Callable[[], str]) -> None:
        began = time.localtime()
        self.path = folder / f"run-{time.strftime('%Y%m%d-%H%M%S', began)}-{os.getpid()}.log"
        self._head = head
        self._begun = False

    def __call__(self, event: Event) -> None:
        """Write down ``event``, where it is worth a line.

        Raises:
            OSError: It cannot be written.
        """
        from drapto.state.run_lines import line_of  # noqa: PLC0415  a run with nothing to do has no events

        text = line_of(event)
        if not text:
            return
        if not self._begun:
            self._begun = True
            if not self.path.exists():
                self._prune()
                self._write(f"begins: {self._head()}")
        self._write(text)

    def close(self) -> None:
        """Write that the run has ended."""
        if self._begun:
            with contextlib.suppress(OSError):
                self._write("ends")

    def _write(self, text: str) -> None:
        now = time.strftime("%Y-%m-%d %H:%M:%S")
        write_log(self.path, f"{now}  {printable(text)}\n", limit=LIMIT)

    def _prune(self) -> None:
        logs = sorted(self.path.parent.glob("run-*.log*"))
        for old in logs[: max(0, len(logs) - KEPT + 1)]:
            with contextlib.suppress(OSError):
                old.unlink()
