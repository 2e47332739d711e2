"""`drapto status`: how far each title is."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Unpack

import click

from drapto.cli import options
from drapto.cli.output import say
from drapto.cli.titles import nothing_here
from drapto.words import size_text

if TYPE_CHECKING:
    from drapto.cli.overview import SegmentsOverview, TitleOverview

MOST_ATTEMPTS = 10
"""Segments of which it is said how often they were tried; ``--json`` has all."""

MARKS = {"done": "✓", "partly": "…", "waiting": "·", "skipped": "○"}


@click.command(
    short_help="Show how far each title is.", epilog=options.examples("drapto status", "drapto status --json")
)
@options.project_options
@options.as_json
def status(as_json: bool, **named: Unpack[options.Named]) -> None:
    """Show how far each title is: its stages, its segments, its output."""
    project = options.open_named(named)
    from drapto import rules  # noqa: PLC0415  the graph comes once the arguments have proved good
    from drapto.cli.overview import overview  # noqa: PLC0415  as above

    titles = overview(project, rules.explain(project), rules.skips(project))
    if as_json:
        options.echo_json({"titles": [asdict(title) for title in titles]})
        return
    if not titles:
        say(nothing_here(project))
    for title in titles:
        for line in lines(title):
            say(line)


def lines(title: TitleOverview) -> list[str]:
    """Return what there is to say of a title."""
    if title.skipped:
        there = (
            [f"    {title.output}, {size_text(title.output_bytes)}"] if title.output_bytes is not None else []
        )
        return [f"{MARKS[title.state]} {title.title}", f"    {title.skipped}", *there]
    stages = "  ".join(
        f"{MARKS[stage.state]} {stage.name}" + (f" {stage.done}/{stage.tasks}" if stage.tasks > 1 else "")
        for stage in title.stages
    )
    text = [f"{MARKS[title.state]} {title.title}", f"    {stages}"]
    if title.segments is not None and title.state != "done":
        text += [f"    {line}" for line in _segments(title.segments)]
    if title.output_bytes is not None:
        text.append(f"    {title.output}, {size_text(title.output_bytes)}")
    return text


def _segments(segments: SegmentsOverview) -> list[str]:
    failed = f", {segments.failed} failed" if segments.failed else ""
    text = f"{segments.progress:.1f} %: {segments.completed} of {segments.total} segments{failed}"
    tried = segments.attempts[-MOST_ATTEMPTS:]
    return [
        text,
        *segments.places,
        *(f"✗ {error}" for error in segments.errors),
        *(f"⚠ {line}" for line in tried),
    ]
