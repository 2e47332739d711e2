"""A few of the odd sources (`make odd` has all): none fails without a reason, none comes out wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.oddities import pairwise, recipes
from tests.oddities.running import run

if TYPE_CHECKING:
    from pathlib import Path

SEED = 15
"""Chosen for rows that are quickly encoded."""


@pytest.mark.parametrize(("setting", "wanted"), [("crf", slice(0, 4)), ("default", slice(5, 6))])
def test_a_sample(ffmpeg: Path, tmp_path: Path, setting: str, wanted: slice) -> None:
    rows = list(enumerate(pairwise.rows(recipes.PROPERTIES, recipes.allowed, 6, seed=SEED)))[wanted]
    sources = [recipes.make(ffmpeg, row, tmp_path / f"{recipes.name(n, row)}.mkv") for n, row in rows]
    outcomes = run(sources, tmp_path, setting)
    assert {one.name: (one.came, one.said) for one in outcomes if one.came in ("wrong", "error")} == {}
    assert [one for one in outcomes if one.came in ("perfect", "noted")]
