"""`drapto verify`: are the finished files still what was published?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Unpack

import click

from drapto.cli import options
from drapto.cli.output import say
from drapto.cli.titles import nothing_here
from drapto.display.busy import Busy
from drapto.errors import EXIT_FAILED, printable

if TYPE_CHECKING:
    from drapto.rules import Verdict

MARKS = {"whole": "✓", "edited": "✓", "unknown": "?", "absent": "·", "damaged": "✗", "missing": "✗"}


@click.command(
    short_help="Read the finished files to their ends.",
    epilog=options.examples("drapto verify", "drapto verify rips/ -o out"),
)
@options.project_options
@options.as_json
def verify(as_json: bool, **named: Unpack[options.Named]) -> int:
    """Read every finished file to its end, and hold all of its packets against what was published.

    A run only looks at their sizes, times and inodes. What is damaged is made again by the next run.

    INPUT is an MKV file, a directory of them, or a title of this project, as `drapto run` takes it.
    """
    project = options.open_named(named)
    from drapto import rules  # noqa: PLC0415  the graph comes once the arguments have proved good

    skips = rules.skips(project)
    verdicts = []
    with Busy("reading") as busy:
        found = rules.verify(project)
        for title in project.titles:
            busy.now(f"reading {title.source.stem}")
            one = next(found)
            left_alone = one.verdict == "absent" and one.title in skips
            verdicts.append(replace(one, said=skips[one.title]) if left_alone else one)
    if not as_json and not project.titles:
        say(nothing_here(project))
    if as_json:
        options.echo_json({"outputs": [_record(one) for one in verdicts]})
    else:
        stems = {title.name: printable(title.source.stem) for title in project.titles}
        for one in verdicts:
            mark = "○" if one.verdict == "absent" and one.title in skips else MARKS[one.verdict]
            where = "" if one.verdict == "absent" else f" ({printable(one.output)})"
            say(f"{mark} {stems.get(one.title, one.title)}: {one.said}{where}")
    return EXIT_FAILED if any(one.verdict in {"damaged", "missing"} for one in verdicts) else 0


def _record(one: Verdict) -> dict[str, str]:
    return {"title": one.title, "output": printable(one.output), "verdict": one.verdict, "said": one.said}
