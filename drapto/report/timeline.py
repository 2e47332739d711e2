"""What is known of a film over time: a value for each of its intervals, and no more of these than fit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drapto.words import count_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drapto.encoding.record import EncodedSegment
    from drapto.video.plan import SegmentPlan

MOST_ROWS = 2_000
"""Intervals that are listed; of more, neighbours are taken together. 2,000 of 15 s are eight hours."""

MOST_DRAWN = 900
"""Intervals that are drawn: as many as a plot has pixels across."""


@dataclass(frozen=True)
class Interval:
    """A run of frames.

    Attributes:
        name: Which one it is.
        start, duration: Seconds.
        frames: How many.
        bytes: What they take.
        crf: The CRF, the mean over the frames; None where nobody knows.
        score, p5, lowest: What they score: what stands for them, their 5th percentile, their lowest frame;
            None where nothing was measured. Of several taken together: the lowest of each.
        encodes: How often each of them was encoded, the mean; None where nobody knows.
        seconds: Processor seconds that all of it took.
        why: Why the search ended there; empty where it met its target, or there was none.
        tried: What was tried, (CRF, score), in order.
    """

    name: str
    start: float
    duration: float
    frames: int
    bytes: int
    crf: float | None = None
    score: float | None = None
    p5: float | None = None
    lowest: float | None = None
    encodes: float | None = None
    seconds: float = 0.0
    why: str = ""
    tried: tuple[tuple[float, float], ...] = ()

    @property
    def bitrate(self) -> float:
        """Bits a second; 0 of what has no duration."""
        return 8 * self.bytes / self.duration if self.duration > 0 else 0.0


def of_segments(plan: SegmentPlan, records: Sequence[EncodedSegment]) -> list[Interval]:
    """Return an interval for each segment of a title that was encoded."""
    return [
        Interval(
            name=str(segment.index),
            start=segment.start_time,
            duration=segment.duration,
            frames=record.frames,
            bytes=record.bytes,
            crf=record.crf,
            score=record.score,
            p5=record.scores.p5 if record.scores else None,
            lowest=record.scores.minimum if record.scores else None,
            encodes=record.encodes,
            # of a search, the delivered encode is among what it took
            seconds=record.search_cpu_seconds or record.cpu_seconds,
            why="" if record.why in ("", "target") else record.why,
            tried=record.tried,
        )
        for segment, record in zip(plan.segments, records, strict=True)
    ]


def at_most(intervals: Sequence[Interval], most: int) -> list[Interval]:
    """Return no more than ``most`` intervals: neighbours are taken together, as many each time."""
    size = max(1, math.ceil(len(intervals) / most))
    return [_together(intervals[first : first + size]) for first in range(0, len(intervals), size)]


def _together(some: Sequence[Interval]) -> Interval:
    if len(some) == 1:
        return some[0]
    frames = sum(one.frames for one in some)
    return Interval(
        name=f"{some[0].name} to {some[-1].name}",
        start=some[0].start,
        duration=math.fsum(one.duration for one in some),
        frames=frames,
        bytes=sum(one.bytes for one in some),
        crf=_mean([(one.crf, one.frames) for one in some]),
        score=_least([one.score for one in some]),
        p5=_least([one.p5 for one in some]),
        lowest=_least([one.lowest for one in some]),
        encodes=_mean([(one.encodes, one.frames) for one in some]),
        seconds=math.fsum(one.seconds for one in some),
        why=f"{count_text(missed, 'miss')}" if (missed := sum(bool(one.why) for one in some)) else "",
    )


def _mean(weighed: Sequence[tuple[float | None, int]]) -> float | None:
    known = [(value, frames) for value, frames in weighed if value is not None]
    whole = sum(frames for _, frames in known)
    return math.fsum(value * frames for value, frames in known) / whole if whole else None


def _least(values: Sequence[float | None]) -> float | None:
    return min((value for value in values if value is not None), default=None)
