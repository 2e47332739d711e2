"""subtitles: subtitle tracks, copied out of the source once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.media.model import SourceInfo
from drapto.rules.stage import Known, Stage
from drapto.rules.task import Rule, task
from drapto.words import count_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from doit.task import Task

    from drapto.project import Project, Title
    from drapto.rules.work import Work


def tasks(project: Project, title: Title, known: Known) -> Iterator[Task]:
    """Yield the task that copies a title's subtitles, where it has any."""
    if target(title, known.probed) is not None:
        rule = Rule(
            STAGE.name,
            build,
            settings={},
            file_dep=[title.source, title.probe],
            targets=[title.subtitles],
        )
        yield task(project, title, rule)


def target(title: Title, info: SourceInfo) -> Path | None:
    """Return the file that they are copied to, None where there is nothing to copy."""
    return title.subtitles if info.subtitles else None


def build(work: Work) -> str:
    """Copy them."""
    from drapto.output.subtitles import copy_subtitles

    title, info = work.title, SourceInfo.read(work.title.probe)
    work.run(copy_subtitles, source=title.source, info=info, target=title.subtitles, context=work.context)
    return count_text(len(info.subtitles), "subtitle")


STAGE = Stage(
    "subtitles",
    "subtitles, copied",
    needs="probe",
    tasks=tasks,
    after=("probe",),
    makes=r"subtitles\.mkv",
    large=("subtitles.mkv",),
)
