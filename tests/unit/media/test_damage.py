from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drapto.errors import SourceError
from drapto.media.damage import cut_off_notes, refuse_damaged
from drapto.media.matroska import ids
from drapto.media.matroska.ebml import Element
from drapto.media.matroska.writing import HEADER
from tests.matroska import made

if TYPE_CHECKING:
    from pathlib import Path

SAID = [
    "Element at {0:#x} ending at 0xfffff exceeds containing master element ending at 0x10",
    "Invalid length 0x9 > 0x8 for element with ID 0x63C5 at {0:#x}",
    "0x00 at pos {0} ({0:#x}) invalid as first byte of an EBML number",
    "Length 8 indicated by an EBML number's first byte 0x01 at pos {0} ({0:#x}) exceeds max length 4.",
    "Read error at pos. {0} ({0:#x})",
]
"""What libavformat 61 to 63 says of a place, given its byte."""


def a_file(path: Path, *behind: bytes) -> Path:
    parts = [made("Info", made("Title", "x")).encode(), Element(ids.CLUSTER, bytes(50)).encode(), *behind]
    path.write_bytes(HEADER.encode() + Element(ids.SEGMENT, b"".join(parts), 8).encode())
    return path


def refused(path: Path, text: str) -> bool:
    try:
        refuse_damaged(path, [(16, "matroska,webm", text)])
    except SourceError:
        return True
    return False


TAGS = made("Tags", made("Tag", made("SimpleTag", made("TagName", "x" * 40)))).encode()


@pytest.mark.parametrize("text", SAID)
def test_damage_in_tags_behind_the_film_does_not_cost_the_film(tmp_path: Path, text: str) -> None:
    path = a_file(tmp_path / "a.mkv", TAGS)
    at = path.read_bytes().index(TAGS)
    assert not refused(path, text.format(at + 9))
    assert refused(path, text.format(at - 9))


@pytest.mark.parametrize("behind", [b"junk", bytes(20)])
def test_tags_that_end_in_the_middle_of_something_may_hide_the_film(tmp_path: Path, behind: bytes) -> None:
    path = a_file(tmp_path / "a.mkv", TAGS, behind)
    assert refused(path, SAID[0].format(path.read_bytes().index(TAGS) + 9))


def test_damage_of_which_no_place_is_said_is_refused(tmp_path: Path) -> None:
    path = a_file(tmp_path / "a.mkv", TAGS)
    assert refused(path, "File ended prematurely")
    assert not refused(path, "something harmless")
    assert refused(tmp_path / "none.mkv", SAID[0].format(9))


def test_a_recording_that_does_not_say_its_size_may_end_anywhere(tmp_path: Path) -> None:
    path = a_file(tmp_path / "a.mkv", TAGS)
    cut, broken = (
        [(16, "matroska,webm", "File ended prematurely")],
        [(16, "matroska,webm", SAID[0].format(9))],
    )
    refuse_damaged(path, cut, sized=False)
    assert len(cut_off_notes(cut, sized=False)) == 1
    assert cut_off_notes(cut, sized=True) == cut_off_notes(broken, sized=False) == []
    with pytest.raises(SourceError):
        refuse_damaged(path, [*cut, *broken], sized=False)


def test_blocks_of_a_track_that_is_not_listed_are_refused_with_what_to_do(tmp_path: Path) -> None:
    path = a_file(tmp_path / "a.mkv", TAGS)
    said = [(16, "matroska,webm", "Invalid track number 9\n")] * 3
    with pytest.raises(SourceError, match="does not list, number 9") as raised:
        refuse_damaged(path, said)
    assert "mkvmerge" in str(raised.value)
    refuse_damaged(path, [(16, "mp4", "Invalid track number 9")])
