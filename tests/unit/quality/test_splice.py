"""Segments in parts: the search ends, keeps its reach, and takes only what was measured."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drapto.quality.dividing import starts
from drapto.quality.scale import Prediction, VmafScale, predict
from drapto.quality.search import Goal, Point, clamped
from drapto.quality.splice import (
    BEYOND,
    SWING,
    Choice,
    Parts,
    Spliced,
    Tried,
    TryPart,
    best,
    near,
    next_part,
    rest_goal,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    Curve = Callable[[float], float]

VMAF = VmafScale()
GOAL = Goal(93.0, 1.0, 10.0, 50.0, 6)
USUAL = Prediction(28.0, 1.0)
FRAMES = (72, 162, 126)


def falling(missing: float, growth: float = 0.057) -> Curve:
    """Return a curve that misses 100 by ``missing`` at CRF 28, and by a factor more with each CRF."""
    return lambda crf: max(0.0, 100 - missing * math.exp(growth * (crf - 28)))


def run(*curves: Curve, first: float = 28.0, goal: Goal = GOAL) -> tuple[Spliced, Parts]:
    """Search on curves, one for each part; each part begins as those before it let expect."""
    frames = FRAMES if len(curves) > 1 else (sum(FRAMES),)
    tried: list[Tried] = []

    def encode(part: int, crf: float) -> None:
        assert (part, crf) not in [one[:2] for one in tried], "paid for twice"
        tried.append(Tried(part, crf, curves[part](crf)))

    encode(0, clamped(goal, first))
    for part in range(1, len(frames)):
        own = rest_goal(goal, Parts(frames, tried), [one.score for one in tried])
        expected = predict(own.target, [(tried[-1].crf, tried[-1].score)], VMAF).first
        encode(part, near(goal, expected, tried[-1].crf))
    while True:
        found = next_part(goal, Parts(frames, tried), VMAF, USUAL)
        if isinstance(found, Spliced):
            return found, Parts(frames, tried)
        encode(found.part, found.crf)


def encodes(parts: Parts) -> list[int]:
    """Return how often each part was encoded."""
    return [len(parts.points(part)) for part in range(len(parts.frames))]


MISSING = st.floats(1, 14)


@given(MISSING, MISSING, MISSING, st.floats(0.0, 0.1), st.floats(10, 50))
@example(7.0, 2.5, 8.625, 0.06343135631005434, 23.0)  # two sets of parts have the same mean CRF
def test_it_ends_and_says_what_was_measured(
    one: float, two: float, three: float, growth: float, first: float
) -> None:
    curves = [falling(missing, growth) for missing in (one, two, three)]
    found, parts = run(*curves, first=first)
    assert len(parts.tried) <= len(FRAMES) * GOAL.most
    each = zip(FRAMES, curves, found.choice.crfs, strict=True)
    inverse = sum(frames / (curve(crf) + 1) for frames, curve, crf in each)
    assert found.choice.score == pytest.approx(sum(FRAMES) / inverse - 1)
    assert (found.why == "target") == GOAL.met_by(found.choice.score)


@given(st.floats(5.5, 10), st.floats(0.9, 1.1), st.floats(0.045, 0.07))
def test_parts_of_one_scene_take_one_encode_each_or_little_more(
    missing: float, unlike: float, growth: float
) -> None:
    curve = falling(missing, growth)
    found, parts = run(curve, falling(missing * unlike, growth), curve)
    assert found.why == "target"
    assert encodes(parts)[:2] == [1, 1]
    assert encodes(parts)[2] <= 2


def test_what_is_wrong_about_the_first_part_is_made_up_for() -> None:
    curve = falling(9.0)
    found, parts = run(curve, curve, curve)
    assert curve(28.0) < 92
    assert encodes(parts) == [1, 1, 1]
    assert found.choice.crfs[0] == 28 > found.choice.crfs[1]
    assert found.choice.score == pytest.approx(93, abs=0.6)


def test_a_last_part_that_misses_is_encoded_again_and_the_others_are_kept() -> None:
    found, parts = run(falling(7.0), falling(7.0), falling(11))
    assert encodes(parts) == [1, 1, 2]
    assert found.why == "target"


def test_a_part_that_none_can_make_up_for_is_encoded_anew() -> None:
    found, parts = run(falling(7.0), falling(14), falling(7.0))
    assert found.why == "target"
    assert encodes(parts)[1] == 2


def test_rather_the_part_that_is_off_than_one_that_would_have_to_make_up_for_it() -> None:
    tried = [Tried(0, 26.75, 97.611), Tried(1, 34.75, 88.47), Tried(2, 24.25, 90.825)]
    found = next_part(GOAL, Parts((80, 180, 141), tried), VMAF, USUAL)
    assert isinstance(found, TryPart)
    assert found.part == 1
    assert 24 < found.crf < 30
    tried = [Tried(0, 26.0, 91.7), Tried(1, 22.75, 93.8), Tried(2, 25.25, 97.5)]
    found = next_part(GOAL, Parts((64, 146, 114), tried), VMAF, USUAL)
    assert isinstance(found, TryPart)
    assert found.part == 2


def test_a_part_that_was_encoded_again_in_vain_is_let_be() -> None:
    tried = [Tried(0, 22.75, 93.3), Tried(1, 23.5, 96.2), Tried(2, 31.25, 97.0), Tried(2, 43.25, 96.5)]
    found = next_part(GOAL, Parts((76, 194, 113), tried), VMAF, USUAL)
    assert isinstance(found, TryPart)
    assert found.part == 1


def test_a_segment_of_one_part_is_searched_as_a_whole() -> None:
    found, parts = run(falling(12.0))
    assert (found.why, found.choice.score) == ("target", pytest.approx(93, abs=1))
    assert len(parts.tried) <= 3


@pytest.mark.parametrize("parts", [1, 3])
def test_where_no_crf_is_low_enough_the_closest_is_taken(parts: int) -> None:
    found, _ = run(*[lambda crf: 80 - crf / 10] * parts)
    assert (found.why, found.good) == ("crf bound", False)
    assert found.choice.crfs == (10.0,) * parts


@pytest.mark.parametrize("parts", [1, 3])
def test_black_ends_at_a_high_crf(parts: int) -> None:
    found, _ = run(*[lambda _: 99.0] * parts)
    assert found.good
    assert found.why in ("crf bound", "plateau")
    assert max(found.choice.crfs) >= 38


def nearly_flat(missing: float, growth: float = 0.012) -> Curve:
    """Return the curve of titles on black, which no CRF changes much."""
    return falling(missing, growth)


def test_titles_on_black_take_few_encodes() -> None:
    """Of the end of Sintel's trailer two parts took six, at CRF 26, 34, 46, 38, 50 and 50."""
    frames = (118, 113)
    tried = [Tried(0, 26.0, 96.305), Tried(1, 34.0, 97.091)]
    curves = [falling(3.9, 0.022), nearly_flat(2.75)]
    while True:
        found = next_part(GOAL, Parts(frames, tried), VMAF, USUAL)
        if isinstance(found, Spliced):
            break
        tried.append(Tried(found.part, found.crf, curves[found.part](found.crf)))
    assert len(tried) <= 4
    assert found.good
    assert min(found.choice.crfs) >= 46


