"""encode: each segment through SVT-AV1, side by side."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from drapto.encoding.strategies import named
from drapto.errors import printable
from drapto.rules import versions
from drapto.rules.hardware import decoder_news, with_decoder
from drapto.rules.shape import common_to
from drapto.rules.task import rule
from drapto.state.bus import bus
from drapto.state.events import EncodingStarted, Progress, SegmentComplete
from drapto.words import count_text, score_text, size_text, time_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doit.task import Task

    from drapto.encoding.record import EncodedSegment
    from drapto.engine.context import EncodeProgress, StageContext
    from drapto.media.model import CropInfo, SourceInfo
    from drapto.project import Project, Title
    from drapto.rules.shape import Common
    from drapto.rules.versions import Makers
    from drapto.video.plan import Segment, SegmentPlan

STAGE = "encode"


def tasks(
    project: Project, title: Title, info: SourceInfo, crop: CropInfo, plan: SegmentPlan
) -> Iterator[Task]:
    """Yield a task for each segment, those that take longest first."""
    common = common_to(project, info, crop, plan)
    makers = versions.of_picture(project, title, info, common)
    calibration = [str(title.calibration)] if common.settings.calibrated else []
    common_slice = {**common.settings.model_dump(mode="json"), "strategy": plan.strategy}
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
            settings={
                **common_slice,
                "frames": segment.frames,
                "keyint": segment.keyint,
                "filters": list(segment.filters),
            },
            arguments={"common": common, "segment": segment, "lp": lp, "makers": makers},
            version=makers.check(segment.index - 1),
        )


def build(
    context: StageContext,
    project: Project,
    title: Title,
    *,
    common: Common,
    segment: Segment,
    lp: int,
    makers: Makers,
) -> str:
    """Encode a segment."""
    settings = common.settings_for(segment)
    context, maker = makers.begin(context)

    def report(progress: EncodeProgress) -> None:
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

    def started() -> None:
        bus.publish(
            EncodingStarted(
                title=title.name,
                segment=segment.index,
                segments=common.segments,
                frames=segment.frames,
                strategy=common.strategy,
                crf=settings.crf,
            )
        )

    request = replace(common.request(title, segment, lp=lp), made_with=makers.made_with(maker))
    request = with_decoder(request, settings, context, project, title, common)
    encoded = named(common.strategy).encode(
        request, settings, context=context, on_start=started, on_progress=report
    )
    encoded = makers.sign(encoded, maker, request.record)
    bus.publish(
        SegmentComplete(
            title=title.name,
            segment=segment.index,
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
    speed = encoded.frames / encoded.seconds if encoded.seconds else 0.0
    sizes = f"{size_text(encoded.bytes)}, {speed:.1f} fps"
    summary = f"{encoded.frames} frames, CRF {_crf(encoded)}{_quality(encoded)}, {sizes}{makers.said(maker)}"
    if encoded.complaints:
        log = f"{printable(title.logs)}/{STAGE}-{segment.name}.log"
        where = f"the picture is damaged after {time_text(segment.start_time)}"
        said = f"{count_text(encoded.complaints, 'error')}, the first: {encoded.complaint}"
        summary += f"\n{printable(title.source)}: {where} ({said}); look there, or rip it again; see {log}"
    return summary + decoder_news(request, context, project, title)


def _crf(encoded: EncodedSegment) -> str:
    """Say the CRF, or those that follow each other."""
    return ", then ".join(f"{one.crf:g}" for one in encoded.stretches) or f"{encoded.crf:g}"


def _quality(encoded: EncodedSegment) -> str:
    """Say what was measured, and why that is not the target where it is not."""
    if encoded.scores is None:
        return ""
    kept = "" if encoded.why == "target" else f" ({encoded.why})"
    return f", {score_text(encoded.scores.metric, encoded.scores.harmonic)}{kept}"
