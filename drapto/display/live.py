"""The display on a terminal: finished stages scroll by, what is running stays below them. Loads rich."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rich.console import Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from drapto.display.lines import (
    MARKS,
    PLAIN_MARKS,
    SHORTEST_TITLE,
    Line,
    SummaryRow,
    problem_lines,
    skipped_lines,
    summary_lines,
)
from drapto.display.rows import ALL, Row
from drapto.display.wrapping import wrapped
from drapto.terminal import printable, shown
from drapto.words import left_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import Console, RenderableType

    from drapto.display.lines import Mark

STYLES: dict[Mark, str] = {
    "done": "green",
    "warning": "yellow",
    "failure": "bold red",
    "progress": "cyan",
    "skipped": "dim",
}

REDRAWS = 2
"""A second. What is shown changes no faster: ffmpeg reports twice a second."""

BAR_WIDTH = 24

GAP = 2
"""Columns between two columns of the table."""

MARK_WIDTH = 2
"""Columns of a mark and the space behind it."""

TITLES_PART = 4
"""The part of a terminal's width, its inverse, that titles are padded to at most."""

MARGIN = 2
"""Lines of the terminal that are left free."""


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
        self._print(line.mark, line.body(min(title_width, self._console.width // TITLES_PART)), style)

    def summary(self, rows: Sequence[SummaryRow], more: Sequence[tuple[Mark | None, str]] = ()) -> None:
        """Show the table, and what comes below it."""
        header, *body = summary_lines(rows, self._console.width - MARK_WIDTH)
        self._console.print()
        self._print(None, header, "bold")
        for row, text in zip(rows, body, strict=True):
            self._print(row.mark, text)
        skipped: list[tuple[Mark | None, str]] = [("skipped", text) for text in skipped_lines(rows)]
        failed: list[tuple[Mark | None, str]] = [("failure", text) for text in problem_lines(rows)]
        for lines in (more, skipped, failed):
            if lines:
                self._console.print()
            for mark, text in lines:
                self._print(mark, text)

    def _print(self, mark: Mark | None, text: str, style: str = "") -> None:
        """Show a line behind its mark, broken between words."""
        before = f"{self._marks[mark]} " if mark else " " * MARK_WIDTH
        whole = wrapped(shown(before + text), self._console.width)
        head = Text(whole[:MARK_WIDTH], STYLES[mark] if mark else "")
        self._console.print(Text.assemble(head, (whole[MARK_WIDTH:], style)), soft_wrap=True)

    def _draw(self) -> RenderableType:
        width, most = self._console.width, max(2, self._console.height - MARGIN)
        rows = self._running()
        more = [Text(f"  and {len(rows) - most + 1} more", "dim")] if len(rows) > most else []
        rows = rows[: most - 1] if more else rows
        running = [row for row in rows if not row.waits_for]
        return Group(_table(running, width), *(_waiting(row, width) for row in rows if row.waits_for), *more)


def _table(rows: Sequence[Row], width: int) -> Table:
    """Return what is running; the titles give way: a number that is cut says something else."""
    visible = [column for column in COLUMNS if width >= column.from_width]
    table = Table.grid(padding=(0, GAP, 0, 0))
    cells = [[column.cell(row) for column in visible] for row in rows]
    others = sum(_widest(cells, number) + GAP for number in range(1, len(visible)))
    room = max(SHORTEST_TITLE, width - others - GAP)
    table.add_column(no_wrap=True, overflow="ellipsis", max_width=room)
    for number, column in enumerate(visible[1:], 1):
        table.add_column(justify=column.justify, no_wrap=True, min_width=_widest(cells, number))
    for row in cells:
        table.add_row(*row)
    return table


def _waiting(row: Row, width: int) -> Text:
    """Return a line of what waits: it has no numbers, and no clock."""
    said = f"{printable(row.label)}: waiting for {printable(row.waits_for)}"
    title = Text(f"  {printable(row.title)}", "dim")
    title.truncate(max(SHORTEST_TITLE, width - len(said) - GAP), overflow="ellipsis")
    line = Text.assemble(title, " " * GAP, (said, "dim"))
    line.truncate(width, overflow="ellipsis")
    return line


@dataclass(frozen=True)
class _Column:
    """A column of the table of what is running; shown on terminals of ``from_width`` columns and more."""

    cell: Callable[[Row], Text | ProgressBar]
    from_width: int = 0
    justify: Literal["left", "right"] = "right"


def _widest(cells: Sequence[Sequence[Text | ProgressBar]], number: int) -> int:
    """Return the columns that a column of the table takes."""
    texts = [row[number] for row in cells]
    return max((text.cell_len if isinstance(text, Text) else BAR_WIDTH for text in texts), default=0)


def _style(row: Row) -> str:
    return "bold" if row.whole else ""


def _bar(row: Row) -> Text | ProgressBar:
    if row.fraction is None:
        return Text("")
    return ProgressBar(total=1.0, completed=row.fraction, width=BAR_WIDTH, complete_style=STYLES["progress"])


COLUMNS = (
    _Column(lambda row: Text(f"  {printable(row.title or ALL)}", _style(row)), justify="left"),
    _Column(lambda row: Text(printable(row.label), _style(row)), justify="left"),
    _Column(_bar, from_width=100),
    _Column(lambda row: Text("" if row.fraction is None else f"{100 * row.fraction:.1f} %", _style(row))),
    _Column(lambda row: Text(f"{row.fps:.1f} fps" if row.fps else "", _style(row)), from_width=72),
    _Column(lambda row: Text("" if row.left is None else f"{left_text(row.left)} left", _style(row))),
)