@given(st.floats(2.3, 4), st.floats(2.3, 4), st.floats(5, 16), st.floats(0.045, 0.07))
def test_a_hard_scene_among_titles_comes_to_its_target(
    one: float, two: float, hard: float, growth: float
) -> None:
    """It may have begun far below it; no CRF of the titles makes up for that."""
    found, _ = run(nearly_flat(one), nearly_flat(two), falling(hard, growth))
    assert found.good


def test_no_part_is_asked_for_what_viewers_would_see() -> None:
    parts = Parts(FRAMES, [])
    assert rest_goal(GOAL, parts, [99.9, 99.9]).target == 93 - SWING
    assert rest_goal(GOAL, parts, [70.0, 70.0]).target == 93 + SWING
    assert rest_goal(GOAL, parts, [93.0]).target == pytest.approx(93)


def test_a_part_that_may_not_make_up_for_all_is_asked_for_what_is_enough() -> None:
    """A whole that was too good by a tenth had its best part encoded at CRF 49.75, where it has 81.6."""
    frames = (84, 99, 87, 113)
    tried = [
        (0, 26.5, 92.8),
        (1, 26.0, 95.9),
        (2, 33.0, 94.1),
        (3, 36.5, 97.1),
        (1, 38.0, 92.9),
        (3, 48.5, 96.4),
    ]
    found = next_part(GOAL, Parts(frames, [Tried(*one) for one in tried]), VMAF, USUAL)
    assert isinstance(found, TryPart)
    assert found.part in {0, 2}
    assert found.crf < 40


