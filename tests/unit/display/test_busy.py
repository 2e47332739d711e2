"""The line that says what a command is at."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import struct
import termios
from typing import TYPE_CHECKING

import pytest

from drapto.display import busy as busy_module
from drapto.display.busy import ECHO, Busy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

COLUMNS = 40

END = "(end)"
"""What a test writes behind all else."""


class Terminal:
    """A terminal of `COLUMNS` columns."""

    def __init__(self) -> None:
        self.reader, writer = pty.openpty()
        fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
        self.stream: TextIO = os.fdopen(writer, "w", encoding="utf-8")

    def said(self) -> list[str]:
        """Return what was written, line by line as it replaced the one before."""
        self.stream.write(END)
        self.stream.flush()
        text = ""
        while not text.endswith(END):
            text += os.read(self.reader, 1 << 16).decode()
        return text.removesuffix(END).split("\r\x1b[K")


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("COLUMNS", raising=False)
    made = Terminal()
    yield made
    made.stream.close()
    os.close(made.reader)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(busy_module.time, "monotonic", lambda: now[0])
    return now


def test_it_tells_how_far_it_is_and_goes(terminal: Terminal, clock: list[float]) -> None:
    with Busy("measuring", terminal.stream) as busy:
        clock[0] += 10
        busy.tell(0.25)
        busy.tell(0.26)  # too soon
        clock[0] += 10
        busy.tell(0.5, 90.0)
    busy.tell(0.9)
    assert terminal.said() == [
        "",
        "measuring",
        "measuring  25.0 %  30 s left",
        "measuring  50.0 %  1:30 left",
        "",
    ]


def test_what_is_not_known_is_not_told(terminal: Terminal, clock: list[float]) -> None:
    with Busy("measuring", terminal.stream) as busy:
        clock[0] += 1
        busy.tell(0.5)
        clock[0] += 10
        busy.tell(0.001)
    assert terminal.said()[2:] == ["measuring  50.0 %", "measuring  0.1 %", ""]


def test_a_long_name_leaves_room_for_the_numbers(terminal: Terminal, clock: list[float]) -> None:
    with Busy("reading", terminal.stream) as busy:
        busy.now(f"reading {'A film' * 20} S01E02 \x1b[2J")
        clock[0] += 10
        busy.tell(0.5)
    *_, second, last, _ = terminal.said()
    # ^C is shown behind it, and must not break the line
    assert COLUMNS - ECHO - 3 < max(len(second), len(last)) < COLUMNS - ECHO
    assert last.endswith("  50.0 %  10 s left")
    assert "\x1b" not in second + last


def test_it_is_taken_away_when_the_command_fails(terminal: Terminal) -> None:
    with pytest.raises(KeyboardInterrupt), Busy("measuring", terminal.stream):
        raise KeyboardInterrupt
    assert terminal.said() == ["", "measuring", ""]


@pytest.mark.parametrize("term", ["dumb", ""])
def test_nothing_is_written_where_no_line_can_be_replaced(
    term: str, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.StringIO()
    with Busy("measuring", stream) as busy:
        busy.tell(0.5)
    assert stream.getvalue() == ""
    monkeypatch.setenv("TERM", term)
    with Busy("measuring", terminal.stream) as busy:
        busy.tell(0.5)
    assert terminal.said() == [""]
