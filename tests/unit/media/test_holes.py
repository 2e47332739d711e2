from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from drapto.media.holes import find_holes, hole_notes, is_gutted
from drapto.media.peculiar import Hole

MS = Fraction(1, 1000)
EVEN = list(range(0, 10_000, 40))


def test_a_whole_title_has_no_holes() -> None:
    assert find_holes(EVEN, EVEN, MS) == ()


@given(st.lists(st.integers(1, 3000), min_size=2, max_size=60))
def test_a_variable_rate_is_no_hole_where_every_packet_gives_its_frame(durations: list[int]) -> None:
    times = [sum(durations[:number]) for number in range(len(durations))]
    assert all(hole.frames == 0 for hole in find_holes(times, times, MS))


def test_frames_that_do_not_decode_are_counted_where_they_are_missing() -> None:
    frames = [time for time in EVEN if not 2000 <= time < 2200]
    assert find_holes(EVEN, frames, MS) == (Hole(start=2.0, end=2.2, frames=5),)


def test_the_start_and_the_end_can_be_missing() -> None:
    frames = [time for time in EVEN if 400 <= time < 9600]
    assert find_holes(EVEN, frames, MS) == (
        Hole(start=0.0, end=0.4, frames=10),
        Hole(start=9.6, end=10.0, frames=10),
    )


def test_leading_pictures_of_the_first_keyframe_are_not_missed() -> None:
    assert find_holes(EVEN, EVEN[3:], MS, leading=EVEN[3]) == ()
    assert find_holes(EVEN, EVEN[4:], MS, leading=EVEN[3]) == (Hole(start=0.12, end=0.16, frames=1),)


def test_two_packets_for_each_frame_leave_no_holes() -> None:
    """Fields that are coded apart (PAFF) may lie in packets of their own."""
    fields = list(range(0, 10_000, 20))
    assert find_holes(fields, EVEN, MS) == ()


def test_a_long_gap_without_packets_is_one_in_an_even_title_only() -> None:
    gap = [time for time in EVEN if not 3000 <= time < 6000]
    assert find_holes(gap, gap, MS) == (Hole(start=3.0, end=6.0, frames=0),)
    slides = [0, 3000, 4000, 9000, 9100, 9200]
    assert find_holes(slides, slides, MS) == ()


def test_a_moment_is_let_through_and_more_is_not() -> None:
    moment, second = Hole(start=3, end=3.5, frames=12), Hole(start=3, end=4.5, frames=36)
    assert not is_gutted([moment], 10)
    assert is_gutted([second], 7200)
    assert not is_gutted([moment] * 100, 7200)
    assert is_gutted([moment] * 300, 7200)
    assert not is_gutted([Hole(start=3, end=6, frames=0)], 10)
    assert is_gutted([Hole(start=3, end=9, frames=0)], 10)
    assert not is_gutted([Hole(start=3, end=9, frames=0)], 10, sounds=True)
    assert not is_gutted([Hole(start=n, end=n + 4, frames=0) for n in range(0, 16, 4)], 18)


def test_holes_are_told_with_their_times() -> None:
    holes = [Hole(start=n, end=n + 0.25, frames=6) for n in range(5)]
    assert hole_notes(holes)[0] == "6 frames cannot be decoded, from 0.00 to 0.25 s"
    assert hole_notes(holes)[-1] == "12 frames more cannot be decoded, in 2 places"
    assert hole_notes([Hole(start=3, end=75, frames=0)]) == ["there is no frame from 3.0 s to 1:15"]
