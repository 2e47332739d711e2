"""report: a page about each finished title. It shapes nothing, and a title is finished without it."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from drapto.engine import process
from drapto.engine.needs import Needs
from drapto.errors import DraptoError
from drapto.rules import audio
from drapto.rules.replacing import is_replaced
from drapto.rules.run_state import cpus
from drapto.rules.stage import Known, Stage
from drapto.rules.task import Rule, task
from drapto.rules.tracks import chosen
from drapto.words import size_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doit.task import Task

    from drapto.audio.plan import AudioPlan
    from drapto.media.model import SourceInfo
    from drapto.project import Project, Title
    from drapto.rules.work import Work


PICTURES = 2
"""How many are made side by side: one after the other, those of a film of 87 s take 3 s at the job's end."""


def tasks(project: Project, title: Title, known: Known) -> Iterator[Task]:
    """Yield the task that makes a title's page, where the settings want one."""
    if not project.config.report.enabled:
        return
    encoded = str(title.encoded)
    rule = Rule(
        STAGE.name,
        build,
        settings={"report": 1},
        file_dep=[title.validation, title.probe, title.crop, title.fields, title.plan],
        targets=[title.report],
        reads=[f"{encoded}/{segment.name}.json" for segment in known.planned.segments],
        # `drapto report` makes it anew, with what this version of drapto knows to say
        made=lambda: (),
        arguments={"info": known.probed},
    )
    yield task(project, title, rule)


def build(work: Work, *, info: SourceInfo) -> str:
    """Make the page; where it cannot be made, say so: the film is good."""
    from drapto.report.make import make

    if is_replaced(work.project, work.title):
        return "none made: the source, beside which pictures would be shown, is no longer in its place"
    try:
        kept = chosen(work.project, info).info
        # beside other titles, whose encodes it would keep from beginning until both are free, one is enough
        threads = min(PICTURES, cpus(work.project)) if len(work.project.titles) == 1 else 1
        made = work.run(
            make,
            Needs(cpus=threads),
            title=work.title,
            info=kept,
            sound=sound(work.project, kept),
            context=work.context,
            threads=threads,
        )
    except Exception as error:  # whatever it is: a fault of the page's must not make a good film a failed one
        if process.is_stopping():
            raise
        work.context.note(traceback.format_exc(), log=STAGE.name)
        return f"none made\nno report could be made ({_said(error)}); the film is not concerned"
    return "\n".join([size_text(made.bytes), *(f"report without a picture: {one}" for one in made.problems)])


def _said(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def sound(project: Project, info: SourceInfo) -> list[AudioPlan | None]:
    """Return what each audio track becomes; None where no layout can hold it."""
    return [_planned(project, number, info) for number in range(len(info.audio))]


def _planned(project: Project, number: int, info: SourceInfo) -> AudioPlan | None:
    try:
        return audio.planned(project, info.audio[number])
    except DraptoError:
        return None


STAGE = Stage(
    "report",
    "a page about each finished title",
    needs="plan",
    tasks=tasks,
    after=("validate",),
    makes=r"report\.html",
    extra=True,
)
