"""encode: each segment through SVT-AV1, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drapto.errors import printable
from drapto.quality.target import OUT_OF_REACH, FixedCrf, decide
from drapto.rules import probe, skipping, versions
from drapto.rules.hardware import decoding_of, fallback_line
from drapto.rules.placing import in_segment
from drapto.rules.shape import common_to, encode_slice, segment_slice
from drapto.rules.stage import Known, Stage
from drapto.rules.task import Rule, task
from drapto.rules.tracks import chosen
from drapto.rules.vmaf_models import require_model
from drapto.state.memory import learn
from drapto.words import count_text, score_text, size_text, time_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from doit.task import Task

    from drapto.encoding.record import EncodedSegment
    from drapto.engine.context import EncodeProgress
    from drapto.engine.execution import Report
    from drapto.media.model import SourceInfo
    from drapto.project import Project, Title
    from drapto.rules.shape import Common
    from drapto.rules.versions import Provenance
    from drapto.rules.work import Work
    from drapto.state.events import EncodingStarted, Progress, SegmentComplete
    from drapto.video.plan import Segment


FEWEST = 2
"""Encodes of a title that were killed for lack of memory, from which each gets by with one thread."""


def tasks(project: Project, title: Title, known: Known) -> Iterator[Task]:
    """Yield a task for each segment, those that take longest first."""
    plan = known.planned
    common = common_to(project, title, known.probed, known.cropped, plan)
    calibration = [str(title.calibration)] if common.calibrated else []
    shared, provenance = encode_slice(common), versions.of_picture(project, title, known.probed, common)
    # as text: there may be thousands of segments, and pathlib is slow
    work, encoded, source = str(title.work), str(title.encoded), str(title.film)
    rated = plan.efforts()
    sound = chosen(project, known.probed).audio
    threads = common.allotment.lp_of([effort for _, effort in rated])
    for (segment, _), lp in zip(rated, threads, strict=True):
        rule = Rule(
            STAGE.name,
            build,
            segment=segment.index,
            settings=segment_slice(shared, segment),
            # what the segment holds is in its file; the crop and the frame count are in the settings slice,
            # so that new evidence for the same crop, or another cut elsewhere, encodes nothing again
            file_dep=[f"{work}/{segment.path}" if segment.path else source, *calibration],
            targets=[f"{encoded}/{segment.name}.{kind}" for kind in ("mkv", "json")],
            arguments={
                "common": common,
                "segment": segment,
                "lp": lp,
                "sound": sound,
                "provenance": provenance,
            },
            version=provenance.check(segment.index - 1),
        )
        yield task(project, title, rule)


def shapes(project: Project, title: Title, info: SourceInfo) -> dict[str, Any]:
    """Return what shapes the finished file: of the quality, the target, or the CRF where there is none."""
    del title
    encoding, quality = project.config.encoding, decide(project.config, info).quality
    own = {"crf": quality.crf} if isinstance(quality, FixedCrf) else {"target": quality.as_setting}
    return {
        "preset": encoding.preset,
        **own,
        "svt_params": encoding.svt_params,
        "film_grain": encoding.film_grain,
        "pix_fmt": encoding.pix_fmt,
    }


def build(
    work: Work, *, common: Common, segment: Segment, lp: int, sound: Sequence[int], provenance: Provenance
) -> str:
    """Encode a segment."""
    from drapto.encoding.segment import encode
    from drapto.engine.context import EncodeProgress
    from drapto.engine.needs import Started

    title = work.title
    context, made_by = provenance.begin(work.context)
    require_model(work.project, common.quality, context)
    job = common.job(
        title,
        segment,
        # the same bytes, with fewer pictures in memory
        lp=1 if work.doublings >= FEWEST else lp,
        decoding=decoding_of(work, common),
        calibration=title.calibration if common.calibrated else None,
        made_with=provenance.made_with(made_by),
    )

    reached = 0

    def told(report: Report) -> None:
        nonlocal reached
        if isinstance(report, Started):
            work.publish(_started(title, segment, common, report.where))
        elif isinstance(report, EncodeProgress):
            if report.peak:
                learn(title.encode_data, common.memory_kind, report.peak)
            reached = report.frame
            work.publish(_progress(title, segment, report))

    with in_segment(work, segment, lambda: segment.duration * reached / segment.frames):
        done = work.run(encode, common.needs, told=told, job=job, context=context)
    encoded = provenance.sign(done.segment, made_by, job.record)
    _stop_early(work, encoded, common.segments, sound)
    work.publish(_complete(title, encoded))
    line = fallback_line(work, done.fallback, log=job.request.log)
    return _summary(title, segment, encoded, by=provenance.said(made_by)) + _shortfall(common, encoded) + line


LOOKS = 64
"""How often it is looked whether a title's segments are larger than its source already."""


