"""All tasks of a project.

What a title's tasks are is known in steps: the audio tracks when it is probed, the segments when it is cut.
Where `probe.json` and `segments.json` describe the source and the settings as they are now, everything is
generated at once, so that ``doit list --all``, ``info``, ``clean`` and the selection of a single segment see
it. Where they do not yet, the stages behind them are placeholders that doit fills in when the stage before
them has run; each title has its own, so none waits for another.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Protocol, TypeVar

from drapto.errors import ArtifactError, DraptoError
from drapto.media.matroska.container import require_matroska
from drapto.rules import (
    audio,
    calibrate,
    cleaning,
    crop,
    decode_check,
    encode,
    fields,
    mux,
    probe,
    segment,
    subtitles,
    validate,
    video,
)
from drapto.rules.task import failing, group, later, name_of, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from doit.task import Task

    from drapto.media.model import CropInfo, SourceInfo
    from drapto.project import Project, Title
    from drapto.video.plan import SegmentPlan

Made = TypeVar("Made")

STAGES = {
    "probe": "what is in each source",
    "crop": "which part of each picture is not black bars",
    "fields": "whether each picture is whole, interlaced or telecined",
    "segment": "each source in pieces",
    "calibrate": "what quality samples of it have at which CRF",
    "encode": "the pieces through SVT-AV1",
    "video": "the encoded pieces joined",
    "audio": "each audio track to Opus",
    "subtitles": "subtitles and attachments, copied",
    "mux": "everything in one file",
    "validate": "each finished file against its source, then to the output directory",
}


class Rule(Protocol):
    """A module of this package whose tasks follow from what the source is."""

    STAGE: str

    def tasks(self, project: Project, title: Title, info: SourceInfo, /) -> Iterator[Task]:
        """Yield them."""


class SegmentRule(Protocol):
    """A module of this package whose tasks follow from how the source is cut."""

    STAGE: str

    def tasks(
        self, project: Project, title: Title, info: SourceInfo, crop: CropInfo, plan: SegmentPlan, /
    ) -> Iterator[Task]:
        """Yield them."""


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
    again = bool({"-a", "--always-execute"} & set(sys.argv[1:])) if force is None else force
    names: dict[str, list[str]] = {stage: [] for stage in STAGES}
    for title in project.titles:
        yield from title_tasks(project, title, asked, again=again, preview=preview)
        for stage, members in names.items():
            members.append(name_of(stage, title))
    for stage, members in names.items():
        yield group(stage, members, doc=STAGES[stage])


def default_tasks(project: Project) -> list[str]:
    """Return the tasks of all titles that exist however much is known: what runs when nothing is named."""
    return [name_of(stage, title) for title in project.titles for stage in STAGES]


def title_tasks(
    project: Project, title: Title, wanted: Sequence[str], *, again: bool, preview: bool = False
) -> Iterator[Task]:
    """Yield the tasks of one title; ``again`` where it is built though it is finished."""
    # what is found out again may come out otherwise, by another version of drapto: nothing is known before
    info = None if again and not preview else probe.fresh(project, title)
    yield from probe.tasks(project, title)
    yield from crop.tasks(project, title)
    yield from fields.tasks(project, title)
    gone = not again and cleaning.is_dropped(project, title)
    if gone and info is not None and validate.finished(project, title, info):
        # its work files are not kept: nothing is left to build, and nothing needs to be
        for stage in list(STAGES)[3:]:
            yield group(name_of(stage, title), [], parent=stage)
        return
    known_crop = crop.fresh(project, title, info) if info else None
    plan = segment.fresh(project, title, info) if info else None
    yield from segment.tasks(project, title, plan)
    yield from _after_probe(project, title, info, wanted)
    yield from _after_segment(project, title, info, known_crop, plan, wanted)


def _after_probe(
    project: Project, title: Title, info: SourceInfo | None, wanted: Sequence[str]
) -> Iterator[Task]:
    """Yield the stages whose tasks depend on the source's tracks."""
    probed = [name_of(probe.STAGE, title)]
    tracks, copies = name_of(audio.STAGE, title), name_of(subtitles.STAGE, title)
    if info is not None:
        members = list(audio.tasks(project, title, info))
        yield from members
        yield group(tracks, members, parent=audio.STAGE)
        yield from list(subtitles.tasks(project, title, info)) or [group(copies, [], parent=subtitles.STAGE)]
        yield from mux.tasks(project, title, info)
        return

    def create(tasks: Callable[[Project, Title, SourceInfo], Iterator[Task]], stage: str) -> Iterator[Task]:
        try:
            found = _read_info(project, title)
        except DraptoError as error:
            yield _broken(title, stage, error)
        else:
            yield from _grouped(list(tasks(project, title, found)), title, stage)

    def placeholder(rule: Rule, after: list[str], makes: str | None = None) -> Iterator[Task]:
        name = name_of(rule.STAGE, title)
        yield from later(
            name,
            lambda: create(rule.tasks, rule.STAGE),
            after=after,
            stage=rule.STAGE,
            makes=makes,
            wanted=wanted,
        )

    work = re.escape(shown(project, title.work))
    yield from placeholder(audio, probed, rf"{work}/audio-\d+\.mkv")
    yield from placeholder(subtitles, probed, rf"{work}/subtitles\.mkv")
    yield from placeholder(mux, [*probed, tracks, copies, name_of(video.STAGE, title)], rf"{work}/muxed\.mkv")


