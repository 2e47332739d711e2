"""The plan of a title's segments."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from drapto.errors import ArtifactError
from drapto.video.plan import Segment, SegmentPlan

if TYPE_CHECKING:
    from pathlib import Path


def plan(*shapes: tuple[int, int]) -> SegmentPlan:
    """Return a plan of segments with these frames and bytes."""
    return SegmentPlan(
        digest="d",
        settings={},
        strategy="chunked",
        reason="",
        rate=Fraction(24),
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


def test_the_plan_of_an_earlier_version_means_the_same(tmp_path: Path) -> None:
    now, path = plan((100, 500), (300, 500)), tmp_path / "segments.json"
    path.write_text(json.dumps({**now.model_dump(mode="json"), "timestamps": "planned.txt"}))
    assert SegmentPlan.read(path) == now
    assert "timestamps" not in now.dumps()
    path.write_text(json.dumps({**now.model_dump(mode="json"), "other": 1}))
    with pytest.raises(ArtifactError, match="is damaged"):
        SegmentPlan.read(path)
    path.write_text("[]")
    with pytest.raises(ArtifactError, match="is damaged"):
        SegmentPlan.read(path)


def test_a_plan_is_read_once_while_it_is_in_use_and_stays_the_same(tmp_path: Path) -> None:
    path = tmp_path / "segments.json"
    plan(*[(1, 1)] * 3).write(path)
    first = SegmentPlan.read(path)
    assert SegmentPlan.read(path) is first
    plan(*[(1, 1)] * 4).write(path)
    assert len(SegmentPlan.read(path).segments) == 4
    assert len(first.segments) == 3
    path.write_text("{")
    assert SegmentPlan.read_if_whole(path) is None
    path.unlink()
    assert SegmentPlan.read_if_whole(path) is None
