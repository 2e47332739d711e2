"""The search for few rows that have all pairs, and the properties that the odd sources are made of."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oddities import pairwise, recipes

SMALL = {"a": ("1", "2", "3"), "b": ("x", "y"), "c": ("p", "q", "r", "s"), "d": ("u", "v")}


def allowed(row: pairwise.Row) -> bool:
    return not (row.get("a") == "1" and row.get("c") == "s")


@settings(max_examples=10)
@given(seed=st.integers(0, 1000))
def test_every_pair_that_can_be_is_there_and_no_other(seed: int) -> None:
    rows = pairwise.rows(SMALL, allowed, 16, seed=seed)
    assert set().union(*map(pairwise.of, rows)) == pairwise.pairs(SMALL, allowed)
    assert len({tuple(row.items()) for row in rows}) == 16


def test_the_same_rows_each_time() -> None:
    assert pairwise.rows(SMALL, allowed, 9, seed=3) == pairwise.rows(SMALL, allowed, 9, seed=3)
    assert pairwise.rows(SMALL, allowed, 9, seed=3) != pairwise.rows(SMALL, allowed, 9, seed=4)


@pytest.mark.parametrize(
    ("row", "can"),
    [
        ({"codec": "prores", "pixels": "gray"}, False),
        ({"codec": "mpeg2video", "rate": "vfr"}, False),
        ({"fields": "telecine", "rate": "25"}, False),
        ({"fields": "tff", "rate": "25", "size": "tiny"}, False),
        ({"tracks": "surround", "sound": "mp3"}, False),
        ({"codec": "vp8", "size": "odd", "rate": "vfr", "fields": "progressive"}, True),
    ],
)
def test_what_cannot_be_made(row: pairwise.Row, can: bool) -> None:
    assert recipes.allowed(row) == can


def test_the_rows_of_the_odd_sources() -> None:
    """A few of them: all 200 take ten seconds to find."""
    rows = pairwise.rows(recipes.PROPERTIES, recipes.allowed, 8)
    assert all(recipes.allowed(row) and list(row) == list(recipes.PROPERTIES) for row in rows)
    assert len({recipes.name(0, row) for row in rows}) == 8
