"""The pages of all titles, made on request: those that are missing or outdated, and the overview."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from drapto.errors import DraptoError
from drapto.media.model import SourceInfo
from drapto.output.model import Validation
from drapto.rules import report
from drapto.rules.run_state import context_for
from drapto.rules.tracks import chosen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from drapto.project import Project, Title


@dataclass
class Reports:
    """What came of the pages.

    Attributes:
        index: The overview.
        made: The titles whose pages were made, by name.
        kept: Those whose pages are as new as they can be.
        unfinished: Those that are not finished, and have none.
        problems: What could not be made, a line each.
    """

    index: Path
    made: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def write_reports(
    project: Project,
    titles: Sequence[Title],
    *,
    again: bool = False,
    tell: Callable[[Title], None] = lambda _: None,
) -> Reports:
    """Make the pages of finished titles, and the overview of all titles of the project.

    Nothing is locked: what is read was written whole, and so is what is written.

    Args:
        project: The project.
        titles: The titles whose pages are wanted.
        again: Make those that are there already, too.
        tell: Called with each title before its page is made.

    Raises:
        OSError: The overview cannot be written.
    """
    reports = Reports(project.index)
    for title in titles:
        tell(title)
        _write(project, title, reports, again=again)
    from drapto.report.index import Known, index
    from drapto.report.render import write_index

    known = [
        Known(title, finished(title), seconds_of(title) if finished(title) else 0.0)
        for title in project.titles
    ]
    write_index(index(known, project.index.parent), project.index)
    return reports


def finished(title: Title) -> Validation | None:
    """Return what was found of a title that was validated and published; None of any other."""
    validation = Validation.read_if_whole(title.validation)
    return validation if validation and validation.passed and title.output.is_file() else None


def _write(project: Project, title: Title, reports: Reports, *, again: bool) -> None:
    if finished(title) is None:
        reports.unfinished.append(title.name)
        return
    if not again and _is_newer(title.report, title.validation):
        reports.kept.append(title.name)
        return
    from drapto.report.make import make

    try:
        own = project.of(title)
        info = chosen(own, SourceInfo.read(title.probe)).info
        made = make(title, info, report.sound(own, info), context_for(project, title))
    except (DraptoError, OSError) as error:
        reports.problems.append(f"{title.source.stem}: {error}")
        return
    reports.made.append(title.name)
    reports.problems += [f"{title.source.stem}: without a picture: {one}" for one in made.problems]


def _is_newer(page: Path, than: Path) -> bool:
    return page.is_file() and page.stat().st_mtime_ns >= than.stat().st_mtime_ns


def seconds_of(title: Title) -> float:
    """Return the processor seconds that a title's picture took, searches included."""
    seconds = 0.0
    for path in title.encoded.glob("*.json"):
        try:
            # the two numbers alone: there may be thousands of records, each with its frames' scores
            record = json.loads(path.read_bytes())
            seconds += record.get("search_cpu_seconds") or record.get("cpu_seconds") or 0.0
        except (OSError, ValueError, AttributeError):
            continue
    return seconds
