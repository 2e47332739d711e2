"""`drapto plan`: what would run, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Unpack

import click

from drapto.cli import options, quality
from drapto.cli.given import as_given
from drapto.cli.output import say
from drapto.cli.titles import idle_settings, nothing_here
from drapto.errors import printable
from drapto.words import about_size_text, count_text, left_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from drapto.rules import PlannedTask, Prediction
    from drapto.state.explain import Reason


MOST_REASONS = 3
"""How many of a task's reasons a line shows."""


@click.command(
    short_help="Show what would run, and why.",
    epilog=options.examples(
        "drapto plan -v", "drapto plan movie.mkv -o out --vmaf 90", "drapto plan movie.mkv -o out --json"
    ),
)
@options.project_options
@quality.quality_options
@quality.no_skip
@click.option("-v", "--verbose", is_flag=True, help="Show every task, and each reason for it.")
@options.as_json
def plan(*, verbose: bool, as_json: bool, no_skip: bool, **named: Unpack[quality.Asked]) -> None:
    """Show what an encode of INPUT (by default: of this project) would do, and why. Nothing is run.

    INPUT is an MKV file, a directory of them, or a title of this project, as `drapto run` takes it.
    """
    project = options.open_named(named, {**quality.of_quality(named), **quality.not_skipping(no_skip)})
    from drapto import rules  # noqa: PLC0415  the graph comes once the arguments have proved good

    tasks, qualities, skips = rules.explain(project), rules.qualities(project), rules.skips(project)
    predictions, whole = rules.predict(project, tasks, skips)
    given = as_given(project, named, tasks)
    if as_json:
        options.echo_json(
            {
                "qualities": qualities,
                "skipped": skips,
                "as_given": given,
                "predicted": {name: asdict(one) for name, one in predictions.items()},
                "total": None if whole is None else asdict(whole),
                "tasks": [_record(task) for task in tasks],
            }
        )
        return
    if not project.titles:
        say(nothing_here(project))
        return
    if not named["inputs"]:
        for line in idle_settings(project):
            say(line, err=True)
    from drapto.progress import record  # noqa: PLC0415  as above

    stems = {title.name: title.source.stem for title in project.titles}
    if verbose:
        lines = render(tasks, {**qualities, **skips}, stems)
    else:
        failed = {name: failure_text(one) for name, one in record.failures(project.state_dir).items()}
        lines = brief(tasks, qualities, stems, skips, Expected(predictions, whole, failed, given))
    for line in lines:
        say(line)


def failure_text(failure: Mapping[str, object]) -> str:
    """Return when, where and why a title failed, by what was noted of it."""
    at = str(failure.get("at", ""))[:16].replace("T", " ")
    return f"failed{f' ({at})' if at else ''}: {failure.get('stage', '')}: {failure.get('error', '')}"


@dataclass(frozen=True)
class Expected:
    """What is expected of titles, by their names.

    Attributes:
        titles: How long each takes, and how large it becomes.
        whole: The same of all of them.
        failed: How titles failed last time.
        as_given: The settings with which titles are finished that one run was given alone.
    """

    titles: Mapping[str, Prediction] = field(default_factory=dict)
    whole: Prediction | None = None
    failed: Mapping[str, str] = field(default_factory=dict)
    as_given: Mapping[str, str] = field(default_factory=dict)

    def of(self, title: str) -> str:
        """Return a title's time and size in words, behind a comma; nothing where they are not known."""
        return "" if title not in self.titles else f", {_about(self.titles[title])}"

    @property
    def total(self) -> str:
        """The time and size of all, in words, behind a comma."""
        if self.whole is None:
            return ""
        rough = "" if self.whole.measured else " (roughly: nothing like it was measured here yet)"
        return f", {_about(self.whole)}{rough}"


def _about(expected: Prediction) -> str:
    return f"about {left_text(expected.seconds)} for about {about_size_text(expected.bytes)}"


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
    own = [reason for reason in reasons if reason.kind != "cascade"]
    if not own and reasons:
        return f"after {reasons[0].what.partition(':')[0]}"
    more = f" and {len(own) - MOST_REASONS} more" if len(own) > MOST_REASONS else ""
    return "; ".join(str(reason) for reason in own[:MOST_REASONS]) + more


