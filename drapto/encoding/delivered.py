"""The quality of a whole title, from what was measured of the segments that it is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from drapto.engine.document import Model
from drapto.quality.scores import Part, Scores, Statistic, pooled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from drapto.encoding.record import EncodedSegment
    from drapto.video.plan import SegmentPlan


class LowRun(Model):
    """A run of frames below the floor (`drapto.quality.floor`).

    Attributes:
        segment: The number of the segment that it is in.
        time: When it begins, in seconds from the start of the title, as far as the frames are evenly spaced.
        seconds: How long it lasts.
        kind: What is low, ``score`` or ``blocks``.
        worst: The lowest score; of wrong blocks, how far the worst is off, percent of full scale.
    """

    segment: int
    time: float
    seconds: float
    kind: Literal["score", "blocks"]
    worst: float


class Delivered(Model):
    """What a title's picture scores, without decoding it again: its packets are those that were measured.

    Attributes:
        target: The score that was aimed at.
        statistic: Which figure of a segment's frames was to have it.
        scores: Of all frames together; the frames' own are in the segments' records.
        worst_segment: The number of the segment for which the lowest figure stands.
        worst_time: When it begins, seconds.
        worst: That figure.
        missed: The segments that are not within the tolerance, each with why.
        low: The runs of frames below the floor, in order, whatever was tried to lift them.
        encodes: How many encodes a segment took, the mean.
        display: How large the whole picture was shown for it, ``1920x1080``; empty where the metric knows no
            display.
    """

    target: float
    statistic: Statistic = "harmonic"
    scores: Scores
    worst_segment: int
    worst_time: float
    worst: float
    missed: dict[int, str]
    low: tuple[LowRun, ...] = ()
    encodes: float
    display: str = ""

    @property
    def score(self) -> float:
        """The same figure of all frames."""
        return self.scores.figure(self.statistic)


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
    statistic = records[0].statistic
    figures = [part.scores.figure(statistic) for part in parts]
    worst = min(range(len(parts)), key=lambda number: figures[number])
    return Delivered(
        target=records[0].target or 0.0,
        statistic=statistic,
        scores=pooled(parts),
        worst_segment=plan.segments[worst].index,
        worst_time=plan.segments[worst].start_time,
        worst=figures[worst],
        missed={record.index: record.why for record in records if record.why != "target"},
        low=tuple(_low(plan, records)),
        encodes=round(sum(record.encodes for record in records) / len(records), 3),
        display=display,
    )


def _low(plan: SegmentPlan, records: Sequence[EncodedSegment]) -> Iterator[LowRun]:
    for segment, record in zip(plan.segments, records, strict=True):
        for run in record.low:
            yield LowRun(
                segment=segment.index,
                time=round(segment.start_time + float(run.first / plan.rate), 3),
                seconds=round(float(run.frames / plan.rate), 3),
                kind=run.kind,
                worst=run.worst,
            )
