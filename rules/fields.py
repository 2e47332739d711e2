"""fields: whether the pictures are whole, interlaced or telecined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drapto.media.fields.model import FieldsInfo, mixture_notes
from drapto.media.model import SourceInfo
from drapto.rules import part
from drapto.rules.stage import Known, Stage
from drapto.rules.task import Rule, task
from drapto.rules.work import ONE_CPU

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doit.task import Task

    from drapto.media.fields.model import FieldRate
    from drapto.project import Project, Title
    from drapto.rules.work import Work

DONE = {
    "progressive": "left as it is",
    "interlaced": "deinterlaced",
    "telecined": "back to its film frames",
    "mixed": "fields matched, what stays combed deinterlaced; every frame kept",
}


def tasks(project: Project, title: Title, known: Known) -> Iterator[Task]:
    """Yield the task that finds out about a title's fields."""
    del known
    rule = Rule(
        STAGE.name,
        build,
        settings=settings(project, title),
        file_dep=[part.content_of(title), title.probe],
        reads=part.besides(title),
        targets=[title.fields],
        document=FieldsInfo,
    )
    yield task(project, title, rule)


def settings(project: Project, title: Title) -> dict[str, Any]:
    """Return what looking at this title's fields reads of the settings."""
    deinterlace = project.config.deinterlace
    return {"deinterlace": deinterlace.titles.get(title.source.stem, deinterlace.mode)}


def rate(project: Project) -> FieldRate:
    """Return how often an interlaced title's pictures come."""
    return project.config.deinterlace.rate


def build(work: Work) -> str:
    """Look at the title's fields."""
    from drapto.media.fields.deinterlace import detect_fields

    title = work.title
    found = work.run(
        detect_fields,
        ONE_CPU,
        source=title.film,
        info=SourceInfo.read(title.probe),
        target=title.fields,
        mode=settings(work.project, title)["deinterlace"],
        context=work.context,
    )
    order = f", {'top' if found.order == 'tff' else 'bottom'} field first" if found.order else ""
    return "\n".join([f"{found.kind}{order}, {DONE[found.kind]} ({found.reason})", *mixture_notes(found)])


STAGE = Stage("fields", "whether each picture is whole, interlaced or telecined", needs="source", tasks=tasks)
