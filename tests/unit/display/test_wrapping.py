"""Lines on a terminal break between words."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from drapto.display.lines import Line, SummaryRow, columns, shortened
from drapto.display.live import LiveScreen
from drapto.display.wrapping import wrapped

LONG = "The Assassination of Jesse James by the Coward Robert Ford - Director's Cut (2007) [Disc 1]"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("short", ["short"]),
        (
            "✓ sintel  probe        h264 1280x720 SDR, 290 frames, 1 audio, 0 subtitles  0.5 s",
            [
                "✓ sintel  probe        h264 1280x720 SDR, 290 frames, 1",
                "                       audio, 0 subtitles  0.5 s",
            ],
        ),
        (
            "    ✓ probe  ✓ crop  ✓ fields  ✓ segment  · calibrate  · encode  · video",
            ["    ✓ probe  ✓ crop  ✓ fields  ✓ segment  · calibrate", "    · encode  · video"],
        ),
        (
            "  run   encode            changed: preset (12 -> 6); changed: target",
            [
                "  run   encode            changed: preset (12 -> 6);",
                "                          changed: target",
            ],
        ),
        (
            "○ friday: skipped: larger than its source (508.9 kB -> 14.4 MB, +172 %)",
            ["○ friday: skipped: larger than its source (508.9 kB ->", "    14.4 MB, +172 %)"],
        ),
        (
            "error: this is something that was refused; say `drapto encode --overwrite`",
            ["error: this is something that was refused; say", "    `drapto encode --overwrite`"],
        ),
    ],
)
def test_words_numbers_and_commands_stay_whole(text: str, lines: list[str]) -> None:
    assert wrapped(text, 60).split("\n") == lines


def test_what_fits_on_no_line_begins_one_and_is_left_to_the_terminal() -> None:
    path = "/a" * 40
    assert wrapped(f"error: {path}: is not there; check it", 60).split("\n") == [
        "error:",
        f"    {path}:",
        "    is not there; check it",
    ]


@given(st.text(alphabet="ab あ\u0301`✓.1 s", max_size=200), st.integers(0, 90))
def test_nothing_is_lost(text: str, width: int) -> None:
    lines = wrapped(text, width).split("\n")
    assert "".join("".join(lines).split()) == "".join(text.split())
    if width >= 20:
        longest = max((columns(word) for word in text.replace("`", "").split()), default=0)
        assert longest > width // 2 or "`" in text or all(columns(line) <= width for line in lines)


@given(st.text(alphabet="abあ é", max_size=60), st.integers(4, 60))
def test_a_name_loses_its_middle(text: str, width: int) -> None:
    short = shortened(text, width)
    assert columns(short) <= width
    assert short == text or columns(text) > width


@pytest.mark.parametrize("width", [200, 120, 80, 60, 40])
def test_the_end_of_a_run_is_readable_at_any_width(width: int) -> None:
    rows = [
        SummaryRow(LONG, 4_120_300_000, 1_021_000_000, 4062.0, 7200.0, differing=3),
        SummaryRow(
            "千と千尋の神隠し (2001) 日本語", 412_300_000, None, 12.0, failed=True, problems=("x" * 9,)
        ),
        SummaryRow("a", 412_300_000, None, 12.0, skipped="larger than its source; to keep it: `--no-skip`"),
    ]
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    screen = LiveScreen(console, list)
    screen.write(Line("done", LONG, "probe", "h264 1280x720 SDR, 290 frames", 1.0), 32)
    screen.summary(rows, [(None, "412.3 MB -> 21.0 MB, 94.9 % less")])
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    lines = shown.splitlines()
    assert all(columns(line) <= width for line in lines), shown
    words = {"Assassination", "frames", "4.1", "1.0", "75.2", "412.3", "larger"}
    assert words <= {word.strip(",:()") for word in shown.split()}
    assert ("1:07:42" in shown) == (width >= 60)
