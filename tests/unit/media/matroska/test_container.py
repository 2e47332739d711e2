from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from drapto.errors import SourceError
from drapto.media.matroska.container import require_matroska

if TYPE_CHECKING:
    from pathlib import Path

HEADER = bytes.fromhex("1a45dfa3") + b"\x8b" + bytes.fromhex("4282") + b"\x88matroska"
SEGMENT = bytes.fromhex("18538067")


def size(value: int) -> bytes:
    return bytes([0x01, *value.to_bytes(7, "big")])


@pytest.mark.parametrize(
    ("content", "sized"),
    [
        (HEADER + SEGMENT + size(4) + b"body", True),
        (HEADER + b"\xec\x82??" + SEGMENT + b"\x84" + b"body" + b"trailing", True),
        (HEADER + SEGMENT + b"\x01" + b"\xff" * 7 + b"live", False),
        (HEADER.replace(b"matroska", b"webm\0\0\0\0") + SEGMENT + b"\x84" + b"body", True),
    ],
)
def test_matroska_passes_and_says_whether_a_cut_would_show(
    tmp_path: Path, content: bytes, sized: bool
) -> None:
    source = tmp_path / "a.mkv"
    source.write_bytes(content)
    assert require_matroska(source) is sized


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        ("Just some text, nämlich.\n".encode() * 50, "is not Matroska but text"),
        (b"\0\0\0\x20ftypisom" + b"\0" * 600, "is not Matroska but MP4"),
        (b"RIFF....AVI LIST" + b"\0" * 600, "is not Matroska but AVI"),
        ((b"G" + b"\x01" * 187) * 4, "is not Matroska but an MPEG transport stream"),
        ((b"\1\2\3\4G" + b"\x01" * 187) * 4, "is not Matroska but an MPEG transport stream"),
        (b"\x00\x00\x01\xba" + b"\x44" * 600, "is not Matroska but an MPEG program stream"),
        (b"\0" * 1000, "is not Matroska but a run of zeros"),
        (b"\0" * 700 + HEADER + SEGMENT, "begins with 700 bytes that are no Matroska"),
        (b"ID3" + b"\x1a\x45\xdf\xa3" + b"\xff" * 600, "is not Matroska but something else"),
        (bytes(range(255, 0, -1)) * 3, "is not Matroska but something else"),
        (b"\x1a", "is not Matroska"),
        (HEADER.replace(b"matroska", b"otherdoc") + SEGMENT, "is EBML but not Matroska"),
        (HEADER, "no Matroska segment"),
        (HEADER + b"\x42\x86\x81\x01", "no Matroska segment"),
        (HEADER + SEGMENT + size(1000) + b"half", "is cut short"),
    ],
)
def test_anything_else_is_refused_in_one_line_with_a_remedy(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    source = tmp_path / "a.mkv"
    source.write_bytes(content)
    with pytest.raises(SourceError) as caught:
        require_matroska(source)
    message = str(caught.value)
    assert message.startswith(f"{source}: ")
    assert problem in message
    assert "; " in message
    assert "\n" not in message


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        require_matroska(tmp_path / "none.mkv")
    with pytest.raises(SourceError, match="cannot be read"):
        require_matroska(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "a.mkv"
    source.write_bytes(HEADER)
    source.chmod(0)
    with pytest.raises(SourceError, match="may not be read"):
        require_matroska(source)
