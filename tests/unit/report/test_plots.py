"""Plots: lines alone, bounded, the same bytes for the same numbers."""

from __future__ import annotations

import re

import pytest

from drapto.report.plots import clock, plot
from drapto.report.timeline import Interval


def intervals(count: int) -> list[Interval]:
    return [
        Interval(str(number), 15.0 * number, 15.0, 360, 100, score=90.0 + number % 7)
        for number in range(count)
    ]


def drawn(count: int) -> tuple[str, str, str]:
    found = plot(
        "VMAF", intervals(count), [("VMAF", "main", lambda one: one.score)], unit=lambda value: f"{value:g}",
        bounds=[("target", 93.0)], top=100.0,
    )  # fmt: skip
    assert found is not None
    return found.wide, found.narrow, found.said


def test_nothing_is_drawn_of_nothing() -> None:
    assert plot("CRF", intervals(3), [("CRF", "main", lambda one: one.crf)], unit=str) is None


def test_what_it_shows_is_said_too() -> None:
    assert drawn(10)[2] == "VMAF: from 90 to 96; target: 93"


@pytest.mark.parametrize("count", [1, 8, 2000])
def test_it_holds_lines_and_labels_alone(count: int) -> None:
    for svg in drawn(count)[:2]:
        assert not re.search(r"<(script|style|!--|title|a |image)|style=|on\w+=", svg)
        assert set(re.findall(r"https?://[^\"' ]+", svg)) <= {"http://www.w3.org/2000/svg"}
        assert 'class="line-main"' in svg
        assert 'class="line-bound"' in svg
        assert len(svg) < 60_000


def test_the_same_numbers_give_the_same_bytes() -> None:
    assert drawn(8) == drawn(8)


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0:00"), (59.6, "1:00"), (3599, "59:59"), (7265, "2:01:05")]
)
def test_times_are_as_players_show_them(seconds: float, said: str) -> None:
    assert clock(seconds) == said
