"""validate, the shares that are done beforehand: every frame of the encoded segments decoded.

They stand last in the line of a title, behind its encodes, and use the processors that the last of those
leave idle.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from drapto.rules import shape
from drapto.rules.run_state import slots
from drapto.rules.task import name_of, rule
from drapto.state.bus import bus
from drapto.state.events import Progress
from drapto.words import count_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from doit.task import Task

    from drapto.engine.context import StageContext
    from drapto.project import Project, Title
    from drapto.video.plan import Segment, SegmentPlan

STAGE = "validate"

SHARES = 16
"""How many a title has at most. Each is a task, which costs a run with nothing to do 0.4 ms."""


def group_name(title: Title) -> str:
    """Return the name of the group of a title's shares."""
    return name_of(STAGE, title, "decode")


def shares(plan: SegmentPlan) -> list[list[Segment]]:
    """Return the segments of each share, in the order in which they are encoded."""
    segments = [segment for segment, _ in plan.efforts()]
    size = -(-len(segments) // SHARES)
    return [segments[first : first + size] for first in range(0, len(segments), size)]


def target(title: Title, share: int) -> Path:
    """Return the record of share number ``share``, counted from 1."""
    return title.decoded / f"{share:02d}.json"


def targets(title: Title, plan: SegmentPlan) -> list[Path]:
    """Return the records of all shares."""
    return [target(title, number) for number, _ in enumerate(shares(plan), 1)]


def tasks(project: Project, title: Title, plan: SegmentPlan) -> Iterator[Task]:
    """Yield a task for each share."""
    encoded = str(title.encoded)
    divided = shares(plan)
    threads = max(1, slots(project).count // len(divided))
    for number, segments in enumerate(divided, 1):
        yield rule(
            project,
            title,
            STAGE,
            share=number,
            action=build,
            file_dep=[
                *(f"{encoded}/{segment.name}.mkv" for segment in segments),
                *(title.dynamic, title.probe, title.crop),
            ],
            targets=[target(title, number)],
            settings={"segments": [segment.index for segment in segments]},
            arguments={"plan": plan, "segments": segments, "share": number, "threads": threads},
        )


def build(
    context: StageContext,
    project: Project,
    title: Title,
    *,
    plan: SegmentPlan,
    segments: list[Segment],
    share: int,
    threads: int,
) -> str:
    """Decode the segments of a share."""
    del project
    from drapto.output.decode_check import Coded, decode_part
    from drapto.rules.video import metadata_of

    frames = sum(segment.frames for segment in segments)

    def report(frame: int) -> None:
        bus.publish(Progress(title=title.name, stage=STAGE, share=share, frame=frame, frames=frames))

    coded = []
    metadata, at = metadata_of(title, plan), 0
    # in the order of the frames, so that no more is held than is needed
    for one in sorted(segments, key=lambda segment: segment.first_frame):
        own = list(islice(metadata, one.first_frame - at, one.first_frame - at + one.frames))
        coded.append(Coded(one.index, shape.targets(title, one)[0], own))
        at = one.first_frame + one.frames
    decode_part(
        coded,
        target(title, share),
        context=context,
        log=f"{STAGE}-{share:02d}",
        threads=threads,
        on_frames=report,
    )
    return f"{count_text(frames, 'frame')} decoded"
