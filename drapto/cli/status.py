"""`drapto status`: how far each title is."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Unpack

import click

from drapto.cli import options
from drapto.cli.given import as_given
from drapto.cli.output import say
from drapto.cli.titles import nothing_here
from drapto.errors import EXIT_FAILED, EXIT_LEFT
from drapto.words import count_text, left_text, percent_text, size_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drapto.cli.overview import SegmentsOverview, StageOverview, TitleOverview
    from drapto.project import Project

MOST_ATTEMPTS = 10
"""Segments of which it is said how often they were tried; ``--json`` has all."""

WATCH_EVERY = 5.0
"""Seconds between two looks of ``--watch``."""

MARKS = {
    "done": "✓",
    "running": "▸",
    "waiting": "·",
    "failed": "✗",
    "stale": "↻",
    "partly": "…",
    "todo": "·",
    "skipped": "○",
}


@click.command(
    short_help="Show how far each title is.",
    epilog=options.examples(
        "drapto status",
        "drapto status 'Alien (1979)'",
        "drapto status --watch",
        "drapto status --exit-code && echo done",
    ),
)
@options.project_options
@options.as_json
@click.option("--watch", is_flag=True, help="Show it again every few seconds, until Ctrl-C.")
@click.option(
    "--exit-code",
    is_flag=True,
    help="Exit with 0 if all is done, 1 if a title has failed, 5 if work is left.",
)
def status(*, as_json: bool, watch: bool, exit_code: bool, **named: Unpack[options.Named]) -> int:
    """Show how far each title is: running, waiting, failed, stale, partly done, to do, done or skipped.

    It may be asked from another terminal while a run works. A title is stale when something that it was
    made from has changed since, a setting or a file.

    INPUT is an MKV file, a directory of them, or a title of this project, as `drapto run` takes it.
    """
    project = options.open_named(named)
    titles = _look(project, named)
    try:
        while watch:
            if not as_json:
                click.clear()
            _show(project, titles, as_json=as_json)
            time.sleep(WATCH_EVERY)
            titles = _look(project, named)
    except KeyboardInterrupt:  # how it ends
        pass
    else:
        _show(project, titles, as_json=as_json)
    return _code(titles) if exit_code else 0


def _look(project: Project, named: options.Named) -> list[TitleOverview]:
    from drapto import rules  # noqa: PLC0415  the graph comes once the arguments have proved good
    from drapto.cli.overview import Now, overview  # noqa: PLC0415  as above
    from drapto.progress import record  # noqa: PLC0415  as above

    running = record.read_running(project.state_dir) or {}
    at_work = running.get("titles")
    tasks = rules.explain(project)
    now = Now(
        at_work if isinstance(at_work, dict) else {},
        record.failures(project.state_dir),
        as_given(project, named, tasks),
        frozenset(rules.extra_stages()),
    )
    return overview(project, tasks, rules.skips(project), now)


def _show(project: Project, titles: Sequence[TitleOverview], *, as_json: bool) -> None:
    if as_json:
        options.echo_json({"titles": [asdict(title) for title in titles]})
        return
    if not titles:
        say(nothing_here(project))
    for title in titles:
        for line in lines(title):
            say(line)


def _code(titles: Sequence[TitleOverview]) -> int:
    """Return the exit code that ``--exit-code`` asks for."""
    states = {title.state for title in titles}
    if "failed" in states:
        return EXIT_FAILED
    return 0 if states <= {"done", "skipped"} else EXIT_LEFT


def lines(title: TitleOverview) -> list[str]:
    """Return what there is to say of a title."""
    text = [f"{MARKS[title.state]} {title.shown}: {_words(title)}"]
    # of a title of which nothing is done, the stages say no more
    if title.state not in ("done", "skipped") and any(stage.done for stage in title.stages):
        text.append(f"    {_stages(title.stages)}")
    if title.segments is not None and title.state not in ("done", "skipped"):
        text += [f"    {line}" for line in _segments(title.segments)]
    if title.output_bytes is not None:
        text.append(f"    {title.output}, {size_text(title.output_bytes)}")
    return text


def _stages(stages: Sequence[StageOverview]) -> str:
    return "  ".join(
        f"{MARKS[stage.state]} {stage.name}" + (f" {stage.done}/{stage.tasks}" if stage.tasks > 1 else "")
        for stage in stages
    )


def _words(title: TitleOverview) -> str:
    """Return the state of a title in words."""
    if title.state == "skipped":
        return title.skipped
    if title.state == "failed":
        when = f" ({title.at[:16].replace('T', ' ')})" if title.at else ""
        return f"failed{when}: {title.why}"
    if title.state in ("running", "waiting"):
        waits = f"waiting for {title.waits_for}" if title.waits_for else "running"
        far = "" if title.fraction is None else f", {percent_text(title.fraction, 1)}"
        left = "" if title.seconds_left is None else f", {left_text(title.seconds_left)} left"
        return f"{waits}{far}{left}"
    if title.state == "stale":
        return f"stale, since {title.why}"
    plainly = {"partly": "partly done", "todo": "to do", "done": "done"}[title.state]
    return f"{plainly} ({title.why})" if title.why else plainly


def _segments(segments: SegmentsOverview) -> list[str]:
    failed = f", {segments.failed} failed" if segments.failed else ""
    done = f"{segments.completed} of {count_text(segments.total, 'segment')}"
    text = f"{done}, {segments.progress:.1f} % of frames{failed}"
    tried = segments.attempts[-MOST_ATTEMPTS:]
    return [
        text,
        *segments.places,
        *(f"✗ {error}" for error in segments.errors),
        *(f"⚠ {line}" for line in tried),
    ]
