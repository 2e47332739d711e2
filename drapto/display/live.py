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
    columns,
    padded,
    problem_lines,
    shortened,
    skipped_lines,
    summary_lines,
)
from drapto.display.rows import ALL, Row
from drapto.display.wrapping import wrapped
from drapto.terminal import printable, shown
from drapto.words import left_text, percent_text

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

INDENT = 2
"""Columns before a title that is worked on."""

MARGIN = 3
"""Lines of the terminal that are left free, the empty one at the end among them."""


class LiveScreen:
    """Lines with colour above a table of what is running.

    Args:
        console: The terminal.
        running: Returns what is running; called in a thread of the screen's own.
    """

    def __init__(self, console: Console, running: Callable[[], Sequence[Row]]) -> None:
        self._console = console
        self._running = running
        self._sized, self._widest = 0, Widths()
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
        self._live.refresh()  # what the line says is done stands below it no more
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
        if width != self._sized:
            self._sized, self._widest = width, Widths()
        self._widest = self._widest.holding(rows, width)
        running = [row for row in rows if not row.waits_for]
        waiting = [_waiting(row, self._widest.title, width) for row in rows if row.waits_for]
        # the terminal shows a ^C where the cursor stands: at the end of a full line, all below it would move
        return Group(_table(running, self._widest, width), *waiting, *more, Text(""))


def _visible(width: int) -> list[_Column]:
    """Return the columns behind the titles."""
    return [column for column in COLUMNS if width >= column.from_width]


@dataclass(frozen=True)
class Widths:
    """How wide the columns of what is running are: what was wide stays so, or all would move at each redraw.

    Attributes:
        title: Columns of a title.
        others: Of what stands behind it, column by column.
        waiting: Of what is said of something that waits.
    """

    title: int = 0
    others: tuple[int, ...] = ()
    waiting: int = 0

    def holding(self, rows: Sequence[Row], width: int) -> Widths:
        """Return widths that hold these rows, too; titles give way: a cut number says something else."""
        visible = _visible(width)
        cells = [[column.cell(row) for column in visible] for row in rows if not row.waits_for]
        others = tuple(max((_columns(row[at]) for row in cells), default=0) for at in range(len(visible)))
        waiting = max((columns(_waits(row)) for row in rows if row.waits_for), default=0)
        widest = max((columns(_title(row)) for row in rows), default=0)
        if self.others and _room(kept := tuple(map(max, self.others, others)), 0, width) >= SHORTEST_TITLE:
            others = kept
        if _room(others, max(self.waiting, waiting), width) >= SHORTEST_TITLE:
            waiting = max(self.waiting, waiting)
        room = max(SHORTEST_TITLE, _room(others, waiting, width))
        return Widths(min(room, max(self.title, widest)), others, waiting)


def _room(others: Sequence[int], waiting: int, width: int) -> int:
    """Return how many columns are left for titles, beside other columns, and beside what waits."""
    behind = max(sum(GAP + one for one in others), GAP + waiting if waiting else 0)
    return width - INDENT - behind


def _table(rows: Sequence[Row], widths: Widths, width: int) -> Table:
    """Return what is running."""
    visible = _visible(width)
    table = Table.grid(padding=(0, GAP, 0, 0))
    table.add_column(no_wrap=True, min_width=INDENT + widths.title)
    for column, widest in zip(visible, widths.others, strict=True):
        table.add_column(justify=column.justify, no_wrap=True, min_width=widest)
    for row in rows:
        title = Text(" " * INDENT + shortened(_title(row), widths.title), _style(row))
        table.add_row(title, *(column.cell(row) for column in visible))
    return table


def _title(row: Row) -> str:
    return printable(row.title or ALL)


def _waits(row: Row) -> str:
    """Return what is said of something that waits: it has no numbers, and no clock."""
    return f"{printable(row.label)}: waiting for {printable(row.waits_for)}"


def _waiting(row: Row, title_width: int, width: int) -> Text:
    title = padded(shortened(_title(row), title_width), title_width)
    line = Text(f"{' ' * INDENT}{title}{' ' * GAP}{_waits(row)}", "dim")
    line.truncate(width, overflow="ellipsis")
    return line


@dataclass(frozen=True)
class _Column:
    """A column of the table of what is running; shown on terminals of ``from_width`` columns and more."""

    cell: Callable[[Row], Text | ProgressBar]
    from_width: int = 0
    justify: Literal["left", "right"] = "right"


def _columns(cell: Text | ProgressBar) -> int:
    return cell.cell_len if isinstance(cell, Text) else BAR_WIDTH


def _style(row: Row) -> str:
    return "bold" if row.whole else ""


def _bar(row: Row) -> Text | ProgressBar:
    if row.fraction is None:
        return Text("")
    return ProgressBar(total=1.0, completed=row.fraction, width=BAR_WIDTH, complete_style=STYLES["progress"])


COLUMNS = (
    _Column(lambda row: Text(printable(row.label), _style(row)), justify="left"),
    _Column(_bar, from_width=100),
    _Column(lambda row: Text("" if row.fraction is None else percent_text(row.fraction, 1), _style(row))),
    _Column(lambda row: Text(f"{row.fps:.1f} fps" if row.fps else "", _style(row)), from_width=72),
    _Column(lambda row: Text("" if row.left is None else f"{left_text(row.left)} left", _style(row))),
)
