"""WebVTT read, and written as a track."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drapto.media.webvtt import Cue, read_webvtt

TEXT = """WEBVTT - a title

STYLE
::cue { color: red }

NOTE of the whole

one
00:00:00.500 --> 00:00:01.500 line:10% align:start
Hello <00:00:01.000><b>x</b>

NOTE before the second

NOTE and another

00:02.000 --> 01:00:03.000
Two
lines
"""


def test_cues_settings_and_comments() -> None:
    head, cues = read_webvtt(TEXT)
    assert head == "WEBVTT - a title\n\nSTYLE\n::cue { color: red }\n\nNOTE of the whole"
    assert cues == [
        Cue(500, 1500, "Hello <00:00:00.500><b>x</b>", "line:10% align:start\none\n"),
        Cue(2000, 3_603_000, "Two\nlines", "\n\nNOTE before the second\n\nNOTE and another"),
    ]


def test_what_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="WEBVTT"):
        read_webvtt("1\n00:00:01,000 --> 00:00:02,000\nSubRip\n")


@given(st.text())
def test_whatever_comes_is_read(text: str) -> None:
    _, cues = read_webvtt(f"WEBVTT\n\n{text}")
    assert all(0 <= cue.start <= cue.end for cue in cues)
