"""The plan of a title's segments."""

from __future__ import annotations

from fractions import Fraction

from drapto.video.plan import Segment, SegmentPlan


def plan(*shapes: tuple[int, int]) -> SegmentPlan:
    """Return a plan of segments with these frames and bytes."""
    return SegmentPlan(
        digest="d",
        settings={},
        strategy="chunked",
        reason="",
        rate=Fraction(24),
        timestamps="timestamps.txt",
        segments=tuple(
            Segment(
                index=index,
                path=None,
                size=size,
                start_time=0,
                duration=1,
                frames=frames,
                first_frame=0,
                keyint=240,
            )
            for index, (frames, size) in enumerate(shapes, start=1)
        ),
    )


def test_the_longest_encode_comes_first() -> None:
    order = [segment for segment, _ in plan((100, 500), (300, 500), (100, 900), (100, 500)).efforts()]
    assert [segment.index for segment in order] == [2, 3, 1, 4]
    assert plan((100, 0), (50, 0)).efforts()[0][0].index == 1
    assert plan((100, 1), (50, 1)).frames == 150
