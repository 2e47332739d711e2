"""What is known of a segment's attempts: their points, their parts, what a splice is of."""

from __future__ import annotations

import pytest

from drapto.encoding.attempts import Attempt, Attempts, Splice
from drapto.quality.scores import scores_of
from drapto.quality.search import Point


def tried(crf: float, first: int, end: int, values: list[float]) -> Attempt:
    scores = scores_of("vmaf", values, stride=5)
    return Attempt(crf=crf, first=first, end=end, bytes=1, digest=f"{first} {end}", scores=(scores,))


def test_points_are_of_whole_encodes_with_this_stride() -> None:
    whole, tail = tried(32.0, 0, 0, [95.0] * 8), tried(30.0, 20, 0, [97.0] * 4)
    known = Attempts(key="", attempts=(whole, tail))
    assert known.points(5) == [Point(32.0, 95.0)]
    assert known.points(3) == []


def test_parts_are_of_one_division() -> None:
    attempts = (
        tried(32.0, 0, 20, [95.0] * 4),
        tried(30.0, 20, 0, [91.0] * 4),
        tried(31.0, 0, 24, [96.0] * 5),
        tried(33.0, 0, 0, [94.0] * 8),
    )
    parts = Attempts(key="", attempts=attempts).parts(20, 40, 5)
    assert (parts.first, parts.frames) == (20, 40)
    assert parts.head == [Point(32.0, 95.0)]
    assert parts.tail == [Point(30.0, 91.0)]
    assert Attempts(key="", attempts=attempts).parts(20, 40, 3).head == []


def test_an_attempts_frames() -> None:
    assert tried(32.0, 0, 0, [95.0]).frames(40) == 40
    assert tried(32.0, 0, 24, [95.0]).frames(40) == 24
    assert tried(32.0, 24, 0, [95.0]).frames(40) == 16
    assert [tried(32.0, first, end, [95.0]).whole for first, end in ((0, 0), (0, 9), (9, 0))] == [
        True,
        False,
        False,
    ]


def test_what_a_splice_is_of() -> None:
    head, tail = tried(32.0, 0, 20, [95.0] * 4), tried(30.0, 20, 0, [97.0] * 4)
    known = Attempts(key="", attempts=(head, tail, tried(32.0, 0, 0, [93.0] * 8)))
    assert known.sources(Splice(crf=32.0, first=20, tail_crf=30.0)) == (head, tail)
    with pytest.raises(ValueError, match="was not tried"):
        known.sources(Splice(crf=32.0, first=20, tail_crf=40.0))


def test_an_earlier_version_took_the_parts_of_a_splice_from_whole_encodes() -> None:
    head, tail, other = (
        tried(32.0, 0, 0, [95.0] * 8),
        tried(30.0, 20, 0, [97.0] * 4),
        tried(34.0, 0, 0, [93.0] * 8),
    )
    known = Attempts(key="", attempts=(head, tail, other))
    assert known.sources(Splice(crf=32.0, first=20, tail_crf=30.0)) == (head, tail)
    assert known.sources(Splice(crf=32.0, first=20, tail_crf=34.0)) == (head, other)
