"""Frames of two files that are not as many, and when they are shown."""

from __future__ import annotations

import pytest

from drapto.output.pairing import shown_together

FILM = [round(number * 1e9 / 24) for number in range(240)]
VIDEO = [round(number * 1e9 / 60) for number in range(598)]


@pytest.mark.parametrize(
    ("name", "output", "together"),
    [
        ("the same", FILM, True),
        ("later", [time + 5_000_000_000 for time in FILM], True),
        ("rounded", [time // 1_000_000 * 1_000_000 for time in FILM], True),
        ("some left out", [time for number, time in enumerate(FILM) if number % 50 != 7], True),
        ("each shown for as long, at another rate", VIDEO, True),
        ("cut short", FILM[:-5], False),
        ("begun late", FILM[5:], False),
        ("one left out, and the gap closed", FILM[:-1], False),
        ("faster", [time * 24 // 25 for time in FILM], False),
        ("one", FILM[:1], False),
        ("none", [], False),
    ],
)
def test_what_is_shown_at_the_same_times(name: str, output: list[int], together: bool) -> None:
    assert shown_together(FILM, output) is together, name
