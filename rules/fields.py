"""fields: whether the pictures are whole, interlaced or telecined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drapto.media.fields.model import FieldsInfo
from drapto.media.model import SourceInfo
from drapto.rules.task import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doit.task import Task

    from drapto.engine.context import StageContext
    from drapto.media.fields.model import FieldRate
    from drapto.project import Project, Title

STAGE = "fields"

DONE = {
    "progressive": "left as it is",
    "interlaced": "deinterlaced",
    "telecined": "back to its film frames",
    "mixed": "fields matched, what stays combed deinterlaced; every frame kept",
}


def tasks(project: Project, title: Title) -> Iterator[Task]:
    """Yield the task that finds out about a title's fields."""
    yield rule(
        project,
        title,
        STAGE,
        action=build,
        file_dep=[title.source, title.probe],
        targets=[title.fields],
        document=FieldsInfo,
        settings=settings(project, title),
    )


def settings(project: Project, title: Title) -> dict[str, Any]:
    """Return what looking at this title's fields reads of the settings."""
    deinterlace = project.config.deinterlace
    return {"deinterlace": deinterlace.titles.get(title.source.stem, deinterlace.mode)}


def rate(project: Project) -> FieldRate:
    """Return how often an interlaced title's pictures come."""
    return project.config.deinterlace.rate


def build(context: StageContext, project: Project, title: Title) -> str:
    """Look at the title's fields."""
    from drapto.media.fields.deinterlace import detect_fields

    info = SourceInfo.read(title.probe)
    mode = settings(project, title)["deinterlace"]
    found = detect_fields(title.source, info, title.fields, mode=mode, context=context)
    order = f", {'top' if found.order == 'tff' else 'bottom'} field first" if found.order else ""
    return f"{found.kind}{order}, {DONE[found.kind]} ({found.reason})"
