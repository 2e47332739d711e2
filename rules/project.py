"""From a dodo.py to a project, and from a project to doit's own settings."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doit.exceptions import InvalidDodoFile

from drapto.config import load_config
from drapto.engine import collection
from drapto.errors import DraptoError, StageError
from drapto.project import Project, Title, open_project
from drapto.rules import cleaning, hooks, run_state
from drapto.rules.graph import default_tasks
from drapto.rules.listeners import in_each_run
from drapto.rules.run_state import state_of
from drapto.rules.vmaf_models import require_models
from drapto.state.doit_plugins import FastCodec, bound_checker, bound_reporter, keep_order

if TYPE_CHECKING:
    from drapto.display.display import Display, SummaryRow
    from drapto.display.lines import Mark
    from drapto.state.events import TitleSkipped
    from drapto.state.history import Run
    from drapto.state.tally import Ran, Tally

DODO = '''"""The build graph of this directory: `doit` runs it. Settings are in drapto.toml."""

from drapto import rules

project = rules.here(__file__)
DOIT_CONFIG = rules.doit_config(project)


def task_graph():
    """Yield all tasks."""
    yield from rules.graph(project)
'''

_showing = threading.Lock()

SPARE_WORKERS = 2
"""Tasks that doit may run beyond the encoders: probes and copies wait for the disk, not for the processor."""


in_each_run(hooks.following)


def here(dodo_file: str) -> Project:
    """Return the project in the directory of ``dodo_file``.

    Raises:
        InvalidDodoFile: The settings cannot hold, or two titles collide; doit prints it as one line.
    """
    root = Path(dodo_file).parent.absolute()
    # pydantic looks through all packages for plugins of its own before it checks a first value
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        project = open_project(root, load_config(root))
    except DraptoError as error:
        raise InvalidDodoFile(str(error)) from error
    make_state_dir(project)
    keep_order()
    collection.make_rare()
    return project


def doit_config(project: Project, *, quiet: bool = False, begun: bool = False) -> dict[str, Any]:
    """Return doit's settings for ``project`` (``DOIT_CONFIG``).

    Args:
        project: The project.
        quiet: Show nothing of the run.
        begun: The run has begun already, see `run_state.begin`; else it does before the first task.
    """
    shown: list[Display] = []
    state = state_of(project)
    return {
        "backend": "drapto",
        "codec_cls": FastCodec,
        "dep_file": str(project.database),
        "check_file_uptodate": bound_checker(state.fingerprints),
        "reporter": bound_reporter(
            bus=state.bus,
            database=project.database,
            on_start=(lambda: None) if begun else (lambda: _begin(project)),
            on_selected=state.following.select,
            on_success=lambda title, stage: cleaning.after(project, title, stage),
            on_failure=state.failed.add,
            left_alone=lambda: _skipped(project),
            on_kept=lambda place: _kept(project, place),
            on_end=lambda: _end(project, shown),
            display_for=lambda: _show(project, None if quiet else shown),
            quiet=quiet,
        ),
        "default_tasks": default_tasks(project),
        "par_type": "thread",
        "num_process": run_state.jobs(project) + SPARE_WORKERS,
        "continue": True,
        "verbosity": 2,
    }


def make_state_dir(project: Project) -> None:
    """Make the directory that doit's database lies in.

    Raises:
        InvalidDodoFile: It cannot be made; doit prints it as one line.
    """
    try:
        project.state_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = StageError(
            f"the work directory cannot be made ({error.strerror})",
            path=project.state_dir,
            remedy="check its permissions, or set processing.temp_dir",
        )
        raise InvalidDodoFile(str(problem)) from error


def _kept(project: Project, place: dict[str, Any]) -> None:
    """Take in that a task is up to date."""
    state = state_of(project)
    state.skipping.encoded.keep(place)
    state.following.keep(place)


def _show(project: Project, shown: list[Display] | None) -> Display | None:
    """Have the run followed; return its display, started, and remember it for the summary.

    The first tasks may begin at one moment, each in a thread of its own; they share one display.

    Args:
        project: The project.
        shown: Where the display is remembered; None where there is none.
    """
    state = state_of(project)
    if shown is None:
        with _showing:
            _follow(project)
        return None
    from drapto.display.display import Display

    with _showing:
        if not shown:
            collection.make_usual()
            folders = {title.name: title.encode_data for title in project.titles}
            names = {title.name: title.source.stem for title in project.titles}
            display = Display(names, state.bus, folders=folders)
            display.start()
            shown.append(display)
            _follow(project)
        return shown[0]


def _follow(project: Project) -> None:
    """Have how far the run is told on its bus."""
    from drapto.rules.expected import found

    state = state_of(project)
    state.following.begin(
        state.bus,
        [title.name for title in project.titles],
        lambda name, begun: found(project, name, begun=begun),
        slots=project.config.engine.slots or run_state.cpus(project),
        folder=project.state_dir,
        given=project.given,
    )


def _begin(project: Project) -> None:
    require_models(project)
    run_state.begin(project)


def _end(project: Project, shown: list[Display]) -> None:
    state = state_of(project)
    state.listeners.wait()
    if state.tally is not None and state.tally.ran:
        from drapto.rules.history import note

        run = note(project, state.tally)
        for display in shown:
            display.summary(_summary(project, state.tally), _below(run, state.tally))
    shown.clear()
    cleaning.drop_finished(project)
    state.end()
    collection.make_none()


def _below(run: Run, tally: Tally) -> list[tuple[Mark | None, str]]:
    """Return what stands below the summary's table: the totals, and which commands of the user's failed."""
    from drapto.display.totals import totals_lines

    below: list[tuple[Mark | None, str]] = [(None, line) for line in totals_lines(run.totals)]
    below += [("warning", text) for ran in tally.ran for text in ran.hooks]
    return below


def _summary(project: Project, tally: Tally) -> list[SummaryRow]:
    """Return a row for each title that this run finished, failed to, or left alone."""
    ran = [(title, tally.of(title.name)) for title in project.titles]
    return [_row(title, one) for title, one in ran if one is not None and one.ended]


def _row(title: Title, one: Ran) -> SummaryRow:
    from drapto.display.display import SummaryRow
    from drapto.output.model import Validation

    # by what was validated: the finished file may be in its source's place by now
    made = Validation.read_if_whole(title.validation) if one.validated and not one.failures else None
    published = _size(title.output) if one.published else None
    return SummaryRow(
        title=title.source.stem,
        source_bytes=made.sizes.source if made else _size(title.source) or 0,
        output_bytes=made.output_bytes if made else published,
        seconds=one.seconds,
        duration=made.duration if made else one.duration,
        failed=bool(one.failures),
        problems=tuple(failure.message for failure in one.failures),
        skipped=_left_alone(one.skipped) if one.skipped else "",
        differing=len(made.differing) if made else 0,
    )


def _skipped(project: Project) -> list[str]:
    """Return which titles are left alone, as was known before the run, and why: a line each."""
    known = state_of(project).skipping.titles
    return [f"{title.source.stem}: {known[title.name]}" for title in project.titles if title.name in known]


def _left_alone(skipped: TitleSkipped) -> str:
    copied = "; the source itself is published" if skipped.copied else ""
    return f"skipped: {skipped.reason}{copied}; to encode it all the same: {skipped.remedy}"


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None
