"""What is at work, row by row, and how a row is worded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from drapto.display.lines import Line
from drapto.words import left_text, percent_text

if TYPE_CHECKING:
    from collections.abc import Sequence

ENCODE = "encode"

ALL = "all titles"
"""What the row of the whole run is called."""


@dataclass(frozen=True)
class Row:
    """A task, a title as a whole, or the whole run.

    Attributes:
        title: The title's name; empty for the whole run.
        label: What it is: stage and number; for a whole title, how many segments are done.
        fraction: How much is done, 0 to 1; None where that is not known.
        fps: Frames per second; 0 where frames are not counted.
        left: Seconds to go; None where that is not known.
        whole: True for a title as a whole, and for the run.
        waits_for: What it waits for; empty where it does not.
    """

    title: str
    label: str
    fraction: float | None
    fps: float
    left: float | None
    whole: bool = False
    waits_for: str = ""


def label(stage: str, part: int | None) -> str:
    """Return a stage with the number of its segment, as the segment's files are named, or of its track."""
    if part is None:
        return stage
    return f"{stage} {part:04d}" if stage == ENCODE else f"{stage} {part}"


def progress_lines(rows: Sequence[Row]) -> list[Line]:
    """Return a line for the run, and for each title that is worked on, for an output that is no terminal."""
    return [
        Line("progress", row.title or ALL, ENCODE if row.title and row.label else "", row_text(row))
        for row in rows
        if row.whole
    ]


def row_text(row: Row) -> str:
    """Return how far a title, or the run, is, in words."""
    parts = [percent_text(row.fraction or 0, 1), *([row.label] if row.label else [])]
    if row.fps:
        parts.append(f"{row.fps:.1f} fps")
    if row.left is not None:
        parts.append(f"{left_text(row.left)} left")
    return ", ".join(parts)
