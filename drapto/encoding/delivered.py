"""The quality of a whole title, from what was measured of the segments that it is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.engine.document import Model
from drapto.quality.scores import Part, Scores, pooled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drapto.encoding.record import EncodedSegment
    from drapto.video.plan import SegmentPlan


class Delivered(Model):
    """What a title's picture scores, without decoding it again: its packets are those that were measured.

    Attributes:
        target: The score that was aimed at.
        scores: Of all frames together; the frames' own are in the segments' records.
        worst_segment: The number of the segment with the lowest harmonic mean.
        worst_time: When it begins, seconds.
        worst: Its harmonic mean.
        missed: The segments that are not within the tolerance, each with why.
        encodes: How many encodes a segment took, the mean.
        display: How large the whole picture was shown for it, ``1920x1080``; empty where the metric knows no
            display.
    """

    target: float
    scores: Scores
    worst_segment: int
    worst_time: float
    worst: float
    missed: dict[int, str]
    encodes: float
    display: str = ""


def delivered(plan: SegmentPlan, records: Sequence[EncodedSegment], display: str = "") -> Delivered | None:
    """Return the quality of a title, or None where its segments were not measured.

    Args:
        plan: The title's segments.
        records: One for each, in their order.
        display: As `Delivered` has it.
    """
    parts = [Part(frames=record.frames, scores=record.scores) for record in records if record.scores]
    if not parts or len(parts) != len(plan.segments):
        return None
    worst = min(range(len(parts)), key=lambda number: parts[number].scores.harmonic)
    return Delivered(
        target=records[0].target or 0.0,
        scores=pooled(parts),
        worst_segment=plan.segments[worst].index,
        worst_time=plan.segments[worst].start_time,
        worst=parts[worst].scores.harmonic,
        missed={record.index: record.why for record in records if record.why != "target"},
        encodes=round(sum(record.encodes for record in records) / len(records), 3),
        display=display,
    )
