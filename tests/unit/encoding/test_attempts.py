"""What is known of a segment's attempts: their points, their tails, what a splice is of."""

from __future__ import annotations

import pytest

from drapto.encoding.attempts import Attempt, Attempts, Splice
from drapto.quality.scores import scores_of
from drapto.quality.search import Point


def tried(crf: float, first: int, values: list[float], keyframes: tuple[int, ...]) -> Attempt:
    scores = scores_of("vmaf", values, stride=5)
    return Attempt(crf=crf, first=first, keyframes=keyframes, bytes=1, digest=f"{first}", scores=(scores,))


def test_the_tails_of_an_encode_are_from_its_keyframes_on() -> None:
    whole = tried(32.0, 0, [95.0] * 4 + [90.0] * 2 + [80.0] * 2, (0, 20, 30))
    alone = tried(30.0, 30, [82.0] * 2, (0,))
    tails = Attempts(key="", attempts=(whole, alone)).tails(32.0, 5, 40)
    assert [(tail.first, tail.frames, tail.own) for tail in tails] == [(30, 10, 1), (20, 20, 0)]
    assert tails[0].points == [Point(32.0, 80.0), Point(30.0, 82.0)]
    assert tails[0].head == scores_of("vmaf", [95.0] * 4 + [90.0] * 2).harmonic
    assert tails[1].points == [Point(32.0, scores_of("vmaf", [90.0] * 2 + [80.0] * 2).harmonic)]


def test_an_encode_of_one_gop_has_no_tail() -> None:
    assert Attempts(key="", attempts=(tried(32.0, 0, [95.0] * 4, (0,)),)).tails(32.0, 5, 20) == []


def test_points_are_of_whole_encodes_with_this_stride() -> None:
    whole, tail = tried(32.0, 0, [95.0] * 8, (0, 20)), tried(30.0, 20, [97.0] * 4, (0,))
    known = Attempts(key="", attempts=(whole, tail))
    assert known.points(5) == [Point(32.0, 95.0)]
    assert known.points(3) == []


def test_what_a_splice_is_of() -> None:
    head, tail = tried(32.0, 0, [95.0] * 8, (0, 20)), tried(30.0, 20, [97.0] * 4, (0,))
    other = tried(34.0, 0, [93.0] * 8, (0, 20))
    known = Attempts(key="", attempts=(head, tail, other))
    assert known.sources(Splice(crf=32.0, first=20, tail_crf=30.0)) == (head, tail)
    assert known.sources(Splice(crf=32.0, first=20, tail_crf=34.0)) == (head, other)
    with pytest.raises(ValueError, match="was not tried"):
        known.sources(Splice(crf=32.0, first=20, tail_crf=40.0))
