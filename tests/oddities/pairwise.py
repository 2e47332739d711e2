"""All pairs of properties in few rows: a greedy search, seeded, so that it gives the same rows each time."""

from __future__ import annotations

import random
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Row = dict[str, str]
Pair = tuple[tuple[str, str], tuple[str, str]]

TRIES = 30
"""Rows that are drawn for each one that is taken."""


def rows(
    properties: Mapping[str, Sequence[str]], allowed: Callable[[Row], bool], count: int, *, seed: int = 1
) -> list[Row]:
    """Return ``count`` different rows, the first of which have every pair of values that can stand together.

    Args:
        properties: The values of each.
        allowed: Says whether a row, perhaps one of some properties alone, can be.
        count: How many.
        seed: Of the search.
    """
    draw = random.Random(seed)
    left = pairs(properties, allowed)
    taken: list[Row] = []
    while len(taken) < count:
        tried = [_row(properties, allowed, left, draw) for _ in range(TRIES)]
        best = max(tried, key=lambda row: len(left & of(row)))
        left -= of(best)
        if best not in taken:
            taken.append(best)
    return taken


def pairs(properties: Mapping[str, Sequence[str]], allowed: Callable[[Row], bool]) -> set[Pair]:
    """Return every pair of values that can stand together."""
    found = set()
    for one, other in combinations(sorted(properties), 2):
        for a in properties[one]:
            for b in properties[other]:
                if allowed({one: a, other: b}):
                    found.add(((one, a), (other, b)))
    return found


def of(row: Row) -> set[Pair]:
    """Return the pairs of a row."""
    return set(combinations(sorted(row.items()), 2))


def _row(
    properties: Mapping[str, Sequence[str]],
    allowed: Callable[[Row], bool],
    left: set[Pair],
    draw: random.Random,
) -> Row:
    """Return a row that begins with a pair that is left, and has as many more of them as go with it."""
    row: Row = dict(draw.choice(sorted(left))) if left else {}
    names = [name for name in properties if name not in row]
    draw.shuffle(names)
    for name in names:
        values = [value for value in properties[name] if allowed({**row, name: value})]
        draw.shuffle(values)
        if not values:
            return _row(properties, allowed, left, draw)
        row[name] = max(values, key=lambda value: len(left & of({**row, name: value})))
    return {name: row[name] for name in properties}
