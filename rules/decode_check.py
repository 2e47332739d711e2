"""validate, the parts that are done beforehand: every frame of the encoded segments decoded.

They stand last in the line of a title, behind its encodes, and use the processors that the last of those
leave idle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.engine.needs import Needs
from drapto.rules import shape
from drapto.rules.placing import among_segments
from drapto.rules.run_state import cpus
from drapto.rules.stage import Known, Stage
from drapto.rules.task import Rule, name_of, task
from drapto.rules.video import metadata_of
from drapto.words import count_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from doit.task import Task

    from drapto.engine.execution import Report
    from drapto.project import Project, Title
    from drapto.rules.work import Work
    from drapto.video.plan import Segment, SegmentPlan

PARTS = 16
"""How many a title has at most. Each is a task, which costs a run with nothing to do 0.4 ms."""


def group_name(title: Title) -> str:
    """Return the name of the group of a title's parts."""
    return name_of(STAGE.name, title, STAGE.part)


def divided(plan: SegmentPlan) -> list[list[Segment]]:
    """Return the segments of each part, in the order in which they are encoded."""
    segments = [segment for segment, _ in plan.efforts()]
    size = -(-len(segments) // PARTS)
    return [segments[first : first + size] for first in range(0, len(segments), size)]


def target(title: Title, part: int) -> Path:
    """Return the record of part number ``part``, counted from 1."""
    return title.decoded / f"{part:02d}.json"


def targets(title: Title, plan: SegmentPlan) -> list[Path]:
    """Return the records of all parts."""
    return [target(title, number) for number, _ in enumerate(divided(plan), 1)]


def tasks(project: Project, title: Title, known: Known) -> Iterator[Task]:
    """Yield a task for each part."""
    encoded, plan = str(title.encoded), known.planned
    parts = divided(plan)
    threads = max(1, cpus(project) // len(parts))
    for number, segments in enumerate(parts, 1):
        rule = Rule(
            STAGE.name,
            build,
            decode_part=number,
            settings={"segments": [segment.index for segment in segments]},
            file_dep=[
                *(f"{encoded}/{segment.name}.mkv" for segment in segments),
                *(title.dynamic, title.probe, title.crop),
            ],
            targets=[target(title, number)],
            arguments={"plan": plan, "segments": segments, "part": number, "threads": threads},
        )
        yield task(project, title, rule)


def build(work: Work, *, plan: SegmentPlan, segments: list[Segment], part: int, threads: int) -> str:
    """Decode the segments of a part."""
    from drapto.output.decode_check import Encoded, check_part
    from drapto.state.events import Progress

    title, frames = work.title, sum(segment.frames for segment in segments)

    def told(report: Report) -> None:
        if isinstance(report, int):
            work.publish(
                Progress(title=title.name, stage=STAGE.name, decode_part=part, frame=report, frames=frames)
            )

    files = {shape.targets(title, one)[0]: one for one in segments}
    decoded = _decoded(work, plan, segments)
    with among_segments(title, files):
        work.run(
            check_part,
            Needs(cpus=threads),
            told=told,
            segments=[
                Encoded(one.index, path, one.first_frame, one.frames, decoded.get(one.index, ""))
                for path, one in files.items()
            ],
            metadata=metadata_of(title, plan),
            target=target(title, part),
            context=work.context,
            log=f"{STAGE.name}-{part:02d}",
            threads=threads,
        )
    return f"{count_text(frames, 'frame')} decoded"


def _decoded(work: Work, plan: SegmentPlan, segments: list[Segment]) -> dict[int, str]:
    """Return of each segment what its record says was decoded when it was measured, by its index."""
    from drapto.encoding.record import EncodedSegment
    from drapto.media.model import SourceInfo
    from drapto.quality.target import FixedCrf, decide

    info = SourceInfo.read(work.title.probe)
    if isinstance(decide(work.project.config, info, plan.rate).quality, FixedCrf):
        return {}  # nothing was measured
    records = (EncodedSegment.read_if_whole(shape.targets(work.title, one)[1]) for one in segments)
    return {one.index: record.decoded for one, record in zip(segments, records, strict=True) if record}


STAGE = Stage(
    "validate",
    "every frame decoded",
    needs="plan",
    tasks=tasks,
    makes=r"decoded/\d+\.json",
    part="decode",
    beside="encode",
)
