"""segment: the source in segments, by stream copy, frame-exact."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from drapto.encoding.strategies import choose
from drapto.engine.needs import DiskNeed, Needs
from drapto.media.fields.model import FieldsInfo
from drapto.media.model import SourceInfo
from drapto.rules import fields, probe
from drapto.rules.stage import Known, Stage
from drapto.rules.task import Rule, task
from drapto.video.plan import SegmentPlan
from drapto.words import count_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doit.task import Task

    from drapto.project import Project, Title
    from drapto.rules.work import Work

OUTPUT_FRACTION = 0.3
"""Of its source's size, what a finished file hardly ever exceeds."""


def tasks(project: Project, title: Title, known: Known) -> Iterator[Task]:
    """Yield the task that cuts a title; where the plan is known already, its segments are targets, too."""
    rule = Rule(
        STAGE.name,
        build,
        # the fields, on which a part of it depends, are known when the task is due
        settings=lambda: settings(project, title),
        file_dep=[title.film, title.probe, title.timestamps, title.keyframes, title.fields],
        targets=[title.plan, title.planned, *_segment_sources(title, known.plan)],
        document=SegmentPlan,
        made=lambda: [
            title.plan,
            title.planned,
            *map(Path, _segment_sources(title, SegmentPlan.read(title.plan))),
        ],
    )
    yield task(project, title, rule)


def _segment_sources(title: Title, plan: SegmentPlan | None) -> list[str]:
    """Return the files that the title is cut into, as far as that is known."""
    work = str(title.work)  # as text: there may be thousands of segments, and pathlib is slow
    return [f"{work}/{segment.path}" for segment in plan.segments if segment.path] if plan else []


def settings(project: Project, title: Title) -> dict[str, Any]:
    """Return what cutting this title reads of the settings."""
    found = FieldsInfo.read_if_whole(title.fields)
    return {
        "chunk_size": project.config.processing.chunk_size,
        "mode": project.config.encoding.mode,
        **probe.counting(project),
        **fields.settings(project, title),
        # of no concern to other titles: a change must not cut them again
        **({"field_rate": fields.rate(project)} if found and found.kind == "interlaced" else {}),
    }


def shapes(project: Project, title: Title, info: SourceInfo) -> dict[str, Any]:
    """Return what shapes the finished file."""
    del info
    return settings(project, title)


def fresh(project: Project, title: Title, info: SourceInfo) -> SegmentPlan | None:
    """Return the plan for this source and these settings, or None where there is none yet."""
    plan = SegmentPlan.read_if_whole(title.plan)
    if plan is None or plan.digest != info.digest or plan.settings != settings(project, title):
        return None
    return plan


def build(work: Work) -> str:
    """Cut the source."""
    from drapto.video.split import Cutting, Request, split

    project, title = work.project, work.title
    wanted = project.config.processing.chunk_size
    info = SourceInfo.read(title.probe)
    strategy, reason = choose(info, mode=project.config.encoding.mode, chunk_size=wanted)
    chunk_size = strategy.chunk_size(wanted)
    # the segments are as large as the source; what is encoded from them is smaller than it
    copies = 1 if chunk_size is None else 2
    room = (
        DiskNeed(title.work, copies * info.size, "this title"),
        DiskNeed(title.output.parent, round(info.size * OUTPUT_FRACTION), "the finished file", "output"),
    )
    plan = work.run(
        split,
        Needs(disk=room),
        request=Request(
            title.film,
            title.work,
            title.plan,
            title.segments,
            title.timestamps,
            title.keyframes,
            title.planned,
        ),
        info=info,
        fields=FieldsInfo.read(title.fields),
        cutting=Cutting(strategy.name, reason, chunk_size, fields.rate(project), settings(project, title)),
        disk_rate=work.context.disk_rate,
    )
    return f"{count_text(len(plan.segments), 'segment')}, {plan.strategy}: {plan.reason}"


STAGE = Stage(
    "segment",
    "each source in segments",
    needs="source",
    tasks=tasks,
    shapes=shapes,
    large=("segments/*.mkv",),
)
