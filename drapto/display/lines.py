"""What a run says, as text: stage lines and the summary, without colour."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from drapto.errors import printable
from drapto.words import percent_text, size_text, time_text

if TYPE_CHECKING:
    from collections.abc import Sequence

Mark = Literal["done", "warning", "failure", "progress", "skipped"]

MARKS: dict[Mark, str] = {"done": "✓", "warning": "⚠", "failure": "✗", "progress": "…", "skipped": "○"}
PLAIN_MARKS: dict[Mark, str] = {"done": "+", "warning": "!", "failure": "x", "progress": ".", "skipped": "-"}
"""For an output that cannot show the others."""

TITLE_WIDTH = 32
"""Columns that titles are padded to at most; a longer one stands out of line rather than being cut."""

STAGE_WIDTH = 11
"""Columns of a stage and its segment's number: ``encode 0001``."""


@dataclass(frozen=True)
class Line:
    """One line about one stage of one title.

    Attributes:
        mark: What kind of line.
        title: The title's name.
        stage: The stage, with the number of the segment or track; empty where the line is about no stage.
        text: What there is to say.
        seconds: How long it took, None where that is not to be said.
    """

    mark: Mark
    title: str
    stage: str
    text: str
    seconds: float | None = None

    def body(self, title_width: int) -> str:
        """Return the line without its mark, the title padded to ``title_width`` columns."""
        parts = [
            padded(printable(self.title), title_width),
            padded(printable(self.stage), STAGE_WIDTH),
            printable(self.text),
        ]
        if self.seconds is not None:
            parts.append(time_text(self.seconds))
        return "  ".join(part for part in parts if part).rstrip()


@dataclass(frozen=True)
class SummaryRow:
    """What became of a title.

    Attributes:
        title: What people call it.
        source_bytes: The source's size.
        output_bytes: The finished file's size; None where it is not there.
        seconds: How long this run worked on it; 0 where it was up to date.
        duration: How long it plays, seconds; None where that is not known.
        failed: Whether a stage of it failed.
        problems: What failed, a line each.
        skipped: Why it was left alone, and what to do to have it encoded; empty where it was not.
        differing: In how many details the output differs from the source that a viewer would not miss.
    """

    title: str
    source_bytes: int
    output_bytes: int | None
    seconds: float
    duration: float | None = None
    failed: bool = False
    problems: tuple[str, ...] = ()
    differing: int = 0
    skipped: str = ""

    @property
    def mark(self) -> Mark:
        """Whether the output is there; a warning where only a part of the graph was asked for."""
        if self.skipped and not self.failed:
            return "skipped"
        if self.failed:
            return "failure"
        return "warning" if self.output_bytes is None else "done"

    def cells(self) -> list[str]:
        """Return the row's cells, under `SUMMARY_HEADER`."""
        saved = speed = time = "-"
        if self.output_bytes is not None and self.source_bytes:
            saved = percent_text(1 - self.output_bytes / self.source_bytes, 1)
        if self.seconds > 0:
            time = time_text(self.seconds)
            if self.duration and self.output_bytes is not None:
                speed = f"{self.duration / self.seconds:.2f}x"
        output = "-" if self.output_bytes is None else size_text(self.output_bytes)
        return [printable(self.title), size_text(self.source_bytes), output, saved, time, speed]


SUMMARY_HEADER = ("title", "source", "output", "saved", "time", "speed")
DIFFERING = "differs"
"""One more column, where there is something to say in it."""


def summary_table(rows: Sequence[SummaryRow]) -> list[list[str]]:
    """Return the summary's header and rows, cell by cell."""
    table = [list(SUMMARY_HEADER), *(row.cells() for row in rows)]
    if any(row.differing for row in rows):
        said = [DIFFERING, *(str(row.differing) if row.differing else "-" for row in rows)]
        table = [[*cells, cell] for cells, cell in zip(table, said, strict=True)]
    return table


SHORTEST_TITLE = 12
"""Columns that a title keeps however narrow the terminal is."""

LEAST_CELLS = 4
"""The summary's columns, from the left, that are shown however narrow the terminal is."""


def summary_lines(rows: Sequence[SummaryRow], width: int = 0) -> list[str]:
    """Return the summary's header and rows, aligned, without marks.

    Args:
        rows: What became of each title.
        width: Columns that a line may have; titles give way first, then what stands on the right. 0: any.
    """
    table = summary_table(rows)
    widths = _widths(table)
    while width and len(table[0]) > LEAST_CELLS and _numbers(widths) + SHORTEST_TITLE > width:
        table = [row[:-1] for row in table]
        widths = _widths(table)
    if width:
        room = max(SHORTEST_TITLE, width - _numbers(widths))
        table = [[shortened(row[0], room), *row[1:]] for row in table]
        widths = _widths(table)
    return [
        "  ".join(
            padded(cell, width, right=number > 0)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]


def _widths(table: Sequence[Sequence[str]]) -> list[int]:
    return [max(columns(cell) for cell in column) for column in zip(*table, strict=True)]


def _numbers(widths: Sequence[int]) -> int:
    """Return what a table's columns but its first take, with the space before them."""
    return sum(2 + width for width in widths[1:])


MOST_PROBLEMS = 3
"""How many of a title's failures stand at the end of a run; all of them are in its logs."""


def problem_lines(rows: Sequence[SummaryRow]) -> list[str]:
    """Return what failed and what to do about it, title by title, without marks: the last that a run says."""
    lines: list[str] = []
    for row in rows:
        lines += [f"{printable(row.title)}: {printable(problem)}" for problem in row.problems[:MOST_PROBLEMS]]
        if more := len(row.problems) - MOST_PROBLEMS:
            lines += [f"{printable(row.title)}: and {more} more"] if more > 0 else []
    return lines


def skipped_lines(rows: Sequence[SummaryRow]) -> list[str]:
    """Return which titles were left alone and why, without marks."""
    return [f"{printable(row.title)}: {printable(row.skipped)}" for row in rows if row.skipped]


def columns(text: str) -> int:
    """Return how many columns of a terminal ``text`` takes: two for an East Asian wide character."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(unicodedata.combining(char) > 0 for char in text)


def shortened(text: str, width: int) -> str:
    """Return ``text`` in at most ``width`` columns: of a longer one, its middle is left out.

    What is alike in the names of a series stands at their beginnings, and what differs at their ends.
    """
    if columns(text) <= width:
        return text
    first = last = ""
    while columns(f"{first}…{last}") < width:
        before = first, last
        if len(first) > len(last):
            last = text[len(text) - len(last) - 1 :]
        else:
            first = text[: len(first) + 1]
        if columns(f"{first}…{last}") > width:
            first, last = before
            break
    return f"{first.rstrip()}…{last.lstrip()}"


def padded(text: str, width: int, *, right: bool = False) -> str:
    """Return ``text`` filled with spaces to ``width`` columns, the text at the left or right."""
    space = " " * max(0, width - columns(text))
    return space + text if right else text + space