def _stop_early(work: Work, encoded: EncodedSegment, segments: int, sound: Sequence[int]) -> None:
    """Leave a title alone as soon as its segments, and its audio tracks, say that it is too large."""
    sizes = work.state.skipping.encoded.add(work.title, encoded.index, encoded.bytes)
    if len(sizes) < segments and encoded.index % (1 + segments // LOOKS) == 0:
        least = skipping.least(work.title, sizes, sound)
        if not skipping.exceeds(work.project, least, work.title.film.stat().st_size):
            return
        info = probe.fresh(work.project, work.title)
        if info is not None:
            skipping.hold_against_source(work, info, least, segments=len(sizes), of=segments)


def _shortfall(common: Common, encoded: EncodedSegment) -> str:
    """Return the note of a segment that has the closest to its target that was found; empty for any other."""
    target = common.quality
    if isinstance(target, FixedCrf) or encoded.scores is None or encoded.tier != OUT_OF_REACH:
        return ""
    found = encoded.scores.figure(target.statistic)
    wanted = score_text(target.metric, target.score, target.statistic)
    return (
        f"\nsegment {encoded.index} does not reach {wanted}: CRF {encoded.crf:g} gives {found:.1f} "
        f"({encoded.why}), which is the closest"
    )


def _started(title: Title, segment: Segment, common: Common, where: str) -> EncodingStarted:
    from drapto.state.events import EncodingStarted

    return EncodingStarted(
        title=title.name,
        segment=segment.index,
        segments=common.segments,
        frames=segment.frames,
        strategy=common.strategy,
        crf=common.quality.crf if isinstance(common.quality, FixedCrf) else None,
        where=where,
        threads=common.needs.cpus,
    )


def _progress(title: Title, segment: Segment, report: EncodeProgress) -> Progress:
    from drapto.state.events import Progress

    return Progress(
        title=title.name,
        stage=STAGE.name,
        segment=segment.index,
        frame=report.frame,
        frames=segment.frames,
        first=report.first,
        fps=report.fps,
        bytes=report.size,
    )


def _complete(title: Title, encoded: EncodedSegment) -> SegmentComplete:
    from drapto.state.events import SegmentComplete

    return SegmentComplete(
        title=title.name,
        segment=encoded.index,
        frames=encoded.frames,
        bytes=encoded.bytes,
        seconds=encoded.seconds,
        crf=encoded.crf,
        attempts=encoded.attempts,
        score=encoded.score,
        tier=encoded.tier,
        why=encoded.why,
        encodes=encoded.encodes,
        cpu_seconds=encoded.cpu_seconds,
        measuring_cpu_seconds=max(0.0, encoded.search_cpu_seconds - encoded.encodes * encoded.cpu_seconds),
    )


def _summary(title: Title, segment: Segment, encoded: EncodedSegment, *, by: str) -> str:
    """Return what came of it in a line, and what the user should know on further ones."""
    speed = encoded.frames / encoded.seconds if encoded.seconds else 0.0
    sizes = f"{size_text(encoded.bytes)}, {speed:.1f} fps"
    summary = f"{encoded.frames} frames, CRF {_crf(encoded)}{_quality(encoded)}, {sizes}{by}"
    if encoded.complaints:
        log = f"{printable(title.logs)}/{STAGE.name}.log"
        where = f"the picture is damaged after {time_text(segment.start_time)}"
        said = f"{count_text(encoded.complaints, 'error')}, the first: {encoded.complaint}"
        summary += f"\n{printable(title.source)}: {where} ({said}); look there, or rip it again; see {log}"
    return summary


def _crf(encoded: EncodedSegment) -> str:
    """Say the CRF, or those that follow each other."""
    return ", then ".join(f"{one.crf:g}" for one in encoded.stretches) or f"{encoded.crf:g}"


def _quality(encoded: EncodedSegment) -> str:
    """Say what was measured, and why that is not the target where it is not."""
    if encoded.scores is None:
        return ""
    kept = "" if encoded.why == "target" else f" ({encoded.why})"
    return f", {score_text(encoded.scores.metric, encoded.score or 0.0, encoded.statistic)}{kept}"


STAGE = Stage(
    "encode",
    "the segments through SVT-AV1",
    needs="plan",
    tasks=tasks,
    after=("segment", "crop", "calibrate"),
    makes=r"encoded/\d+\.(mkv|json)",
    shapes=shapes,
    large=("encoded/*.mkv",),
)
