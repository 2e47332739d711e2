"""segment: the source in pieces, by stream copy, frame-exact."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drapto.encoding.strategies import choose
from drapto.media.fields.model import FieldsInfo
from drapto.media.model import SourceInfo
from drapto.rules import fields, probe
from drapto.rules.task import rule
from drapto.video.plan import SegmentPlan
from drapto.words import count_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from doit.task import Task

    from drapto.engine.context import StageContext
    from drapto.project import Project, Title

STAGE = "segment"

OUTPUT_SHARE = 0.3
"""Of its source's size, what a finished file hardly ever exceeds."""


def tasks(project: Project, title: Title, plan: SegmentPlan | None) -> Iterator[Task]:
    """Yield the task that cuts a title.

    Args:
        project: The project.
        title: The title.
        plan: The plan, where it is known already: then its pieces are targets, and one that is gone is made
            again.
    """
    pieces = _pieces(title, plan)
    yield rule(
        project,
        title,
        STAGE,
        action=build,
        file_dep=[title.source, title.probe, title.timestamps, title.keyframes, title.fields],
        targets=[title.plan, title.planned, *pieces],
        document=SegmentPlan,
        made=lambda: [title.plan, title.planned, *_pieces(title, SegmentPlan.read(title.plan))],
        # the fields, on which a part of it depends, are known when the task is due
        settings=lambda: settings(project, title),
    )


def _pieces(title: Title, plan: SegmentPlan | None) -> list[Path]:
    """Return the files that the title is cut into, as far as that is known."""
    return [title.work / segment.path for segment in plan.segments if segment.path] if plan else []


def settings(project: Project, title: Title) -> dict[str, Any]:
    """Return what cutting this title reads of the settings."""
    found = FieldsInfo.read_if_whole(title.fields)
    return {
        "chunk_size": project.config.processing.chunk_size,
        "mode": project.config.encoding.mode,
        **probe.settings(project),
        **fields.settings(project, title),
        # of no concern to other titles: a change must not cut them again
        **({"field_rate": fields.rate(project)} if found and found.kind == "interlaced" else {}),
    }


def fresh(project: Project, title: Title, info: SourceInfo) -> SegmentPlan | None:
    """Return the plan for this source and these settings, or None where there is none yet."""
    plan = SegmentPlan.read_if_whole(title.plan)
    if plan is None or plan.digest != info.digest or plan.settings != settings(project, title):
        return None
    return plan


def build(context: StageContext, project: Project, title: Title) -> str:
    """Cut the source."""
    from drapto.engine.resources import require_space
    from drapto.video.split import Request, split

    wanted = project.config.processing.chunk_size
    info = SourceInfo.read(title.probe)
    found = FieldsInfo.read(title.fields)
    strategy, reason = choose(info, mode=project.config.encoding.mode, chunk_size=wanted)
    chunk_size = strategy.chunk_size(wanted)
    # the pieces are as large as the source; what is encoded from them is smaller than it
    copies = 1 if chunk_size is None else 2
    require_space(title.work, copies * info.size, "this title", place="work")
    require_space(title.output.parent, round(info.size * OUTPUT_SHARE), "the finished file", place="output")
    plan = split(
        Request(
            title.source,
            title.work,
            title.plan,
            title.segments,
            title.timestamps,
            title.keyframes,
            title.planned,
        ),
        info,
        found,
        field_rate=fields.rate(project),
        strategy=strategy.name,
        reason=reason,
        chunk_size=chunk_size,
        settings=settings(project, title),
        disk_rate=context.disk_rate,
    )
    return f"{count_text(len(plan.segments), 'segment')}, {plan.strategy}: {plan.reason}"
