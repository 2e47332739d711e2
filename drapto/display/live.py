"""The display on a terminal: finished stages scroll by, what is running stays below them. Loads rich."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from drapto.display.lines import MARKS, PLAIN_MARKS, Line, SummaryRow, summary_lines
from drapto.terminal import printable
from drapto.words import time_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import Console, RenderableType

    from drapto.display.board import Row
    from drapto.display.lines import Mark

STYLES: dict[Mark, str] = {"done": "green", "warning": "yellow", "failure": "bold red", "progress": "cyan"}

REDRAWS = 2
"""A second. What is shown changes no faster: ffmpeg reports twice a second."""

BAR_WIDTH = 24


class LiveScreen:
    """Lines with colour above a table of what is running.

    Args:
        console: The terminal.
        running: Returns what is running; called in a thread of the screen's own.
    """

    def __init__(self, console: Console, running: Callable[[], Sequence[Row]]) -> None:
        self._console = console
        self._running = running
        self._marks = MARKS if console.encoding.startswith("utf") else PLAIN_MARKS
        self._live = Live(
            console=console, get_renderable=self._draw, refresh_per_second=REDRAWS, transient=True
        )

    def start(self) -> None:
        """Begin to show what is running."""
        self._live.start()

    def stop(self) -> None:
        """Remove what is running from the terminal; the lines stay."""
        self._live.stop()

    def write(self, line: Line, title_width: int) -> None:
        """Show a line for good."""
        style = STYLES[line.mark] if line.mark == "failure" else ""
        mark = (self._marks[line.mark], STYLES[line.mark])
        self._console.print(Text.assemble(mark, " ", (line.body(title_width), style)), soft_wrap=True)

    def summary(self, rows: Sequence[SummaryRow]) -> None:
        """Show the table."""
        header, *body = summary_lines(rows)
        self._console.print(Text.assemble("\n  ", (header, "bold")), soft_wrap=True)
        for row, text in zip(rows, body, strict=True):
            self._console.print(
                Text.assemble((self._marks[row.mark], STYLES[row.mark]), " ", text), soft_wrap=True
            )

    def _draw(self) -> RenderableType:
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True, overflow="ellipsis")
        table.add_column(no_wrap=True)
        table.add_column(width=BAR_WIDTH)
        for _ in range(3):
            table.add_column(justify="right", no_wrap=True)
        for row in self._running():
            table.add_row(*_cells(row))
        return table


def _bar(fraction: float) -> ProgressBar:
    return ProgressBar(total=1.0, completed=fraction, width=BAR_WIDTH, complete_style=STYLES["progress"])


def _cells(row: Row) -> list[RenderableType]:
    style = "bold" if row.whole else ""
    percent = "" if row.fraction is None else f"{100 * row.fraction:.1f} %"
    return [
        Text(f"  {printable(row.title)}", style),
        Text(printable(row.label), style),
        "" if row.fraction is None else _bar(row.fraction),
        Text(percent, style),
        Text(f"{row.fps:.1f} fps" if row.fps else "", style),
        Text("" if row.left is None else f"{time_text(row.left)} left", style),
    ]
