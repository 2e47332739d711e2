"""From which keyframe on a segment source need be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drapto.video.entry import Shown, clean_keyframe


def packets(text: str) -> list[Shown]:
    """Read ``K3``: a keyframe that is shown as number 3; a number alone is another frame."""
    return [Shown(int(one.lstrip("K")), one.startswith("K")) for one in text.split()]


@pytest.mark.parametrize(
    ("text", "first", "number"),
    [
        ("K0 1 2 K3 4 5", 5, 3),
        ("K0 1 2 K3 4 5", 3, 3),
        ("K0 1 2 K3 4 5", 2, None),  # the first is no news
        ("K0 2 1 K3 5 4 K6 7", 7, 6),
        ("K0 2 1 K5 3 4 6", 6, None),  # what leads to it needs what is before it
        ("K0 4 1 2 K3 5 6", 6, None),  # and so does what is shown after it
        ("K0 K1 K2", 2, 2),
        ("K0", 0, None),
        ("K0 1", 7, None),
    ],
)
def test_only_a_keyframe_that_parts_the_packets(text: str, first: int, number: int | None) -> None:
    assert clean_keyframe(packets(text), first) == number


@given(st.lists(st.booleans(), min_size=1, max_size=12), st.randoms(), st.integers(0, 12))
def test_all_that_is_shown_before_it_is_before_it(keyframes: list[bool], random: object, first: int) -> None:
    times = list(range(len(keyframes)))
    for place in range(0, len(times) - 1, 3):  # some are coded in another order than they are shown in
        if random.random() < 0.5:  # type: ignore[attr-defined]
            times[place : place + 2] = times[place : place + 2][::-1]
    each = [Shown(time, keyframe) for time, keyframe in zip(times, keyframes, strict=True)]
    number = clean_keyframe(each, first)
    if number is not None:
        assert 0 < number <= first
        assert each[number] == (number, True)
        assert sorted(times[:number]) == list(range(number))
