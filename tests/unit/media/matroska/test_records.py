"""The Dolby Vision record of each stream, out of heads as they may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drapto.media.hdr.dolby_vision import record
from drapto.media.matroska import ids
from drapto.media.matroska.ebml import Element
from drapto.media.matroska.records import dolby_vision_records, parsed
from drapto.media.model import DolbyVision

if TYPE_CHECKING:
    from pathlib import Path

PROFILE_7 = DolbyVision(profile=7, compatibility=6, level=6, has_rpu=True, has_el=True, has_bl=True)
PROFILE_8 = DolbyVision(profile=8, compatibility=4, level=10, has_rpu=True, has_el=False, has_bl=True)


def track(kind: int, *mappings: tuple[bytes, bytes]) -> Element:
    parts = [Element(ids.TRACK_TYPE, bytes([kind]))]
    for name, data in mappings:
        inside = (
            Element(ids.BLOCK_ADDITION_TYPE, name),
            Element(ids.BLOCK_ADDITION_EXTRA_DATA, data),
        )
        parts.append(Element(ids.BLOCK_ADDITION_MAPPING, joined(*inside)))
    return Element(ids.TRACK_ENTRY, joined(*parts))


def joined(*parts: Element) -> bytes:
    return b"".join(part.encode() for part in parts)


def file_of(path: Path, *tracks: Element) -> Path:
    segment = Element(ids.SEGMENT, joined(Element(0xEC, bytes(9)), Element(ids.TRACKS, joined(*tracks))))
    path.write_bytes(joined(Element(0x1A45DFA3, b""), segment))
    return path


@pytest.mark.parametrize("configuration", [PROFILE_7, PROFILE_8])
def test_a_record_comes_back(configuration: DolbyVision) -> None:
    assert parsed(record(configuration)) == configuration


def test_records_go_by_stream_and_other_mappings_are_passed_over(tmp_path: Path) -> None:
    source = file_of(
        tmp_path / "a.mkv",
        track(3),  # a kind of which ffmpeg makes no stream
        track(1, (b"\4", b"HDR10+"), (b"dvcC", record(PROFILE_7))),
        track(2),
        track(1, (b"dvvC", record(PROFILE_8)), (b"dvcC", record(PROFILE_7))),
        track(1, (b"dvvC", b"\1\0")),
    )
    assert dolby_vision_records(source) == {0: PROFILE_7, 2: PROFILE_8}


def test_a_head_that_cannot_be_read_has_none(tmp_path: Path) -> None:
    broken = tmp_path / "a.mkv"
    for content in (b"", b"\0\0\0", file_of(broken, track(1)).read_bytes()[:30]):
        broken.write_bytes(content)
        assert dolby_vision_records(broken) == {}
