"""elements: what the source's own elements say, attached files among them, copied out of it once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.rules.stage import Known, Stage
from drapto.rules.task import Rule, task
from drapto.words import size_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doit.task import Task

    from drapto.project import Project, Title
    from drapto.rules.work import Work


def tasks(project: Project, title: Title, known: Known) -> Iterator[Task]:
    """Yield the task that copies a title's elements."""
    del known
    rule = Rule(STAGE.name, build, settings={}, file_dep=[title.film, title.probe], targets=[title.elements])
    yield task(project, title, rule)


def build(work: Work) -> str:
    """Copy them."""
    from drapto.output.elements import copy_elements

    title = work.title
    work.run(copy_elements, source=title.film, target=title.elements)
    return size_text(title.elements.stat().st_size)


STAGE = Stage(
    "elements",
    "chapters, tags and attachments, copied",
    needs="probe",
    tasks=tasks,
    after=("probe",),
    makes=r"elements\.mkv",
    large=("elements.mkv",),
)
