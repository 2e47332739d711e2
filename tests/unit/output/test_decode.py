"""How the checking decode is divided."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from drapto.output.decode import Stretch, stretches

MS = 1_000_000


@given(
    gaps=st.lists(st.integers(1, 90), min_size=1, max_size=300),
    key_every=st.integers(1, 80),
    parts=st.integers(1, 16),
)
def test_every_picture_once_from_keyframe_to_keyframe(gaps: list[int], key_every: int, parts: int) -> None:
    times = [sum(gaps[:count]) * MS for count in range(len(gaps) + 1)]
    keyframes = times[::key_every]
    found = stretches(times, keyframes, parts)
    assert 1 <= len(found) <= parts
    assert sum(one.frames for one in found) == len(times)
    assert found[0].start == times[0]
    position = 0
    for one, after in pairwise(found):
        position += one.frames
        assert after.start == times[position]
        assert after.start in keyframes


def test_about_equal() -> None:
    times = [number * 40 * MS for number in range(1000)]
    assert stretches(times, times[::50], 2) == [Stretch(0, 500), Stretch(500 * 40 * MS, 500)]
    assert stretches(times, times[:1], 4) == [Stretch(0, 1000)]
