"""`drapto history`: what the runs of this project have done."""

from __future__ import annotations

import shutil
import textwrap
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from drapto.cli import options
from drapto.cli.output import say, write
from drapto.cli.ranges import Whole
from drapto.display.lines import columns, padded
from drapto.display.totals import outcomes, reduction_text, taken, totals_lines
from drapto.errors import printable
from drapto.words import count_text, size_text, time_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drapto.state.history import History, Run, TitleRun

MARKS = {"done": "✓", "failed": "✗", "skipped": "○", "unfinished": "…"}

LATEST = 10
"""Runs that are shown where nobody says how many."""

TITLE = 20
"""Columns that a title's name keeps however narrow the terminal is."""

INDENT = "  "


@click.command(
    short_help="Show what the runs here have done.",
    epilog=options.examples("drapto history", "drapto history -n 1", "drapto history --json"),
)
@click.option(
    "-n",
    "number",
    type=Whole(1),
    default=LATEST,
    show_default=True,
    metavar="N",
    help="Show the last N runs.",
)
@options.work_dir
@options.profile_option
@options.set_options
@options.config_file
@options.as_json
def history(
    *,
    number: int,
    work_dir: Path | None,
    set_: tuple[str, ...],
    config_file: Path | None,
    profile: str | None,
    as_json: bool,
) -> None:
    """Show what the last runs did, title by title, and what all of them come to.

    A run that found nothing to do is not remembered. The totals are over all runs; --json has them for each
    title, too.
    """
    given = {"processing.temp_dir": work_dir, "profile": profile}
    config = options.settings(set_, config_file, given).config
    from drapto.state.history import read  # noqa: PLC0415  once the arguments have proved good

    found = read(Path.cwd() / config.processing.temp_dir / ".drapto", number)
    if as_json:
        write(found.model_dump_json(indent=1, ensure_ascii=True))
        return
    for line in lines(found, shutil.get_terminal_size().columns):
        say(line)


def lines(found: History, width: int) -> Iterator[str]:
    """Yield what there is to say, in lines of ``width`` columns."""
    if not found.runs:
        yield "no run has done anything here yet"
    for run in found.runs:
        yield from _of_run(run, width)
        yield ""
    if found.runs:
        first, *more = totals_lines(found.totals)
        yield f"in all, {first}"
        yield from (f"{INDENT}{line}" for line in more)
        causes = ", ".join(f"{cause} ({number})" for cause, number in found.totals.causes.items())
        yield from _wrapped(f"failures of all runs: {causes or 'none'}", width, INDENT)
    if found.damaged:
        yield f"{count_text(found.damaged, 'line')} of the history cannot be read, and is left out"


def _of_run(run: Run, width: int) -> Iterator[str]:
    ended = ", interrupted" if run.interrupted else ""
    began = datetime.fromisoformat(run.time).replace(tzinfo=UTC).astimezone()
    yield from _wrapped(f"{began:%Y-%m-%d %H:%M}  {outcomes(run.totals)}{ended}", width)
    yield from _wrapped(taken(run.totals), width, INDENT)
    rows = [_cells(one, width) for one in run.titles]
    widths = [max(map(columns, column)) for column in zip(*rows, strict=True)]
    name = max(TITLE, width - sum(widths[1:]) - 2 * len(widths) - len(INDENT))
    for one, (title, *cells) in zip(run.titles, rows, strict=True):
        shown = [padded(cell, wide, right=True) for cell, wide in zip(cells, widths[1:], strict=True)]
        title_cell = padded(_cut(title, name), min(name, widths[0]))
        yield "  ".join((f"{INDENT}{MARKS[one.outcome]} {title_cell}", *shown)).rstrip()
        said = one.failure.message if one.failure else one.skipped
        if said:
            yield from _wrapped(said, width, f"{INDENT}  ")


def _cells(one: TitleRun, width: int) -> list[str]:
    """Return what there is to say of a title, as much as goes into ``width`` columns."""
    saved = "-" if one.reduction is None else reduction_text(one.reduction)
    cells = [printable(Path(one.source).stem), saved, time_text(one.seconds)]
    if width >= 80:  # noqa: PLR2004  what a terminal has unless it is made narrower
        cells[1:1] = [_size(one.source_bytes), _size(one.output_bytes)]
    if width >= 110:  # noqa: PLR2004  room for all
        cells += [
            f"{one.speed:.2f}x" if one.speed else "-",
            f"{one.fps:.1f} fps" if one.fps else "-",
            f"CPU {time_text(one.cpu_seconds)}",
            size_text(one.peak_memory) if one.peak_memory else "-",
        ]
    return cells


def _size(size: int | None) -> str:
    return "-" if size is None else size_text(size)


def _cut(text: str, width: int) -> str:
    """Return ``text`` in at most ``width`` columns."""
    if columns(text) <= width:
        return text
    while columns(text) >= width:
        text = text[:-1]
    return f"{text}…"


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    text = printable(text)
    return textwrap.wrap(text, max(width, 40), initial_indent=indent, subsequent_indent=f"{indent}  ")
