"""The Dolby Vision records of a Matroska file, read out of its head.

PyAV does not pass them on, and MediaInfo 24.12 leaves the compatibility id out where the picture has no
static HDR10 metadata.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.media.matroska import ids
from drapto.media.matroska.container import TRACKS_LIMIT, find_tracks, oversized
from drapto.media.matroska.ebml import OversizedError, content, elements
from drapto.media.model import DolbyVision

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.media.matroska.ebml import Element

STREAM_TYPES = (1, 2, 0x11, 0x21)
"""Video, audio, subtitles, metadata: the tracks of which ffmpeg makes a stream."""

RECORD_TYPES = (b"dvcC", b"dvvC", b"dvwC")
"""Of profiles up to 7, 8 to 10, and above."""

SHORTEST = 5
"""Bytes of a record up to the compatibility id."""


def dolby_vision_records(source: Path) -> dict[int, DolbyVision]:
    """Return the Dolby Vision configuration of each track that has one, by ffmpeg's stream index.

    Raises:
        SourceError: The list of tracks says that it is larger than that of any sound file.
    """
    try:
        with source.open("rb") as file:
            place = find_tracks(file)
            return {} if place is None else _records(content(file, place, TRACKS_LIMIT))
    except OversizedError as error:
        raise oversized(source, "its list of tracks", error) from error
    except ValueError:
        return {}  # ffmpeg has read the same head: what it makes of it is all there is


def _records(tracks: bytes) -> dict[int, DolbyVision]:
    found, stream = {}, 0
    for element in elements(tracks):
        if element.id != ids.TRACK_ENTRY or not is_stream(entry := elements(element.content)):
            continue
        record = _record(entry)
        if record is not None:
            found[stream] = record
        stream += 1
    return found


def is_stream(entry: list[Element]) -> bool:
    """Tell whether ffmpeg makes a stream of the track of this entry."""
    return any(
        part.id == ids.TRACK_TYPE and int.from_bytes(part.content, "big") in STREAM_TYPES for part in entry
    )


def _record(entry: list[Element]) -> DolbyVision | None:
    for mapping in entry:
        if mapping.id == ids.BLOCK_ADDITION_MAPPING:
            parts = {part.id: part.content for part in elements(mapping.content)}
            data = parts.get(ids.BLOCK_ADDITION_EXTRA_DATA, b"")
            if parts.get(ids.BLOCK_ADDITION_TYPE) in RECORD_TYPES and len(data) >= SHORTEST:
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
