"""Times, sizes, stage lines and the summary as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drapto.display.lines import Line, SummaryRow, columns, padded, summary_lines
from drapto.words import about_size_text, change_text, count_text, percent_text, size_text, time_text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (0.34, "0.3 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1:00"),
        (3599.4, "59:59"),
        (3600, "1:00:00"),
        (360_000, "100:00:00"),
    ],
)
def test_times(seconds: float, text: str) -> None:
    assert time_text(seconds) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_951, "1.0 MB"),
        (80e9, "80.0 GB"),
        (2.5e12, "2.5 TB"),
    ],
)
def test_sizes(size: float, text: str) -> None:
    assert size_text(size) == text


def test_counts() -> None:
    assert count_text(1, "segment") == "1 segment"
    assert count_text(30_000, "frame") == "30,000 frames"


@given(st.text(alphabet="aé́あ漢", max_size=20), st.integers(0, 60), st.booleans())
def test_padding_fills_columns(text: str, width: int, right: bool) -> None:
    assert columns(padded(text, width, right=right)) == max(width, columns(text))


def test_wide_characters_take_two_columns_and_accents_none() -> None:
    assert columns("あa") == 3
    assert columns("é") == 1


def test_a_line_stays_one_line() -> None:
    line = Line("failure", "t", "probe", "a\nb\x1b[31m.mkv: is damaged")
    assert line.body(3) == "t    probe        a\\nb\\x1b[31m.mkv: is damaged"


def test_a_line_says_how_long_it_took() -> None:
    assert Line("done", "t", "mux", "3 MB", 0.25).body(1) == "t  mux          3 MB  0.2 s"


def test_the_summary_lines_up() -> None:
    rows = [
        SummaryRow("sintel", 412_300_000, 21_000_000, 62.0, 52.2),
        SummaryRow("あ", 4_120_300_000, None, 12.0, 7.6, failed=True),
        SummaryRow("done-before", 1000, 1500, 0.0),
    ]
    lines = summary_lines(rows)
    assert lines == [
        "title          source   output    saved  time  speed",
        "sintel       412.3 MB  21.0 MB   94.9 %  1:02  0.84x",
        "あ             4.1 GB        -        -  12 s      -",
        "done-before    1.0 kB   1.5 kB  -50.0 %     -      -",
    ]
    assert [row.mark for row in rows] == ["done", "failure", "done"]


def test_what_differs_has_a_column_where_something_does() -> None:
    rows = [SummaryRow("a", 1000, 500, 1.0, differing=12), SummaryRow("b", 1000, 500, 1.0)]
    assert [line.split()[-1] for line in summary_lines(rows)] == ["differs", "12", "-"]
    assert rows[0].mark == "done", "it is published, and whole"


def test_an_output_that_was_not_asked_for_is_no_success() -> None:
    assert SummaryRow("t", 1, None, 1.0).mark == "warning"
    assert SummaryRow("t", 0, 10, 1.0).cells() == ["t", "0 B", "10 B", "-", "1.0 s", "-"]


def test_percentages_are_written_alike() -> None:
    assert [percent_text(0.17), percent_text(0.99749, 1), percent_text(1.0)] == ["17 %", "99.7 %", "100 %"]
    assert [change_text(0.8), change_text(-0.172), change_text(0.1)] == ["+80 %", "-17 %", "+10 %"]
    # what is larger than its source is not larger by nothing
    assert [change_text(0.0042), change_text(-0.0996), change_text(0.0994)] == ["+0.4 %", "-10 %", "+9.9 %"]


def test_a_size_that_is_guessed_has_two_digits() -> None:
    sizes = (0, 7, 843, 371_100, 1_049_000, 23_456_789, 998_000_000, 4_712_000_000)
    said = ["0 B", "7 B", "840 B", "370 kB", "1.0 MB", "23 MB", "1.0 GB", "4.7 GB"]
    assert [about_size_text(size) for size in sizes] == said