def test_of_choices_at_the_target_none_is_taken_with_a_part_that_viewers_would_see() -> None:
    uneven = [Tried(0, 40.0, 84.0), Tried(1, 28.0, 95.0), Tried(2, 28.0, 95.0)]
    even = [Tried(0, 28.0, 92.9), Tried(1, 33.0, 93.4)]
    assert best(GOAL, Parts(FRAMES, uneven + even)).scores == (92.9, 93.4, 95.0), "93.9, not 92.6"
    assert best(GOAL, Parts(FRAMES, uneven)).scores == (84.0, 95.0, 95.0), "there is no other"


def test_a_part_keeps_near_the_others_and_within_the_bounds() -> None:
    assert near(GOAL, 40.0, 28.0) == 36.0
    assert near(GOAL, 18.13, 28.0) == 20.0
    assert near(GOAL, 29.1, 28.0) == 29.0
    assert near(GOAL, 8.0, 12.0) == 10.0


@pytest.mark.parametrize(
    ("frames", "keyint", "first"),
    [
        (360, 240, (0, 79, 172, 266)),  # 15 s
        (200, 240, (0, 80)),
        (143, 240, (0,)),  # too short
        (2, 2, (0, 1)),
        (1, 2, (0,)),
    ],
)
def test_where_parts_begin(frames: int, keyint: int, first: tuple[int, ...]) -> None:
    assert starts(frames, keyint) == first


def test_parts_begin_at_scene_changes_that_are_near() -> None:
    assert starts(360, 240, (20, 100, 190, 250)) == (0, 100, 190, 250)
    assert starts(360, 240, (10, 130, 215, 330)) == (0, 79, 172, 266)
    assert starts(360, 240, (114, 115, 180)) == (0, 114, 180, 266)
    assert starts(100, 240, (50,)) == (0,)


@given(st.integers(1, 5000), st.integers(1, 300), st.lists(st.integers(1, 5000), max_size=9))
def test_every_part_has_a_frame(frames: int, keyint: int, scenes: list[int]) -> None:
    first = starts(frames, keyint, [scene for scene in scenes if scene < frames])
    assert first[0] == 0
    assert all(before < after for before, after in zip(first, (*first[1:], frames), strict=True))


def test_the_history_of_a_search_only_grows() -> None:
    tried = [Tried(0, 28.0, 93.0), Tried(1, 27.0, 93.5), Tried(2, 30.0, 92.0), Tried(1, 29.0, 92.5)]
    histories = [Parts(FRAMES, tried[:count]).history() for count in range(5)]
    assert histories[:3] == [[], [], []]
    assert [len(one) for one in histories[3:]] == [1, 2]
    assert histories[4][0] == histories[3][0] == Point(28.25, pytest.approx(92.87, abs=0.01))


def test_of_equally_good_choices_the_most_even_one_is_best() -> None:
    tried = [Tried(0, 28.0, 93.0), Tried(0, 30.0, 93.0), Tried(1, 30.0, 93.0), Tried(2, 30.0, 93.0)]
    assert best(GOAL, Parts(FRAMES, tried)) == Choice((30.0,) * 3, (93.0,) * 3, pytest.approx(93.0))


def test_parts_to_a_mean_add_up_as_that() -> None:
    tried = [Tried(0, 28.0, 90.0), Tried(1, 28.0, 96.0)]
    parts = Parts((100, 50), tried, "mean")
    assert parts.choices() == [Choice((28.0,) * 2, (90.0, 96.0), pytest.approx(92.0))]
    assert parts.needed(50, [(100, 90.0)], 93.0) == pytest.approx(99.0)
    assert parts.needed(50, [(100, 90.0)], 40.0) == pytest.approx(-60.0)
    harmonic = parts._replace(statistic="harmonic")
    assert harmonic.needed(50, [(100, 90.0)], 93.0) == pytest.approx(99.64, abs=0.01)
    assert harmonic.needed(50, [(100, 30.0)], 93.0) == BEYOND
    assert Parts((150,), tried[:1], "p5").choices()[0].score == 90.0


def test_a_part_that_hardly_changes_is_left_alone() -> None:
    tried = [Tried(0, 27.0, 94.0), Tried(1, 28.0, 95.5), Tried(2, 31.0, 97.04), Tried(2, 43.0, 96.47)]
    found = next_part(GOAL, Parts((76, 194, 113), tried), VMAF, USUAL)
    assert isinstance(found, TryPart)
    assert found.part != 2
