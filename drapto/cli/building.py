"""Runs a project's graph for a command, and tells what happens, and what came of it, to who asked."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

from drapto.cli.output import write
from drapto.errors import EXIT_ERROR
from drapto.tools import find_tools, require

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from drapto.project import Project


def built(
    project: Project,
    events: Path | None,
    targets: Sequence[str] = (),
    *,
    force: bool,
    jobs: int | None,
    as_json: bool = False,
) -> int:
    """Run a project's graph, tell its events to who asked for them, and return the exit code.

    Args:
        project: The project.
        events: The file that the events are appended to; ``-`` is standard output; None: nobody asked.
        targets: What to build; everything by default.
        force: Run tasks that are up to date, too.
        jobs: How many tasks run side by side; as the settings say by default.
        as_json: Show nothing, and print what came of it.

    Raises:
        UsageError: The run, or the file, cannot begin.
    """
    require(find_tools(project.config.tools.ffmpeg))
    from drapto import rules  # noqa: PLC0415  the graph comes once the arguments have proved good

    code = _run(project, events, targets, force=force, jobs=jobs, quiet=as_json)
    if as_json:
        write(rules.run_result(project, code).model_dump_json(indent=1, ensure_ascii=True))
    return code


def _run(
    project: Project,
    events: Path | None,
    targets: Sequence[str],
    *,
    force: bool,
    jobs: int | None,
    quiet: bool,
) -> int:
    from drapto import rules  # noqa: PLC0415  as above

    if events is None:
        return rules.run(project, targets, force=force, jobs=jobs, quiet=quiet)
    from drapto.state.event_records import EventWriter  # noqa: PLC0415  for those who ask for it

    with contextlib.ExitStack() as stack:
        alone = str(events) == "-"
        stream = sys.stdout if alone else stack.enter_context(events.open("a", encoding="utf-8"))
        writer = EventWriter(stream)
        stack.enter_context(rules.bus_of(project).subscribe(writer))
        code = EXIT_ERROR
        try:
            code = rules.run(project, targets, force=force, jobs=jobs, quiet=alone or quiet)
        finally:
            writer.end(code)
        return code
