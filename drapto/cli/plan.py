"""`drapto plan`: what would run, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from types import MappingProxyType
from typing import TYPE_CHECKING, Unpack

import click

from drapto.cli import options
from drapto.cli.output import say
from drapto.cli.titles import nothing_here
from drapto.errors import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from drapto.rules import PlannedTask
    from drapto.state.explain import Reason


MOST_REASONS = 3
"""How many of a task's reasons a line shows."""


@click.command(
    short_help="Show what would run, and why.",
    epilog=options.examples("drapto plan", "drapto plan movie.mkv -o out --json"),
)
@options.project_options
@options.as_json
def plan(as_json: bool, **named: Unpack[options.Named]) -> None:
    """Show what an encode of INPUT (by default: of this project) would run, and why. Nothing is run."""
    project = options.open_named(named)
    from drapto import rules  # noqa: PLC0415  the graph comes once the arguments have proved good

    tasks, qualities = rules.explain(project), rules.qualities(project)
    if as_json:
        options.echo_json({"qualities": qualities, "tasks": [_record(task) for task in tasks]})
        return
    if not project.titles:
        say(nothing_here(project))
        return
    for line in render(tasks, qualities):
        say(line)


def _record(task: PlannedTask) -> dict[str, object]:
    return {
        "name": task.name,
        "title": task.title,
        "stage": task.stage,
        "action": task.action,
        "reasons": [asdict(reason) for reason in task.reasons],
    }


def summary(reasons: Sequence[Reason]) -> str:
    """Return the reasons in few words: what follows from another one is left to ``--json``."""
    for reason in reasons:
        if reason.kind in ("forced", "first run"):
            return str(reason)
    own = [reason for reason in reasons if reason.kind != "cascade"] or list(reasons)
    more = f" and {len(own) - MOST_REASONS} more" if len(own) > MOST_REASONS else ""
    return "; ".join(str(reason) for reason in own[:MOST_REASONS]) + more


def render(tasks: Iterable[PlannedTask], qualities: Mapping[str, str] = MappingProxyType({})) -> list[str]:
    """Return the plan as lines: titles, their stages, like tasks counted together, and a sum.

    Args:
        tasks: What is planned.
        qualities: How titles' quality is set, and why, as far as that is known.
    """
    tasks = list(tasks)
    alike = Counter((task.title, task.stage, task.action, task.reasons) for task in tasks)
    lines: list[str] = []
    seen: set[str] = set()
    for (title, stage, action, reasons), count in alike.items():
        if title not in seen:
            seen.add(title)
            lines.append(f"{title}: {qualities[title]}" if title in qualities else title)
        times = f" x {count}" if count > 1 else ""
        why = printable(summary(reasons)) if action == "run" else "up to date"
        lines.append(f"  {'run ' if action == 'run' else 'keep'}  {stage + times:<18}{why}")
    todo = sum(task.action == "run" for task in tasks)
    lines.append(f"{todo} to run, {len(tasks) - todo} up to date")
    return lines
