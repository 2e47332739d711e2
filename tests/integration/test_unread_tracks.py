"""Sound and subtitles that cannot be read: the film does without them where it can."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drapto.errors import SourceError
from drapto.media.examine import examine
from tests.oddities import surgery
from tests.oddities.containers import of_tracks, plain
from tests.oddities.elements import subtitled
from tests.oddities.entries import encoded, encoding
from tests.oddities.speakers import ENCRYPTION, of_three

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SETTING = r'set input\.unreadable_tracks = "leave-out"'
COMMENTARY = b"\x55\xaf"


def bzip2(path: Path, number: int) -> None:
    encoded(path, number, encoding(0, 1, 1))


def encrypted(path: Path, number: int) -> None:
    of_tracks(path, number, {"6D80": surgery.element(b"\x62\x40", ENCRYPTION)})


def unknown(path: Path, number: int) -> None:
    of_tracks(path, number, {"86": b"A_TRUESPEECH/X"})


@pytest.fixture(name="three")
def _three(ffmpeg: Path, tmp_path: Path) -> Path:
    path = tmp_path / "film.mkv"
    of_three(ffmpeg, path, "ac3", "aac", "ac3")
    return path


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        (bzip2, "it has a track that ffmpeg does not read as it is, number 3 (A_AAC): compressed by bzip2"),
        (encrypted, "it has an encrypted track, number 3 (A_AAC): left out"),
        (unknown, "it has an audio track with a codec that ffmpeg does not know, track 2: left out"),
    ],
)
def test_one_of_several_is_left_out_with_a_note(
    three: Path, spoilt: Callable[[Path, int], None], said: str
) -> None:
    spoilt(three, 2)
    info = examine(three).info
    assert [track.index for track in info.audio] == [1, 3]
    assert [note for note in info.notes if note.startswith(said)]


def test_the_only_sound_is_refused_unless_a_setting_says_that_it_may_go(ffmpeg: Path, tmp_path: Path) -> None:
    path = tmp_path / "film.mkv"
    plain(ffmpeg, path)
    bzip2(path, 1)
    with pytest.raises(SourceError, match=r"number 2 \(A_AC3\): compressed by bzip2") as refused:
        examine(path)
    assert refused.match("remux the file without that track, or " + SETTING)
    info = examine(path, unreadable_tracks="leave-out").info
    assert (len(info.audio), len(info.subtitles)) == (0, 1)


@pytest.mark.parametrize("by_name", [False, True])
def test_a_commentary_is_no_stand_in_for_the_sound_of_the_film(three: Path, by_name: bool) -> None:
    said = {"536E": b"Director's Commentary"} if by_name else {COMMENTARY.hex().upper(): b"\x01"}
    of_tracks(three, 1, said)
    of_tracks(three, 3, said)
    encrypted(three, 2)
    with pytest.raises(SourceError, match=SETTING):
        examine(three)
    assert len(examine(three, unreadable_tracks="leave-out").info.audio) == 2


def test_subtitles_are_left_out_whatever_else_there_is(ffmpeg: Path, tmp_path: Path) -> None:
    path = tmp_path / "film.mkv"
    subtitled(ffmpeg, path, "srt", 1)
    bzip2(path, 2)
    info = examine(path).info
    assert (len(info.audio), len(info.subtitles)) == (1, 0)
    with pytest.raises(SourceError, match=r"number 3 \(S_TEXT/UTF8\): compressed by bzip2"):
        examine(path, unreadable_tracks="refuse")


def test_a_picture_that_cannot_be_read_is_refused_whatever_is_set(ffmpeg: Path, tmp_path: Path) -> None:
    path = tmp_path / "film.mkv"
    plain(ffmpeg, path)
    encrypted(path, 0)
    with pytest.raises(SourceError, match=r"has an encrypted track, number 1 \(V_MPEG4/ISO/AVC\)"):
        examine(path, unreadable_tracks="leave-out")
