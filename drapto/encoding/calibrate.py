"""What is to be known of a title before its segments are searched: which CRF it takes.

A few segments all over the title, its anchors, are begun first. Their encodes are not thrown away: they are
the first parts of those segments, which their own searches find and go on from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from drapto.encoding.calibration import Anchor, Calibration
from drapto.encoding.job import SegmentContext
from drapto.encoding.targeted import search_of
from drapto.video.hardware import fallback_of
from drapto.video.hardware_trial import prove

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from drapto.encoding.job import SegmentJob
    from drapto.engine.context import StageContext
    from drapto.quality.target import QualityTarget
    from drapto.video.hardware import Fallback


@dataclass(frozen=True)
class TriedAnchor:
    """What came of trying an anchor.

    Attributes:
        anchor: What it tells.
        fallback: Why the hardware that was asked for does not decode the title; None where there is nothing
            to say.
    """

    anchor: Anchor
    fallback: Fallback | None


def try_anchor(job: SegmentJob, target: QualityTarget, context: StageContext) -> TriedAnchor:
    """Make the first attempt at one of a title's anchors, unless there is one.

    Args:
        job: The segment, without a calibration.
        target: The quality that it is to have.
        context: The title's surroundings.

    Raises:
        FrameCountError: An encode did not come to its frames.
        ToolFailedError: A child process failed.
    """
    prove(job.request, job.shape, context=context)
    _, search = search_of(SegmentContext(job, target, context))
    crf, score = search.begin()
    anchor = Anchor(segment=job.request.index, crf=crf, score=score)
    return TriedAnchor(anchor, fallback_of(job.request.decoding, context))


def write_calibration(
    path: Path, metric: str, anchors: Iterable[Anchor], made_with: tuple[str, ...] = ()
) -> Calibration:
    """Write ``calibration.json``; return it.

    Args:
        path: The file.
        metric: The metric's name.
        anchors: What was tried, in the order of the segments.
        made_with: The versions that decide the bytes of what was tried; empty where they are not known.
    """
    return Calibration(metric=metric, anchors=tuple(anchors), made_with=made_with).write(path)
