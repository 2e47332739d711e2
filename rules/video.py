"""video: the encoded segments joined, every frame at its source's time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.media.model import CropInfo, SourceInfo
from drapto.rules import shape
from drapto.rules.task import rule
from drapto.state.bus import bus
from drapto.state.events import EncodingComplete
from drapto.words import count_text, size_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doit.task import Task

    from drapto.engine.context import StageContext
    from drapto.media.hdr.dynamic import FrameMetadata
    from drapto.project import Project, Title
    from drapto.video.plan import SegmentPlan

STAGE = "video"


def tasks(
    project: Project, title: Title, info: SourceInfo, crop: CropInfo, plan: SegmentPlan
) -> Iterator[Task]:
    """Yield the task that joins a title's segments."""
    del info, crop
    encoded = str(title.encoded)
    segments = [f"{encoded}/{segment.name}.mkv" for segment in plan.segments]
    yield rule(
        project,
        title,
        STAGE,
        action=build,
        file_dep=[*segments, title.planned, title.dynamic, title.probe, title.crop],
        targets=[title.video],
        settings={"rate": str(plan.rate), "segments": len(plan.segments)},
        arguments={"plan": plan},
    )


def build(context: StageContext, project: Project, title: Title, *, plan: SegmentPlan) -> str:
    """Join the segments."""
    del project
    from drapto.encoding.record import EncodedSegment
    from drapto.video.join import join

    pairs = [shape.targets(title, segment) for segment in plan.segments]
    frames = join(
        [encoded for encoded, _ in pairs],
        title.planned,
        title.video,
        rate=plan.rate,
        disk_rate=context.disk_rate,
        metadata=metadata_of(title, plan),
    )
    records = [EncodedSegment.read_if_whole(record) for _, record in pairs]
    size = title.video.stat().st_size
    bus.publish(
        EncodingComplete(
            title=title.name,
            segments=len(pairs),
            frames=frames,
            bytes=size,
            seconds=sum(record.seconds for record in records if record),
        )
    )
    return f"{count_text(frames, 'frame')}, {size_text(size)}"


def metadata_of(title: Title, plan: SegmentPlan) -> Iterator[FrameMetadata]:
    """Yield what the join puts into each frame of the title, in order."""
    from drapto.media.hdr.dolby_vision import plan as plan_dolby_vision
    from drapto.media.hdr.dynamic import read_dynamic
    from drapto.video.carry import carried

    info, cut = SourceInfo.read(title.probe), CropInfo.read(title.crop)
    return carried(read_dynamic(title.dynamic, plan.frames), plan_dolby_vision(info.video), cut)
