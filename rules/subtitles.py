"""subtitles: subtitle tracks and attachments, copied out of the source once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.media.model import SourceInfo
from drapto.rules.task import rule
from drapto.words import count_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from doit.task import Task

    from drapto.engine.context import StageContext
    from drapto.project import Project, Title

STAGE = "subtitles"


def tasks(project: Project, title: Title, info: SourceInfo) -> Iterator[Task]:
    """Yield the task that copies a title's subtitles and attachments, where it has any."""
    if target(title, info) is not None:
        yield rule(
            project,
            title,
            STAGE,
            action=build,
            file_dep=[title.source, title.probe],
            targets=[title.subtitles],
            settings={},
        )


def target(title: Title, info: SourceInfo) -> Path | None:
    """Return the file that they are copied to, None where there is nothing to copy."""
    return title.subtitles if info.subtitles or info.attachments else None


def build(context: StageContext, project: Project, title: Title) -> str:
    """Copy them."""
    del project
    from drapto.output.subtitles import copy_subtitles

    info = SourceInfo.read(title.probe)
    copy_subtitles(title.source, info, title.subtitles, context=context)
    copied = (count_text(len(info.subtitles), "subtitle"), count_text(len(info.attachments), "attachment"))
    return ", ".join(copied)
