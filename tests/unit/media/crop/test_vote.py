from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drapto.media.crop.margins import Margins
from drapto.media.crop.vote import NOTHING, is_settled, to_rect, vote

SCOPE = Margins(0, 0, 140, 140)
FULL = Margins(0, 0, 0, 0)

margins = st.builds(Margins, *[st.one_of(st.integers(0, 200), st.sampled_from([0, 60, 61, 62, 140]))] * 4)


def decide(pictures: list[Margins], size: tuple[int, int] = (1920, 1080)) -> str:
    return str(to_rect(vote(pictures, len(pictures)).margins, *size))


@given(st.lists(margins, min_size=1, max_size=80))
def test_no_side_is_cut_deeper_than_a_clear_majority_leaves_black(pictures: list[Margins]) -> None:
    verdict = vote(pictures, len(pictures))
    for side, cut in enumerate(verdict.margins):
        if cut == 0:
            continue
        reaching_in = sum(picture[side] < cut - 1 for picture in pictures)
        assert reaching_in <= max(0.05 * len(pictures), 1 if len(pictures) >= 10 else 0)


@given(st.lists(margins, min_size=3, max_size=80))
def test_no_picture_that_recurs_is_cut_on_both_sides(pictures: list[Margins]) -> None:
    cut = vote(pictures, len(pictures)).margins
    for first, second in ((0, 1), (2, 3)):
        larger = sum(p[first] < cut[first] - 4 and p[second] < cut[second] - 4 for p in pictures)
        assert larger <= max(0.02 * len(pictures), 1 if len(pictures) >= 10 else 0)


@given(margins, st.integers(16, 4096), st.integers(16, 4096))
def test_a_crop_lies_inside_the_frame_and_is_even(cut: Margins, width: int, height: int) -> None:
    rect = to_rect(cut, width, height)
    assert 0 <= rect.x <= rect.x + rect.width <= width
    assert 0 <= rect.y <= rect.y + rect.height <= height
    whole = (rect.width, rect.height) == (width, height)
    assert whole or not any(number % 2 for number in (rect.width, rect.height, rect.x, rect.y))


def test_a_letterbox_goes() -> None:
    assert decide([SCOPE] * 60) == "1920:800:0:140"


def test_dark_scenes_with_wider_margins_change_nothing() -> None:
    dark = [Margins(0, 0, 140 + step, 160 + step) for step in range(0, 150, 10)]
    assert decide([SCOPE] * 20 + dark * 2) == "1920:800:0:140"


@pytest.mark.parametrize("outlier", [FULL, Margins(0, 0, 140, 20), Margins(0, 0, 3, 140)])
def test_one_outlier_changes_nothing(outlier: Margins) -> None:
    assert decide([SCOPE] * 59 + [outlier]) == "1920:800:0:140"


@pytest.mark.parametrize("taller", [3, 6, 20])
def test_taller_scenes_are_never_cut(taller: int) -> None:
    verdict = vote([SCOPE] * (60 - taller) + [Margins(0, 0, 12, 12)] * taller, 60)
    assert verdict.margins == Margins(0, 0, 12, 12)
    if taller == 3:
        assert "aspect ratios" in verdict.reason


def test_subtitles_that_recur_in_a_bar_are_kept() -> None:
    assert decide([SCOPE] * 45 + [Margins(0, 0, 140, 40)] * 15) == "1920:900:0:140"


def test_a_few_subtitles_in_a_bar_are_kept_and_specks_are_not() -> None:
    pictures = [SCOPE] * 58 + [Margins(0, 0, 140, 40), Margins(0, 0, 140, 42)]
    assert decide(pictures) == "1920:900:0:140"
    assert "subtitles" in vote(pictures, 60).reason
    specks = [Margins(0, 0, 140, 40), Margins(0, 0, 140, 80)]
    assert decide([SCOPE] * 58 + specks) == "1920:800:0:140"


def test_margins_that_agree_with_no_other_are_no_bars() -> None:
    assert decide([Margins(0, 0, 20 + 11 * n, 0) for n in range(30)]) == "1920:1080:0:0"


def test_jitter_by_two_pixels_takes_the_smaller_bar() -> None:
    assert decide([Margins(0, 0, 138, 140)] * 25 + [SCOPE] * 35) == "1920:802:0:138"


def test_uneven_bars_are_rounded_inwards_to_even_numbers() -> None:
    assert decide([Margins(4, 5, 0, 1)] * 50, (640, 480)) == "630:478:4:0"


def test_an_odd_frame_without_bars_stays_whole() -> None:
    assert decide([FULL] * 50, (720, 405)) == "720:405:0:0"


def test_a_single_black_line_is_no_bar() -> None:
    assert decide([Margins(0, 1, 1, 1)] * 50) == "1920:1080:0:0"


def test_what_leaves_hardly_a_picture_cuts_nothing() -> None:
    assert decide([Margins(600, 600, 400, 400)] * 50) == "1920:1080:0:0"


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_bright_pictures_decide_nothing(count: int) -> None:
    verdict = vote([SCOPE] * count, 60)
    assert verdict.margins == NOTHING
    assert f"only {count} of 60" in verdict.reason


def test_few_pictures_settle_it_when_they_fill_the_frame_or_agree() -> None:
    assert is_settled([FULL, FULL])
    assert is_settled([SCOPE] * 8)
    assert not is_settled([SCOPE] * 7)
    assert not is_settled([SCOPE] * 8 + [Margins(0, 0, 60, 60)])
    assert not is_settled([])


def test_how_many_were_looked_at_is_said_where_it_is_something_else() -> None:
    assert vote([SCOPE] * 16, 16).reason == "bars in 16 of 16 bright pictures"
    assert vote([SCOPE] * 16, 20).reason == "bars in 16 of 16 bright pictures (of 20 looked at)"
