"""The Dolby Vision records of a Matroska file, read out of its head.

PyAV does not pass them on, and MediaInfo 24.12 leaves the compatibility id out where the picture has no
static HDR10 metadata. Element IDs are RFC 9559's.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from drapto.media.matroska.ebml import elements, places
from drapto.media.model import DolbyVision

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.media.matroska.ebml import Element

SEGMENT = 0x18538067
TRACKS = 0x1654AE6B
CLUSTER = 0x1F43B675
TRACK_ENTRY = 0xAE
TRACK_TYPE = 0x83
BLOCK_ADDITION_MAPPING = 0x41E4
BLOCK_ADDITION_TYPE = 0x41E7
BLOCK_ADDITION_EXTRA_DATA = 0x41ED

STREAM_TYPES = (1, 2, 0x11, 0x21)
"""Video, audio, subtitles, metadata: the tracks of which ffmpeg makes a stream."""

RECORD_TYPES = (b"dvcC", b"dvvC", b"dvwC")
"""Of profiles up to 7, 8 to 10, and above."""

SHORTEST = 5
"""Bytes of a record up to the compatibility id."""


def dolby_vision_records(source: Path) -> dict[int, DolbyVision]:
    """Return the Dolby Vision configuration of each track that has one, by ffmpeg's stream index."""
    with source.open("rb") as file:
        tracks = _tracks(file)
    try:
        entries = [part.content for part in elements(tracks) if part.id == TRACK_ENTRY]
        streams = [parts for entry in entries if _is_stream(parts := elements(entry))]
        found = {number: _record(parts) for number, parts in enumerate(streams)}
    except ValueError:
        return {}  # ffmpeg has read the same head: what it makes of it is all there is
    return {number: record for number, record in found.items() if record is not None}


def _tracks(file: IO[bytes]) -> bytes:
    try:
        for top in places(file, 0, None):
            if top.id == SEGMENT:
                for place in places(file, top.start, top.end):
                    if place.id == TRACKS and place.end is not None:
                        file.seek(place.start)
                        return file.read(place.end - place.start)
                    if place.id == CLUSTER:
                        break
    except ValueError:
        pass
    return b""


def _is_stream(entry: list[Element]) -> bool:
    return any(
        part.id == TRACK_TYPE and int.from_bytes(part.content, "big") in STREAM_TYPES for part in entry
    )


def _record(entry: list[Element]) -> DolbyVision | None:
    for mapping in entry:
        if mapping.id == BLOCK_ADDITION_MAPPING:
            parts = {part.id: part.content for part in elements(mapping.content)}
            data = parts.get(BLOCK_ADDITION_EXTRA_DATA, b"")
            if parts.get(BLOCK_ADDITION_TYPE) in RECORD_TYPES and len(data) >= SHORTEST:
                return parsed(data)
    return None


def parsed(data: bytes) -> DolbyVision:
    """Return what a record says ("Dolby Vision Streams Within the ISO Base Media File Format")."""
    word = int.from_bytes(data[2:4], "big")
    return DolbyVision(
        profile=word >> 9,
        compatibility=data[4] >> 4,
        level=word >> 3 & 0x3F,
        has_rpu=bool(word & 0b100),
        has_el=bool(word & 0b10),
        has_bl=bool(word & 0b1),
    )