def brief(
    tasks: Iterable[PlannedTask],
    qualities: Mapping[str, str],
    stems: Mapping[str, str],
    skips: Mapping[str, str] = MappingProxyType({}),
    expected: Expected | None = None,
) -> list[str]:
    """Return the plan as a line for each title, and a sum.

    Args:
        tasks: What is planned.
        qualities: How titles' quality is set, as far as that is known.
        stems: What people call the titles, by name.
        skips: Why titles are left alone, by name.
        expected: How long they take, and how large they become.
    """
    expected = expected or Expected()
    titles: dict[str, list[PlannedTask]] = {}
    for task in tasks:
        titles.setdefault(task.title, []).append(task)
    lines, todo, again = [], 0, 0
    for title, own in titles.items():
        left = [task for task in own if task.action == "run"]
        named = printable(stems.get(title, title))
        if title in skips:
            lines.append(f"○ {named}: {skips[title]}")
            continue
        again += bool(left) and title in expected.as_given
        todo += bool(left) and title not in expected.as_given
        mark, what = _state(title, own, left, qualities.get(title), expected)
        lines.append(f"{mark} {named}: {what}")
    skipped = sum(title in skips for title in titles)
    finished = len(titles) - todo - again - skipped
    work = f"{count_text(todo or again, 'title')} to do{'' if todo or not again else ' again'}"
    work += f", {again} again" if todo and again else ""
    done = f", {finished} finished" if finished else ""
    done += f", {skipped} skipped" if skipped else ""
    any_left = bool(todo or again)
    more = "; -v shows each task" if any_left else ""
    return [*lines, f"{work}{expected.total if any_left else ''}{done}{more}"]


def _state(
    title: str,
    own: Sequence[PlannedTask],
    left: Sequence[PlannedTask],
    quality: str | None,
    expected: Expected,
) -> tuple[str, str]:
    """Return a title's mark, and in words what is left to do of it."""
    if not left:
        return "✓", "finished"
    if title in expected.failed:
        failed = printable(expected.failed[title])
        return "✗", f"{failed}; tried again by the next run{expected.of(title)}"
    todo = _left(own, left, quality) + expected.of(title)
    if title in expected.as_given:
        made = printable(expected.as_given[title])
        return "↻", f"finished, as made with {made}; without that, {todo}"
    return ("…" if len(left) < len(own) else "·"), todo


def _left(own: Sequence[PlannedTask], left: Sequence[PlannedTask], quality: str | None) -> str:
    """Return what is left to do of a title, in a few words."""
    how = f" ({quality.partition(' (')[0]})" if quality is not None else ""  # why is told by -v
    if len(left) == len(own):
        return f"to do{how}"
    total = Counter(task.stage for task in own)
    parts = [
        f"{number} of {total[stage]} {PLURALS.get(stage, stage)}"
        if total[stage] > number
        else f"{number} {PLURALS.get(stage, stage)}"
        if number > 1
        else stage
        for stage, number in Counter(task.stage for task in left).items()
    ]
    why = [reason for task in left for reason in task.reasons if reason.kind in ("changed", "missing")]
    since = f", since {plain(why[0])}" if why else ""
    return f"to do: {', '.join(parts)}{since}{how}"


PLURALS = {"encode": "segments", "audio": "audio tracks", "validate": "checks"}


def plain(reason: Reason) -> str:
    """Return a reason as a part of a sentence."""
    if reason.kind == "missing":
        return f"{printable(Path(reason.what).name)} is {reason.detail or 'missing'}"
    name = printable(Path(reason.what).name if reason.what.startswith("/") else reason.what)
    return f"{name} changed" + (f" ({printable(reason.detail)})" if reason.detail else "")


def render(
    tasks: Iterable[PlannedTask],
    qualities: Mapping[str, str] = MappingProxyType({}),
    stems: Mapping[str, str] = MappingProxyType({}),
) -> list[str]:
    """Return the plan as lines: titles, their stages, like tasks counted together, and a sum.

    Args:
        tasks: What is planned.
        qualities: How titles' quality is set, and why, as far as that is known.
        stems: What people call the titles, by name.
    """
    tasks = list(tasks)
    alike = Counter((task.title, task.stage, task.action, task.reasons) for task in tasks)
    lines: list[str] = []
    seen: set[str] = set()
    for (title, stage, action, reasons), count in alike.items():
        if title not in seen:
            seen.add(title)
            named = printable(stems.get(title, title))
            lines.append(f"{named}: {qualities[title]}" if title in qualities else named)
        times = f" x {count}" if count > 1 else ""
        why = printable(summary(reasons)) if action == "run" else "up to date"
        lines.append(f"  {'run ' if action == 'run' else 'keep'}  {stage + times:<18}{why}")
    todo = sum(task.action == "run" for task in tasks)
    lines.append(f"{todo} to run, {len(tasks) - todo} up to date")
    return lines
