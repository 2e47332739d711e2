"""What came of a run, of all titles of its project, also of those of which nothing was to be done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.rules.explaining import skips, unfinished
from drapto.rules.published import output_of
from drapto.rules.result import result_of, totals
from drapto.rules.run_state import state_of
from drapto.state.results import RunResult

if TYPE_CHECKING:
    from drapto.project import Project
    from drapto.state.results import EncodeResult


def run_result(project: Project, code: int) -> RunResult:
    """Return what came of the last run, which ended with ``code``, and of all of the project's titles."""
    titles = results(project, code)
    tally = state_of(project).tally
    return RunResult(exit_code=code, titles=titles, totals=totals(titles, tally))


def results(project: Project, code: int) -> tuple[EncodeResult, ...]:
    """Return what became of each title, in their order, by the run that ended with ``code``."""
    left = unfinished(project) if code else set()
    skipped = skips(project)
    return tuple(
        result_of(
            project,
            title,
            ok=title.name not in left and title.name not in skipped and output_of(title).is_file(),
            skipped=skipped.get(title.name, ""),
        )
        for title in project.titles
    )
