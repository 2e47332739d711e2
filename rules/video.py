"""video: the encoded segments joined, every frame at its source's time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.rules import shape
from drapto.rules.placing import among_segments
from drapto.rules.stage import Known, Stage
from drapto.rules.task import Rule, task
from drapto.words import count_text, size_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doit.task import Task

    from drapto.project import Project, Title
    from drapto.rules.work import Work
    from drapto.video.carry import Carried
    from drapto.video.plan import SegmentPlan


def tasks(project: Project, title: Title, known: Known) -> Iterator[Task]:
    """Yield the task that joins a title's segments."""
    plan, encoded = known.planned, str(title.encoded)
    segments = [f"{encoded}/{segment.name}.mkv" for segment in plan.segments]
    rule = Rule(
        STAGE.name,
        build,
        settings={"rate": str(plan.rate), "segments": len(plan.segments)},
        file_dep=[*segments, title.planned, title.dynamic, title.probe, title.crop],
        targets=[title.video],
        arguments={"plan": plan},
    )
    yield task(project, title, rule)


def build(work: Work, *, plan: SegmentPlan) -> str:
    """Join the segments."""
    from drapto.encoding.record import EncodedSegment
    from drapto.state.events import EncodingComplete
    from drapto.video.join import join

    title = work.title
    pairs = [shape.targets(title, segment) for segment in plan.segments]
    with among_segments(title, {pair[0]: one for pair, one in zip(pairs, plan.segments, strict=True)}):
        frames = work.run(
            join,
            segments=[encoded for encoded, _ in pairs],
            timestamps=title.planned,
            target=title.video,
            rate=plan.rate,
            disk_rate=work.context.disk_rate,
            metadata=metadata_of(title, plan),
        )
    # one after the other: a title may have 10,000 of them, of 5 KB each
    records = (EncodedSegment.read_if_whole(record) for _, record in pairs)
    size = title.video.stat().st_size
    work.publish(
        EncodingComplete(
            title=title.name,
            segments=len(pairs),
            frames=frames,
            bytes=size,
            seconds=sum(record.seconds for record in records if record),
        )
    )
    return f"{count_text(frames, 'frame')}, {size_text(size)}"


def metadata_of(title: Title, plan: SegmentPlan) -> Carried:
    """Return what the join puts into each frame of the title, in order."""
    from drapto.video.carry import Carried

    return Carried(title.dynamic, plan.frames, title.probe, title.crop, plan.rate)


STAGE = Stage(
    "video",
    "the encoded segments joined",
    needs="plan",
    tasks=tasks,
    after=("encode",),
    makes=r"video\.mkv",
    large=("video.mkv",),
)
