"""calibrate: which CRF a title takes, from the first attempts at a few of its segments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.quality.sampling import anchors
from drapto.quality.target import QualityTarget
from drapto.rules import versions
from drapto.rules.hardware import decoding_of, fallback_line
from drapto.rules.placing import in_segment
from drapto.rules.shape import calibration_slice, common_to, source_of
from drapto.rules.stage import Known, Stage
from drapto.rules.task import Rule, task
from drapto.rules.vmaf_models import require_model
from drapto.words import count_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from doit.task import Task

    from drapto.encoding.calibrate import TriedAnchor
    from drapto.encoding.job import SegmentJob
    from drapto.project import Project, Title
    from drapto.rules.shape import Common
    from drapto.rules.versions import Provenance
    from drapto.rules.work import Work
    from drapto.video.plan import Segment


def tasks(project: Project, title: Title, known: Known) -> Iterator[Task]:
    """Yield the task that tries a title's anchors, if its encodes begin with what they say."""
    plan = known.planned
    common = common_to(project, title, known.probed, known.cropped, plan)
    if not (common.calibrated and isinstance(common.quality, QualityTarget)):
        return
    provenance = versions.of_picture(project, title, known.probed, common)
    chosen = [plan.segments[number] for number in anchors(len(plan.segments))]
    rule = Rule(
        STAGE.name,
        build,
        settings=calibration_slice(common, chosen),
        file_dep=[source_of(title, segment) for segment in chosen] or [title.plan],
        targets=[title.calibration],
        arguments={"common": common, "target": common.quality, "chosen": chosen, "provenance": provenance},
        version=provenance.check_calibration(),
    )
    yield task(project, title, rule)


def build(
    work: Work, *, common: Common, target: QualityTarget, chosen: Sequence[Segment], provenance: Provenance
) -> str:
    """Try the anchors, side by side."""
    from concurrent.futures import ThreadPoolExecutor

    from drapto.encoding.calibrate import try_anchor, write_calibration

    title, decoding = work.title, decoding_of(work, common)
    context, made_by = provenance.begin(work.context)
    require_model(work.project, target, context)
    made_with = provenance.made_with(made_by)
    jobs = [
        common.job(title, segment, lp=common.allotment.lp, decoding=decoding, made_with=made_with)
        for segment in chosen
    ]

    def tried(job: SegmentJob, segment: Segment) -> TriedAnchor:
        with in_segment(work, segment):
            return work.run(try_anchor, common.needs, job=job, target=target, context=context)

    with ThreadPoolExecutor(max(1, len(jobs))) as pool:  # each thread only waits for the engine
        done = list(pool.map(tried, jobs, chosen))
    known = write_calibration(title.calibration, target.metric, [one.anchor for one in done], made_with)
    if not chosen:
        return "not needed for so few segments"
    count, first = count_text(len(chosen), "segment"), known.first(target.score)
    lines = (
        fallback_line(work, one.fallback, log=job.request.log) for one, job in zip(done, jobs, strict=True)
    )
    return f"{count} tried, the target is expected at about CRF {first:.0f}{''.join(lines)}"


STAGE = Stage(
    "calibrate",
    "which CRF each title takes, by a few of its segments",
    needs="plan",
    tasks=tasks,
    after=("segment", "crop"),
    makes=r"calibration\.json",
)
