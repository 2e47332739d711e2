from __future__ import annotations

import pytest

from drapto.media.matroska.languages import THREE_LETTERS, three_letters
from drapto.media.model import AudioTrack, Chapter
from drapto.output.metadata import escape, ffmetadata, options


def track(**values: object) -> AudioTrack:
    return AudioTrack.model_validate(
        {"index": 1, "codec": "ac3", "channels": 2, "sample_rate": 48000} | values
    )


def test_what_ffmpeg_interprets_is_escaped() -> None:
    assert escape("a=b;c#d\\e\nf") == "a\\=b\\;c\\#d\\\\e\\\nf"
    assert escape("it's [CHAPTER] «é» 日本") == "it's [CHAPTER] «é» 日本"


def test_the_document() -> None:
    tracks = [track(language="fre", title="Voix; off", tags={"HANDLER": "x"}), track()]
    chapters = [
        Chapter(start=0, end=1_500_000_000, title="One"),
        Chapter(start=1_500_000_000, end=2_000_000_000),
    ]
    assert ffmetadata({"title": "Film = art"}, tracks, chapters).splitlines() == [
        ";FFMETADATA1",
        "title=Film \\= art",
        "[STREAM]",
        "language=fre",
        "title=Voix\\; off",
        "HANDLER=x",
        "[STREAM]",
        "[CHAPTER]",
        "TIMEBASE=1/1000000000",
        "START=0",
        "END=1500000000",
        "title=One",
        "[CHAPTER]",
        "TIMEBASE=1/1000000000",
        "START=1500000000",
        "END=2000000000",
    ]


def test_a_final_backslash_goes_by_the_command_line() -> None:
    arguments = ({"title": "C:\\"}, [track(), track(title="D:\\")], [Chapter(start=0, end=1, title="E:\\")])
    assert "\\" not in ffmetadata(*arguments)
    assert options(*arguments) == [
        *("-metadata:g", "title=C:\\"),
        *("-metadata:s:1", "title=D:\\"),
        *("-metadata:c:0", "title=E:\\"),
    ]


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("de-CH", "ger"),
        ("pt-BR", "por"),
        ("zh-Hant", "chi"),
        ("es-419", "spa"),
        ("qaa-x-a", "qaa"),
        ("i-x", "und"),
    ],
)
def test_three_letters(language: str, code: str) -> None:
    assert three_letters(language) == code


def test_the_table_of_languages_is_whole() -> None:
    assert len(THREE_LETTERS) == 183
    assert all(len(short) == 2 and len(code) == 3 for short, code in THREE_LETTERS.items())
