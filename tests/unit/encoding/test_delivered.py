"""A whole title's quality, from its segments' records."""

from __future__ import annotations

from fractions import Fraction

import pytest

from drapto.encoding.delivered import delivered
from drapto.encoding.record import EncodedSegment
from drapto.quality.scores import scores_of
from drapto.video.plan import Segment, SegmentPlan


def plan(*frames: int) -> SegmentPlan:
    segments = tuple(
        Segment(
            index=index,
            path=None,
            size=1,
            start_time=10.0 * index,
            duration=10.0,
            frames=count,
            first_frame=0,
            keyint=240,
        )
        for index, count in enumerate(frames, start=1)
    )
    return SegmentPlan(
        digest="d",
        settings={},
        strategy="chunked",
        reason="",
        rate=Fraction(24),
        timestamps="planned.txt",
        segments=segments,
    )


def record(index: int, frames: int, values: list[float], why: str = "target") -> EncodedSegment:
    scores = scores_of("vmaf", values, stride=3) if values else None
    return EncodedSegment(
        index=index,
        strategy="chunked",
        crf=30,
        preset=6,
        attempts=1,
        scores=scores,
        target=93.0 if values else None,
        why=why,
        encodes=1.0 + index / 2,
        frames=frames,
        bytes=1,
        seconds=1.0,
        cpu_seconds=1.0,
    )


def test_segments_weigh_by_their_frames() -> None:
    found = delivered(plan(30, 90), [record(1, 30, [96.0] * 10), record(2, 90, [92.0] * 30, "plateau")])
    assert found is not None
    assert found.target == 93.0
    assert found.scores.mean == pytest.approx(93.0)
    assert found.scores.stride == 3
    assert found.scores.values == (), "the frames' own are in the segments' records"
    assert (found.worst_segment, found.worst_time, found.worst) == (2, 20.0, 92.0)
    assert found.missed == {2: "plateau"}
    assert found.encodes == 1.75


def test_what_was_not_measured_has_no_quality() -> None:
    assert delivered(plan(30), [record(1, 30, [])]) is None
    assert delivered(plan(30, 30), [record(1, 30, [93.0]), record(2, 30, [])]) is None
