"""The Dolby Vision records of a Matroska file, read out of its head.

PyAV does not pass them on, and MediaInfo 24.12 leaves the compatibility id out where the picture has no
static HDR10 metadata.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.errors import ElementError
from drapto.media.matroska import ids
from drapto.media.matroska.container import oversized
from drapto.media.matroska.ebml import OversizedError
from drapto.media.matroska.tree import Reader
from drapto.media.model import DolbyVision

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.media.matroska.ebml import Element

STREAM_TYPES = {1: (b"V",), 2: (b"A",), 0x11: (b"D", b"S"), 0x21: (b"D", b"S")}
"""Video, audio, subtitles, metadata: the tracks of which ffmpeg makes a stream, where their codec's name
begins with such a letter. A camera's measurements (M_GPMF) are no stream, though they are metadata."""

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
            tracks = Reader(file).first(ids.TRACKS)
    except OversizedError as error:
        raise oversized(source, "its list of tracks", error) from error
    except ElementError:
        return {}  # ffmpeg has read the same head: what it makes of it is all there is
    records = {number: _record(entry) for number, entry in streams(tracks).items()}
    return {number: record for number, record in records.items() if record is not None}


def streams(tracks: Element | None) -> dict[int, Element]:
    """Return the entry of each track by the index of the stream that ffmpeg makes of it.

    It makes one of each track of a kind that it knows, in the order of the file (matroskadec.c,
    matroska_parse_tracks).
    """
    entries = () if tracks is None else tracks.of(ids.TRACK_ENTRY)
    return dict(enumerate(entry for entry in entries if is_stream(entry)))


def is_stream(entry: Element) -> bool:
    """Tell whether ffmpeg makes a stream of a track's entry."""
    kind, codec = entry.find(ids.TRACK_TYPE), entry.find(ids.CODEC_ID)
    letters = STREAM_TYPES.get(int.from_bytes(kind.value, "big"), ()) if kind is not None else ()
    return bool(letters) and (codec is None or codec.value.startswith(letters))


def _record(entry: Element) -> DolbyVision | None:
    for mapping in entry.of(ids.BLOCK_ADDITION_MAPPING):
        parts = {part.id: part.value for part in mapping.parts}
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
