"""All tasks of a project.

What a title's tasks are is known in steps: the audio tracks when it is probed, the segments when it is cut.
Where `probe.json` and `segments.json` describe the source and the settings as they are now, everything is
generated at once, so that ``doit list --all``, ``info``, ``clean`` and the selection of a single segment see
it. Where they do not yet, the stages behind them are placeholders that doit fills in when the stage before
them has run; each title has its own, so none waits for another.

What a stage needs, and makes, it says itself (`drapto.rules.stage`): nothing here knows one by its name.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, TypeVar

from drapto.errors import ArtifactError, DraptoError
from drapto.rules import (
    audio,
    calibrate,
    cleaning,
    crop,
    decode_check,
    elements,
    encode,
    fields,
    mux,
    part,
    probe,
    report,
    segment,
    subtitles,
    validate,
    video,
)
from drapto.rules.command_line import forced
from drapto.rules.finished import finished as is_finished
from drapto.rules.replacing import is_replaced
from drapto.rules.run_state import state_of
from drapto.rules.shown import shown
from drapto.rules.skipping import PROBE, is_due, refused, skip_of
from drapto.rules.stage import Known, Stage, register, stages
from drapto.rules.task import Rule, failing, group, later, name_of, task

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from doit.task import Task

    from drapto.project import Project, Title

Made = TypeVar("Made")

STAGES = (
    part.STAGE,
    probe.STAGE,
    crop.STAGE,
    fields.STAGE,
    segment.STAGE,
    calibrate.STAGE,
    encode.STAGE,
    video.STAGE,
    audio.STAGE,
    subtitles.STAGE,
    elements.STAGE,
    mux.STAGE,
    decode_check.STAGE,
    validate.STAGE,
    report.STAGE,
)

register(*STAGES)


def graph(
    project: Project,
    wanted: Sequence[str] | None = None,
    *,
    force: bool | None = None,
    preview: bool = False,
) -> Iterator[Task]:
    """Yield every task, title by title so that the first is finished first, and a group for each stage.

    Args:
        project: The project.
        wanted: The tasks that were asked for; the command line's words by default. A part of a stage that is
            not known yet (``audio:movie:0`` before the probe) can be selected only if it is named here.
        force: What is up to date is wanted again, also of a title whose work files are gone; whether the
            command line says so by default.
        preview: Nothing is run: what is known is shown, though a forced run would find it out anew.
    """
    asked = sys.argv[1:] if wanted is None else wanted
    again = forced(sys.argv[1:]) if force is None else force
    state_of(project).tasks_of = lambda title: _known_tasks(project, title)
    skipping = state_of(project).skipping
    skipping.told = refused
    skipping.titles.clear()
    skipping.wanted.clear()
    for title in project.titles:
        yield from title_tasks(project, title, asked, again=again, preview=preview)
    for stage in stages():
        applies = stage.applies or (lambda _: True)
        members = [stage.of(title) for title in project.titles if applies(title)]
        if stage.part is None and (members or stage.applies is None):
            yield group(stage.name, members, doc=stage.doc)


def default_tasks(project: Project, titles: Sequence[Title] | None = None) -> list[str]:
    """Return the tasks of titles, by default of all, that exist however much is known of these.

    They are what runs when nothing is named.
    """
    wanted = project.titles if titles is None else titles
    return [stage.of(title) for title in wanted for stage in stages(title) if stage.part is None]


def title_tasks(
    project: Project, title: Title, wanted: Sequence[str], *, again: bool, preview: bool = False
) -> Iterator[Task]:
    """Yield the tasks of one title; ``again`` where it is built though it is finished."""
    project = project.of(title)
    if not again and is_replaced(project, title):
        yield from (group(one.of(title), [], parent=one.name) for one in stages(title) if one.part is None)
        return
    # what is found out again may come out otherwise, by another version of drapto: nothing is known before
    known = Known() if again and not preview else look(project, title)
    # its work files are not kept: nothing is left to build, and nothing needs to be
    gone = not again and cleaning.is_dropped(project, title)
    skip = None if known.info is None else skip_of(project, title, known.info)
    if skip is not None:
        state_of(project).skipping.titles[title.name] = str(skip)
        yield from _left_alone(project, title, known)
        return
    finished = gone and known.info is not None and is_finished(project, title, known.info)
    for stage in stages(title):
        if finished and not stage.keeps_records:
            if stage.part is None:
                yield group(stage.of(title), [], parent=stage.name)
        elif known.suffices(stage.needs):
            yield from _grouped(stage, project, title, known)
        elif stage.beside is None:
            yield from _placeholder(stage, project, title, wanted)


def _left_alone(project: Project, title: Title, known: Known) -> Iterator[Task]:
    """Yield what is left of a title that is not encoded: its probe, and its source to be published."""
    due = is_due(project, title)
    for stage in stages(title):
        if stage.name in (PROBE, part.STAGE.name):
            yield from _grouped(stage, project, title, known)
        elif stage.publishes and due:
            rule = Rule(stage.name, lambda _: None, settings={}, file_dep=[title.film], targets=[])
            yield task(project, title, rule)
        elif stage.part is None:
            yield group(stage.of(title), [], parent=stage.name)


def _known_tasks(project: Project, title: Title) -> Iterator[Task]:
    """Yield the tasks of a title whose stages are known by now."""
    project = project.of(title)
    known = look(project, title)
    for stage in stages(title):
        if known.suffices(stage.needs):
            yield from stage.tasks(project, title, known)


def look(project: Project, title: Title) -> Known:
    """Return what is known of a title: of its source and of the settings, as these are now."""
    info = probe.fresh(project, title)
    if info is None:
        return Known()
    return Known(info, crop.fresh(project, title, info), segment.fresh(project, title, info))


def _placeholder(stage: Stage, project: Project, title: Title, wanted: Sequence[str]) -> Iterator[Task]:
    """Yield what stands for a stage's tasks, and for those generated beside them, until they are known."""
    with_it = [other for other in stages() if other.beside == stage.name]
    elsewhere = [f"{other.of(title)}:" for other in stages() if other.part and other not in with_it]

    def create() -> Iterator[Task]:
        try:
            known = _found(stage, project, title)
        except DraptoError as error:
            place = {"title": title.name, "stage": stage.name}
            yield failing(stage.of(title), str(error), place, parent=stage.parent(title))
        else:
            for one in (stage, *with_it):
                yield from _grouped(one, project, title, known)

    def create_unless_replaced() -> Iterator[Task]:
        # a page comes after the file has taken its source's place
        if is_replaced(project, title):
            return iter([group(one.of(title), [], parent=one.name) for one in (stage, *with_it)])
        return create()

    yield from later(
        stage.of(title),
        create_unless_replaced,
        after=[name_of(*_named(one, title)) for one in stage.after],
        parent=stage.parent(title),
        makes=_pattern([stage, *with_it], project, title),
        wanted=[one for one in wanted if not one.startswith(tuple(elsewhere))],
        also=[one.of(title) for one in with_it],
    )