def _after_segment(
    project: Project,
    title: Title,
    info: SourceInfo | None,
    cut: CropInfo | None,
    plan: SegmentPlan | None,
    wanted: Sequence[str],
) -> Iterator[Task]:
    """Yield the stages whose tasks depend on the segments."""
    if info is not None and cut is not None and plan is not None:
        for rule in (calibrate, encode, video, validate):
            yield from _of_segments(rule, project, title, info, cut, plan)
        return

    def create(rule: SegmentRule) -> Iterator[Task]:
        try:
            found = _read_info(project, title)
            rect = _made(crop.fresh(project, title, found), title.crop)
            pieces = _made(segment.fresh(project, title, found), title.plan)
        except DraptoError as error:
            yield _broken(title, rule.STAGE, error)
        else:
            yield from _of_segments(rule, project, title, found, rect, pieces)

    def placeholder(rule: SegmentRule, after: list[str], makes: str, **more: Sequence[str]) -> Iterator[Task]:
        name = name_of(rule.STAGE, title)
        yield from later(name, lambda: create(rule), after=after, stage=rule.STAGE, makes=makes, **more)

    cut_up = [name_of(rule.STAGE, title) for rule in (segment, crop)]
    calibrated, muxed = (name_of(rule.STAGE, title) for rule in (calibrate, mux))
    decoded = decode_check.group_name(title)
    work, output = re.escape(shown(project, title.work)), re.escape(shown(project, title.output))
    yield from placeholder(calibrate, cut_up, rf"{work}/calibration\.json", wanted=wanted)
    pieces = rf"{work}/(encoded/\d+\.(mkv|json)|decoded/\d+\.json)"
    yield from placeholder(encode, [*cut_up, calibrated], pieces, wanted=wanted, also=[decoded])
    yield from placeholder(video, [name_of(encode.STAGE, title)], rf"{work}/video\.mkv")
    yield from placeholder(validate, [muxed, decoded], rf"{work}/validation\.json|{output}")


def _of_segments(
    rule: SegmentRule, project: Project, title: Title, info: SourceInfo, cut: CropInfo, plan: SegmentPlan
) -> Iterator[Task]:
    """Yield the tasks of a stage that follow from how the source is cut."""
    yield from _grouped(list(rule.tasks(project, title, info, cut, plan)), title, rule.STAGE)
    if rule is encode:
        # with the encodes, which make what these read
        shares = list(decode_check.tasks(project, title, plan))
        yield from shares
        yield group(decode_check.group_name(title), shares, parent=name_of(validate.STAGE, title))


def _read_info(project: Project, title: Title) -> SourceInfo:
    info = probe.fresh(project, title)
    if info is None:
        require_matroska(title.source)  # where the source has become unreadable, it is not the probe's fault
    return _made(info, title.probe)


def _made(document: Made | None, path: Path) -> Made:
    """Return what a stage that was to be done has left, or say that it has not."""
    if document is None:
        remedy = "delete it and run again"
        raise ArtifactError("is missing, damaged or of another source", path=path, remedy=remedy)
    return document


def _grouped(members: list[Task], title: Title, stage: str) -> Iterator[Task]:
    """Yield ``members``, and their group where they are parts of a stage."""
    yield from members
    if not any(task.name == name_of(stage, title) for task in members):
        yield group(name_of(stage, title), members, parent=stage)


def _broken(title: Title, stage: str, error: DraptoError) -> Task:
    place = {"title": title.name, "stage": stage}
    return failing(name_of(stage, title), str(error), place, parent=stage)
