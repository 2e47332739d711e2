"""One segment at its fixed CRF."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.encoding.record import EncodedSegment
from drapto.engine import atomic
from drapto.video.encode import run_encoder

if TYPE_CHECKING:
    from collections.abc import Callable

    from drapto.encoding.job import SegmentJob
    from drapto.engine.context import EncodeProgress, StageContext
    from drapto.quality.target import FixedCrf


def encode_at(
    job: SegmentJob,
    quality: FixedCrf,
    *,
    context: StageContext,
    report: Callable[[EncodeProgress], None] | None = None,
) -> EncodedSegment:
    """Encode one segment at a fixed CRF.

    Args:
        job: The segment.
        quality: The CRF.
        context: The title's surroundings.
        report: Called about twice a second.

    Raises:
        FrameCountError: It did not come to the planned number of frames.
        ToolFailedError: The encoder failed.
    """
    request, settings = job.request, job.shape.at(quality.crf)
    with atomic.replacing(request.target) as partial:
        done = run_encoder(request, partial, settings, context=context, report=report)
    # not on the disk yet: it is written once more when the task signs it, and counts for nothing before
    return EncodedSegment(
        index=request.index,
        strategy=job.strategy,
        crf=settings.crf,
        preset=settings.preset,
        attempts=done.starts,
        frames=settings.frames,
        bytes=done.bytes,
        seconds=done.seconds,
        cpu_seconds=done.cpu_seconds,
        complaints=len(done.complaints),
        complaint="".join(done.complaints[:1]),
    ).write(job.record, durable=False)