def _named(stage: str, title: Title) -> tuple[str, Title, str | None]:
    """Return what the name of a task or group is made of, for a ``stage`` or a ``stage:part``."""
    name, _, part = stage.partition(":")
    return name, title, part or None


def _pattern(makers: Sequence[Stage], project: Project, title: Title) -> str | None:
    """Return the regular expression of all that some stages will make of a title."""
    made = [one.makes for one in makers if one.makes]
    if not made:
        return None
    pattern = rf"{re.escape(shown(project, title.work))}/({'|'.join(made)})"
    published = any(one.publishes for one in makers)
    return f"{pattern}|{re.escape(shown(project, title.output))}" if published else pattern


def _found(stage: Stage, project: Project, title: Title) -> Known:
    """Return what the stages before a placeholder have left for it.

    Raises:
        DraptoError: They have not left it, or the source has become unreadable.
    """
    known = look(project, title)
    if known.info is None:
        from drapto.media.matroska.container import require_matroska

        require_matroska(title.film)  # where the source has become unreadable, it is not the probe's fault
    _made(known.info, title.probe)
    if stage.needs == "plan":
        _made(known.crop, title.crop)
        _made(known.plan, title.plan)
    return known


def _made(document: Made | None, path: Path) -> Made:
    """Return what a stage that was to be done has left, or say that it has not."""
    if document is None:
        remedy = "delete it and run again"
        raise ArtifactError("is missing, damaged or of another source", path=path, remedy=remedy)
    return document


def _grouped(stage: Stage, project: Project, title: Title, known: Known) -> Iterator[Task]:
    """Yield a stage's tasks, and their group where they are parts of the stage."""
    members = list(stage.tasks(project, title, known))
    yield from members
    name = stage.of(title)
    if not any(task.name == name for task in members):
        yield group(name, members, parent=stage.parent(title))
