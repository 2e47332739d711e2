"""calibrate: how the proxies of a title deviate, from the first attempts at a few of its segments."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from drapto.engine.execution import Call
from drapto.quality.sampling import anchors
from drapto.quality.target import QualityTarget
from drapto.rules.hardware import decoding_of, fallback_line
from drapto.rules.run_state import engine
from drapto.rules.shape import calibration_slice, common_to, source_of
from drapto.rules.task import rule
from drapto.words import count_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from doit.task import Task

    from drapto.encoding.calibrate import TriedAnchor
    from drapto.engine.context import StageContext
    from drapto.media.model import CropInfo, SourceInfo
    from drapto.project import Project, Title
    from drapto.rules.shape import Common
    from drapto.video.plan import Segment, SegmentPlan

STAGE = "calibrate"


def tasks(
    project: Project, title: Title, info: SourceInfo, crop: CropInfo, plan: SegmentPlan
) -> Iterator[Task]:
    """Yield the task that tries a title's anchors, if its encodes begin with what they say."""
    common = common_to(project, info, crop, plan)
    if not (common.calibrated and isinstance(common.quality, QualityTarget)):
        return
    chosen = [plan.segments[number] for number in anchors(len(plan.segments))]
    yield rule(
        project,
        title,
        STAGE,
        action=build,
        file_dep=[source_of(title, segment) for segment in chosen] or [title.plan],
        targets=[title.calibration],
        settings=calibration_slice(common, chosen),
        arguments={"common": common, "target": common.quality, "chosen": chosen},
    )


def build(
    context: StageContext,
    project: Project,
    title: Title,
    *,
    common: Common,
    target: QualityTarget,
    chosen: Sequence[Segment],
) -> str:
    """Try the anchors, side by side."""
    from drapto.encoding.calibrate import try_anchor, write_calibration

    decoding = decoding_of(project, title, common)
    jobs = [common.job(title, segment, lp=common.share.lp, decoding=decoding) for segment in chosen]
    runner = engine(project)

    def tried(number: int) -> TriedAnchor:
        call = Call.of(try_anchor, job=jobs[number], target=target, context=context)
        return runner.run(call, common.needs, lambda _: None)

    with ThreadPoolExecutor(max(1, len(jobs))) as pool:
        done = list(pool.map(tried, range(len(jobs))))
    known = write_calibration(title.calibration, target.metric, [one.anchor for one in done])
    if not chosen:
        return "too few segments to learn from"
    count = count_text(len(chosen), "segment")
    lines = [
        fallback_line(one.fallback, job.request.log, context, project, title)
        for one, job in zip(done, jobs, strict=True)
    ]
    first = known.first(target.score)
    return f"{count} tried, the target is expected at about CRF {first:.0f}{''.join(lines)}"
