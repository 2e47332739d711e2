"""A run that has ended, written down beside those before it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from drapto.engine import process
from drapto.rules.result import result_of, totals
from drapto.state.history import Outcome, Run, TitleRun, append

if TYPE_CHECKING:
    from drapto.project import Project, Title
    from drapto.state.results import EncodeResult
    from drapto.state.tally import Ran, Tally


def note(project: Project, tally: Tally) -> Run:
    """Write down what a run has done, as far as it can be written, and return it.

    Args:
        project: The project.
        tally: What the run did; it has ended.
    """
    titles = {title.name: title for title in project.titles}
    ran = [(titles[one.title], one) for one in tally.ran if one.title in titles]
    made = [(_result(project, title, one), one) for title, one in ran]
    run = Run(
        time=tally.began.isoformat(timespec="seconds"),
        interrupted=process.is_stopping(),
        titles=tuple(_title_run(result, one) for result, one in made),
        totals=totals([result for result, _ in made], tally),
    )
    with contextlib.suppress(OSError):  # a full disk, say: the films are what they are
        append(project.state_dir, run)
    return run


def _result(project: Project, title: Title, ran: Ran) -> EncodeResult:
    skipped = ran.skipped.reason if ran.skipped else ""
    return result_of(project, title, ok=ran.validated and not ran.failures, skipped=skipped)


def _outcome(result: EncodeResult) -> Outcome:
    if result.failure is not None:
        return "failed"
    if result.skipped:
        return "skipped"
    return "done" if result.ok else "unfinished"


def _title_run(result: EncodeResult, ran: Ran) -> TitleRun:
    speed = (result.duration or 0.0) / result.seconds if result.ok and result.seconds else 0.0
    return TitleRun(
        title=result.title,
        source=result.source,
        outcome=_outcome(result),
        source_bytes=result.source_bytes,
        output_bytes=result.output_bytes,
        reduction=result.reduction,
        duration=result.duration,
        seconds=result.seconds,
        frames=ran.frames,
        fps=result.fps,
        speed=round(speed, 3),
        cpu_seconds=result.cpu_seconds,
        peak_memory=result.peak_memory,
        skipped=result.skipped,
        failure=result.failure,
    )
