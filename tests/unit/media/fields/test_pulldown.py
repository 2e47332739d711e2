"""3:2 pulldown told from how fields fit."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from drapto.media.fields.pulldown import pulldown
from drapto.media.fields.vote import FILM as FOLLOWED
from drapto.media.fields.vote import NO_FILM
from drapto.media.fields.weave import Fit

if TYPE_CHECKING:
    from drapto.media.fields.model import Order

DETAIL, MOTION = 0.02, 0.01
"""How combed a whole picture looks, and how much a step of motion adds."""

# the moments of the two fields of a cycle's frames, in steps of film, for pulldown and for interlaced video
FILM = [(0, 0), (1, 1), (1, 2), (2, 3), (3, 3)]
VIDEO = [(0, 0.5), (1, 1.5), (2, 2.5), (3, 3.5), (4, 4.5)]
WHOLE = [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4)]


def fits(moments: list[tuple[float, float]], count: int, order: Order, *, first: int = 0) -> list[Fit | None]:
    """Return the fits of frames whose fields are of these moments, the earlier field first."""
    span = {id(FILM): 4, id(VIDEO): 5, id(WHOLE): 5}[id(moments)]
    shown = []
    for number in range(first, first + count + 1):
        cycle, place = divmod(number, 5)
        early, late = moments[place]
        shown.append((early + cycle * span, late + cycle * span))
    found: list[Fit | None] = [None]
    for (early_before, late_before), (early, late) in pairwise(shown):
        own = DETAIL + MOTION * abs(late - early)
        with_first = DETAIL + MOTION * abs(early - late_before)
        with_second = DETAIL + MOTION * abs(late - early_before)
        pair = (with_first, with_second) if order == "tff" else (with_second, with_first)
        found.append(Fit(own, *pair))
    return found[:count]


def noisy(given: list[Fit | None], amount: float) -> list[Fit | None]:
    dice = random.Random(1)
    return [one and Fit(*(value + dice.uniform(0, amount) for value in one)) for one in given]


@pytest.mark.parametrize("order", ["tff", "bff"])
@pytest.mark.parametrize("first", range(5))
def test_film_at_any_place_in_its_cycle(order: Order, first: int) -> None:
    found = pulldown(fits(FILM, 40, order, first=first), order)
    assert found is not None
    assert (found.clarity, found.swing) == (1.0, pytest.approx(1.0))


def test_film_with_grain_and_a_cut() -> None:
    given = noisy(fits(FILM, 40, "tff"), MOTION)
    given[17] = Fit(0.02, 0.4, 0.4)
    found = pulldown(given, "tff")
    assert found is not None
    assert found.following > FOLLOWED


def test_film_survives_an_edit_and_some_frames_without_motion() -> None:
    for given in (
        [*fits(FILM, 24, "tff"), *fits(FILM, 16, "tff", first=1)],
        [*[Fit(DETAIL, DETAIL, DETAIL)] * 14, *fits(FILM, 40, "tff")[14:]],
    ):
        found = pulldown(given, "tff")
        assert found is not None
        assert found.following > FOLLOWED
    still = [*[Fit(DETAIL, DETAIL, DETAIL)] * 30, *fits(FILM, 40, "tff")[30:]]
    assert pulldown(still, "tff") is None


@pytest.mark.parametrize("moments", [VIDEO, WHOLE])
@pytest.mark.parametrize("noise", [0.0, MOTION / 4])
def test_video_has_no_pulldown(moments: list[tuple[float, float]], noise: float) -> None:
    found = pulldown(noisy(fits(moments, 40, "tff"), noise), "tff")
    assert found is None or found.following < NO_FILM


def test_the_wrong_order_is_no_pulldown() -> None:
    found = pulldown(fits(FILM, 40, "tff"), "bff")
    assert found is not None
    assert found.following < FOLLOWED


@pytest.mark.parametrize("given", [[], [None], [Fit(0.1, 0.1, 0.1)] * 40, fits(FILM, 14, "tff")])
def test_too_little_to_tell(given: list[Fit | None]) -> None:
    assert pulldown(given, "tff") is None
