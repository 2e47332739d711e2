"""One segment, encoded as its strategy does it: the call that an engine is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from drapto.encoding.strategies import named
from drapto.video.hardware import fallback_of
from drapto.video.hardware_trial import prove

if TYPE_CHECKING:
    from collections.abc import Callable

    from drapto.encoding.job import SegmentJob
    from drapto.encoding.record import EncodedSegment
    from drapto.engine.context import EncodeProgress, StageContext
    from drapto.video.hardware import Fallback


@dataclass(frozen=True)
class Encoded:
    """What came of a segment's encode.

    Attributes:
        segment: What was delivered; its record is written.
        fallback: Why the hardware that was asked for does not decode the title; None where there is nothing
            to say.
    """

    segment: EncodedSegment
    fallback: Fallback | None


def encode(
    job: SegmentJob, context: StageContext, report: Callable[[EncodeProgress], None] | None = None
) -> Encoded:
    """Encode one segment, at its fixed CRF or to its target.

    Args:
        job: The segment.
        context: The title's surroundings.
        report: Called about twice a second during each encode of it.

    Raises:
        ConfigError: There is no such strategy.
        StageError: The target cannot be reached, and the settings do not take the closest.
        FrameCountError: An encode did not come to the planned number of frames.
        ToolFailedError: A child process failed.
    """
    strategy = named(job.strategy)
    prove(job.request, job.shape, context=context)
    segment = strategy.encode(job, context=context, report=report)
    return Encoded(segment, fallback_of(job.request.decoding, context))
