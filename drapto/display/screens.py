"""Where the display shows its lines when there is no terminal: a stream of plain text."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Protocol

from drapto.display.lines import (
    MARKS,
    PLAIN_MARKS,
    Line,
    SummaryRow,
    problem_lines,
    skipped_lines,
    summary_lines,
)
from drapto.terminal import shown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

    from drapto.display.lines import Mark


class Screen(Protocol):
    """What shows lines and the summary; `live.LiveScreen` shows what is running, too."""

    def start(self) -> None:
        """Begin to show."""

    def stop(self) -> None:
        """End, and leave the terminal as it was."""

    def write(self, line: Line, title_width: int) -> None:
        """Show a line for good."""

    def summary(self, rows: Sequence[SummaryRow], more: Sequence[tuple[Mark | None, str]] = ()) -> None:
        """Show the final table, and further lines with their marks; what failed comes last."""


class PlainScreen:
    """Lines without colour or cursor movement.

    Args:
        stream: Where they go.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        encoding = stream.encoding or "utf-8"
        self._encoding = encoding
        self._marks = MARKS if _can_show("".join(MARKS.values()), encoding) else PLAIN_MARKS

    def start(self) -> None:
        """Do nothing: nothing is drawn beforehand."""

    def stop(self) -> None:
        """Do nothing: every line is out already."""

    def write(self, line: Line, title_width: int) -> None:
        """Write a line."""
        self._put(f"{self._marks[line.mark]} {line.body(title_width)}")

    def summary(self, rows: Sequence[SummaryRow], more: Sequence[tuple[Mark | None, str]] = ()) -> None:
        """Write the table, and what comes below it."""
        header, *body = summary_lines(rows)
        self._put(f"\n  {header}")
        for row, text in zip(rows, body, strict=True):
            self._put(f"{self._marks[row.mark]} {text}")
        if said := [f"{self._marks[mark] if mark else ' '} {text}" for mark, text in more]:
            self._put("\n" + "\n".join(said))
        if skipped := [f"{self._marks['skipped']} {text}" for text in skipped_lines(rows)]:
            self._put("\n" + "\n".join(skipped))
        failed = [f"{self._marks['failure']} {text}" for text in problem_lines(rows)]
        if failed:
            self._put("\n" + "\n".join(failed))

    def _put(self, text: str) -> None:
        try:
            known = shown(text).encode(self._encoding, errors="replace").decode(self._encoding)
            self._stream.write(f"{known}\n")
            self._stream.flush()
        except BrokenPipeError:
            self._forget_reader()

    def _forget_reader(self) -> None:
        """Write to nowhere from now on: the reader (``| head``) has gone, the encode goes on.

        Python would fail on it again at exit (the library reference's note on SIGPIPE).
        """
        if self._stream is sys.stdout:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


def _can_show(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
