"""What is known of a film over time, and how much of it is shown."""

from __future__ import annotations

from fractions import Fraction

import pytest

from drapto.encoding.record import EncodedSegment
from drapto.quality.scores import scores_of
from drapto.report.timeline import Interval, at_most, of_segments
from drapto.video.plan import Segment, SegmentPlan


def interval(number: int, **more: object) -> Interval:
    plain: dict[str, object] = {"start": 4.0 * number, "duration": 4.0, "frames": 96, "bytes": 1000}
    return Interval(name=str(number + 1), **(plain | more))  # type: ignore[arg-type]


def test_few_stay_as_they_are() -> None:
    some = [interval(number) for number in range(5)]
    assert at_most(some, 5) == some


def test_neighbours_are_taken_together_and_nothing_is_lost() -> None:
    many = [interval(number, crf=20.0 + number, score=90.0 - number) for number in range(10)]
    few = at_most(many, 4)
    assert [one.name for one in few] == ["1 to 3", "4 to 6", "7 to 9", "10"]
    assert sum(one.frames for one in few) == 960
    assert sum(one.bytes for one in few) == 10_000
    assert few[0].crf == pytest.approx(21)
    assert (few[0].score, few[1].score) == (88.0, 85.0)  # the lowest, which a mean would hide


def test_a_segment_that_missed_its_target_says_why() -> None:
    part = {"size": 1, "keyint": 10, "first_frame": 0}
    segment = Segment(index=1, path=None, start_time=2.0, duration=4.0, frames=96, **part)  # type: ignore[arg-type]
    plan = SegmentPlan(
        digest="d", settings={}, strategy="chunked", reason="", rate=Fraction(24), segments=(segment,)
    )
    record = EncodedSegment(
        index=1, strategy="chunked", crf=10.0, preset=6, attempts=3, scores=scores_of("vmaf", [80.0, 90.0]),
        why="crf_min", tried=((20.0, 70.0), (10.0, 84.0)), encodes=2.5, frames=96, bytes=4000,
        seconds=1.0, cpu_seconds=2.0, search_cpu_seconds=7.0,
    )  # fmt: skip
    (found,) = of_segments(plan, [record])
    assert (found.why, found.seconds, found.lowest, found.bitrate) == ("crf_min", 7.0, 80.0, 8000.0)
