"""What ffmpeg cannot say of a track, written into the head of its file afterwards.

ffmpeg 9.0.2 has no option for BCP 47 languages (``de-CH``), takes the display aspect of a copied stream
only in whole numbers up to 255, and has a Dolby Vision record only from an input that has it. The room for
all comes from padding that the muxer was told to put into the tracks' names, so that nothing moves: what is
left of it becomes an EBML Void.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drapto.errors import ArtifactError
from drapto.media.matroska import ids
from drapto.media.matroska.container import TRACKS_LIMIT, find_tracks
from drapto.media.matroska.ebml import Element, content, elements, unsigned, void

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DOLBY_VISION = int.from_bytes(b"dvvC", "big")
"""The mapping's type of the record of Dolby Vision profiles 8 to 10 (Matroska's codec specification, block
additional mappings)."""

PADDING = "." * 128
"""What a track's name ends in while it is muxed; longer than all that is ever added."""


@dataclass(frozen=True)
class Amendment:
    """What to write into a track's entry.

    Attributes:
        name: The track's name without the padding, None where it has none.
        bcp47: Its language, where the three letters that ffmpeg wrote do not say it all.
        display: Width and height at which the picture is shown, pixels, where its pixels are not square.
        dolby_vision: The configuration record, where the picture is Dolby Vision.
        rotation: Degrees by which players are to rotate the picture, counter-clockwise.
    """

    name: str | None
    bcp47: str | None = None
    display: tuple[int, int] | None = None
    dolby_vision: bytes | None = None
    rotation: int = 0


def amend(path: Path, amendments: Mapping[int, Amendment]) -> None:
    """Change track entries of a Matroska file in place.

    Args:
        path: A file that ffmpeg wrote; it is not yet a target's, and may be changed.
        amendments: By the track's place in the file, from 0; their names end in `PADDING`.

    Raises:
        ArtifactError: The file is not as ffmpeg writes it.
    """
    if not amendments:
        return
    try:
        with path.open("r+b") as file:
            tracks = find_tracks(file)
            if tracks is None:
                raise ValueError("no tracks")  # noqa: TRY301  told as every other way in which the head is not as it should be
            amended = _amended(content(file, tracks, TRACKS_LIMIT), amendments)
            file.seek(tracks.start)
            file.write(amended)
    except ValueError as error:
        raise ArtifactError(f"has a head that cannot be amended ({error})", path=path) from error


def _amended(tracks: bytes, amendments: Mapping[int, Amendment]) -> bytes:
    parts, number = [], 0
    summed = False
    for element in elements(tracks):
        inside = element.content
        if element.id == ids.CRC_32:
            summed = True
            continue
        if element.id == ids.TRACK_ENTRY:
            if number in amendments:
                inside = _entry(inside, amendments[number])
            number += 1
        parts.append(Element(element.id, inside, element.width).encode())
    body = b"".join(parts)
    # the checksum comes first and covers its siblings (RFC 8794, section 11.3.1)
    whole = Element(ids.CRC_32, zlib.crc32(body).to_bytes(4, "little")).encode() + body if summed else body
    if len(whole) != len(tracks):
        raise ValueError("the tracks would change their size")
    return whole


def _entry(entry: bytes, amendment: Amendment) -> bytes:
    """Return a track entry's content, as long as it was."""
    kept = []
    for element in elements(entry):
        if element.id in {ids.NAME, ids.LANGUAGE_BCP47, ids.VOID}:
            continue
        kept.append(_video(element, amendment) if element.id == ids.VIDEO else element)
        if element.id == ids.LANGUAGE and amendment.bcp47:
            kept.append(Element(ids.LANGUAGE_BCP47, amendment.bcp47.encode("ascii")))
    if amendment.dolby_vision is not None:
        mapping = (
            Element(ids.BLOCK_ADDITION_TYPE, unsigned(DOLBY_VISION)),
            Element(ids.BLOCK_ADDITION_EXTRA_DATA, amendment.dolby_vision),
        )
        kept.append(Element(ids.BLOCK_ADDITION_MAPPING, b"".join(element.encode() for element in mapping)))
    if amendment.name is not None:
        kept.append(Element(ids.NAME, amendment.name.encode()))
    body = b"".join(element.encode() for element in kept)
    return body + void(len(entry) - len(body))


def _video(video: Element, amendment: Amendment) -> Element:
    replaced: set[int] = set()
    added = []
    if amendment.display is not None:
        replaced |= {ids.DISPLAY_WIDTH, ids.DISPLAY_HEIGHT, ids.DISPLAY_UNIT}
        width, height = amendment.display
        added += [Element(ids.DISPLAY_WIDTH, unsigned(width)), Element(ids.DISPLAY_HEIGHT, unsigned(height))]
    if amendment.rotation:
        replaced.add(ids.PROJECTION)
        # a flat picture, rotated (RFC 9559, ProjectionPoseRoll: counter-clockwise where it is positive)
        flat = Element(ids.PROJECTION_TYPE, unsigned(0))
        roll = Element(ids.PROJECTION_POSE_ROLL, struct.pack(">d", amendment.rotation))
        added.append(Element(ids.PROJECTION, flat.encode() + roll.encode()))
    kept = [element for element in elements(video.content) if element.id not in replaced]
    return Element(ids.VIDEO, b"".join(element.encode() for element in (*kept, *added)))
