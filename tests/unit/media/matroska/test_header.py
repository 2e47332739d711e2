from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import pytest

from drapto.errors import ArtifactError
from drapto.media.matroska import ids
from drapto.media.matroska.ebml import Element, elements
from drapto.media.matroska.header import PADDING, Amendment, amend

if TYPE_CHECKING:
    from pathlib import Path


def entry(name: str, language: str = "ger") -> Element:
    video = Element(
        ids.VIDEO, Element(0xB0, b"\x02\xc0").encode() + Element(ids.DISPLAY_UNIT, b"\3").encode()
    )
    parts = [Element(ids.NAME, name.encode()), Element(ids.LANGUAGE, language.encode()), video]
    return Element(ids.TRACK_ENTRY, b"".join(part.encode() for part in parts), 8)


def a_file(path: Path, *entries: Element) -> Path:
    body = b"".join(part.encode() for part in entries)
    tracks = Element(ids.TRACKS, Element(ids.CRC_32, zlib.crc32(body).to_bytes(4, "little")).encode() + body)
    segment = Element(ids.SEGMENT, Element(0xEC, bytes(9)).encode() + tracks.encode() + b"\xec\x81x", 8)
    path.write_bytes(Element(0x1A45DFA3, b"").encode() + segment.encode())
    return path


def entries_of(path: Path) -> list[dict[int, bytes]]:
    segment = elements(path.read_bytes())[1].content
    tracks = elements(segment)[1].content
    summed, *entries = elements(tracks)
    body = tracks[len(summed.encode()) :]
    assert summed.content == zlib.crc32(body).to_bytes(4, "little")
    return [{part.id: part.content for part in elements(found.content)} for found in entries]


def test_only_the_amended_track_changes_and_nothing_moves(tmp_path: Path) -> None:
    path = a_file(tmp_path / "a.mkv", entry("One"), entry("Two" + PADDING), entry("Three"))
    size = path.stat().st_size
    before = entries_of(path)
    amend(path, {1: Amendment("Two", "de-CH", (640, 480))})
    after = entries_of(path)
    assert path.stat().st_size == size
    assert (after[0], after[2]) == (before[0], before[2])
    assert after[1][ids.NAME] == b"Two"
    assert after[1][ids.LANGUAGE] == b"ger"
    assert after[1][ids.LANGUAGE_BCP47] == b"de-CH"
    shown = {part.id: part.content for part in elements(after[1][ids.VIDEO])}
    assert shown[ids.DISPLAY_WIDTH] == (640).to_bytes(2, "big")
    assert shown[ids.DISPLAY_HEIGHT] == (480).to_bytes(2, "big")
    assert ids.DISPLAY_UNIT not in shown
    assert path.read_bytes().endswith(b"\xec\x81x")


def test_a_track_without_a_name_keeps_none(tmp_path: Path) -> None:
    path = a_file(tmp_path / "a.mkv", entry(PADDING))
    amend(path, {0: Amendment(None, "es-419")})
    assert ids.NAME not in entries_of(path)[0]


def test_no_amendment_reads_nothing(tmp_path: Path) -> None:
    amend(tmp_path / "missing.mkv", {})


@pytest.mark.parametrize("content", [b"", b"not a matroska file", b"\x1a\x45\xdf\xa3\x80"])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.mkv"
    path.write_bytes(content)
    with pytest.raises(ArtifactError, match="cannot be amended"):
        amend(path, {0: Amendment("x")})


def test_a_name_without_padding_leaves_no_room(tmp_path: Path) -> None:
    path = a_file(tmp_path / "a.mkv", entry("One"))
    with pytest.raises(ArtifactError, match="cannot be amended"):
        amend(path, {0: Amendment("One", "zh-Hant-TW")})


def test_a_rotation_takes_the_place_of_another(tmp_path: Path) -> None:
    path = a_file(tmp_path / "a.mkv", entry("Film" + PADDING))
    amend(path, {0: Amendment("Film" + PADDING[:60], rotation=-90)})
    amend(path, {0: Amendment("Film", rotation=180)})
    [track] = entries_of(path)
    parts = elements(track[ids.VIDEO])
    [projection] = [part for part in parts if part.id == ids.PROJECTION]
    values = {part.id: part.content for part in elements(projection.content)}
    assert values == {
        ids.PROJECTION_TYPE: b"\0",
        ids.PROJECTION_POSE_ROLL: struct.pack(">d", 180),
    }
    assert parts[0].content == b"\x02\xc0"


def test_a_dolby_vision_record_and_all_else_fit_into_the_padding(tmp_path: Path) -> None:
    path = a_file(tmp_path / "a.mkv", entry("Film" + PADDING))
    record = bytes(range(24))
    amend(path, {0: Amendment("Film", "zh-Hant-TW", (1920, 1080), record, -90)})
    [track] = entries_of(path)
    mapping = {part.id: part.content for part in elements(track[ids.BLOCK_ADDITION_MAPPING])}
    assert mapping == {
        ids.BLOCK_ADDITION_TYPE: b"dvvC",
        ids.BLOCK_ADDITION_EXTRA_DATA: record,
    }
    assert (track[ids.NAME], track[ids.LANGUAGE_BCP47]) == (b"Film", b"zh-Hant-TW")
