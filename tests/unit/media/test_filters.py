"""Filters that several stages use."""

from __future__ import annotations

from fractions import Fraction

from drapto.media.filters import renumbered, without_first


def test_frames_are_timed_by_their_number() -> None:
    assert renumbered(Fraction(24000, 1001)) == "settb=1001/24000,setpts=N"
    assert renumbered(Fraction(25)) == "settb=1/25,setpts=N"


def test_nothing_is_left_out_of_a_whole_segment() -> None:
    assert without_first(0) == []
    assert without_first(24) == ["trim=start_frame=24"]
