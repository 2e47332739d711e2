"""encode: each segment through SVT-AV1, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.engine.context import EncodeProgress
from drapto.engine.execution import Call, Started
from drapto.errors import printable
from drapto.quality.target import FixedCrf
from drapto.rules.hardware import decoding_of, fallback_line
from drapto.rules.run_state import engine
from drapto.rules.shape import common_to, encode_slice, segment_slice
from drapto.rules.task import rule
from drapto.state.bus import bus
from drapto.state.events import EncodingStarted, Progress, SegmentComplete
from drapto.words import count_text, score_text, size_text, time_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doit.task import Task

    from drapto.encoding.record import EncodedSegment
    from drapto.engine.context import StageContext
    from drapto.media.model import CropInfo, SourceInfo
    from drapto.project import Project, Title
    from drapto.rules.shape import Common
    from drapto.video.plan import Segment, SegmentPlan

STAGE = "encode"


def tasks(
    project: Project, title: Title, info: SourceInfo, crop: CropInfo, plan: SegmentPlan
) -> Iterator[Task]:
    """Yield a task for each segment, those that take longest first."""
    common = common_to(project, info, crop, plan)
    calibration = [str(title.calibration)] if common.calibrated else []
    shared = encode_slice(common)
    # as text: there may be thousands of segments, and pathlib is slow
    work, encoded, source = str(title.work), str(title.encoded), str(title.source)
    rated = plan.efforts()
    threads = common.share.lp_of([effort for _, effort in rated])
    for (segment, _), lp in zip(rated, threads, strict=True):
        yield rule(
            project,
            title,
            STAGE,
            segment=segment.index,
            action=build,
            # what the segment holds is in its file; the crop and the frame count are in the settings slice,
            # so that new evidence for the same crop, or another cut elsewhere, encodes nothing again
            file_dep=[f"{work}/{segment.path}" if segment.path else source, *calibration],
            targets=[f"{encoded}/{segment.name}.{kind}" for kind in ("mkv", "json")],
            settings=segment_slice(shared, segment),
            arguments={"common": common, "segment": segment, "lp": lp},
        )


def build(
    context: StageContext, project: Project, title: Title, *, common: Common, segment: Segment, lp: int
) -> str:
    """Encode a segment."""
    from drapto.encoding.segment import encode

    job = common.job(
        title,
        segment,
        lp=lp,
        decoding=decoding_of(project, title, common),
        calibration=title.calibration if common.calibrated else None,
    )

    def on_event(event: object) -> None:
        if isinstance(event, Started):
            _publish_start(title, segment, common)
        elif isinstance(event, EncodeProgress):
            _publish_progress(title, segment, event)

    call = Call.of(encode, job=job, context=context)
    done = engine(project).run(call, common.needs, on_event)
    _publish_end(title, done.segment)
    line = fallback_line(done.fallback, job.request.log, context, project, title)
    return _summary(title, segment, done.segment) + line


def _publish_start(title: Title, segment: Segment, common: Common) -> None:
    bus.publish(
        EncodingStarted(
            title=title.name,
            segment=segment.index,
            segments=common.segments,
            frames=segment.frames,
            strategy=common.strategy,
            crf=common.quality.crf if isinstance(common.quality, FixedCrf) else None,
        )
    )


def _publish_progress(title: Title, segment: Segment, progress: EncodeProgress) -> None:
    bus.publish(
        Progress(
            title=title.name,
            stage=STAGE,
            segment=segment.index,
            frame=progress.frame,
            frames=segment.frames,
            fps=progress.fps,
            bytes=progress.size,
        )
    )


def _publish_end(title: Title, encoded: EncodedSegment) -> None:
    bus.publish(
        SegmentComplete(
            title=title.name,
            segment=encoded.index,
            frames=encoded.frames,
            bytes=encoded.bytes,
            seconds=encoded.seconds,
            crf=encoded.crf,
            attempts=encoded.attempts,
            score=encoded.scores.harmonic if encoded.scores else None,
            tier=encoded.tier,
            why=encoded.why,
        )
    )


def _summary(title: Title, segment: Segment, encoded: EncodedSegment) -> str:
    """Return what came of it in a line, and what the user should know on further ones."""
    speed = encoded.frames / encoded.seconds if encoded.seconds else 0.0
    sizes = f"{size_text(encoded.bytes)}, {speed:.1f} fps"
    summary = f"{encoded.frames} frames, CRF {_crf(encoded)}{_quality(encoded)}, {sizes}"
    if encoded.complaints:
        log = f"{printable(title.logs)}/{STAGE}-{segment.name}.log"
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
    return f", {score_text(encoded.scores.metric, encoded.scores.harmonic)}{kept}"
