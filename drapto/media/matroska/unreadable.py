"""Tracks that libavformat reads as something else than they are, or for which it does not open the file.

Where such a track is the picture, there is no film. One of sound or subtitles may be left out
(`drapto.media.spare`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from drapto.errors import ElementError
from drapto.media.matroska import ids
from drapto.media.matroska.records import streams
from drapto.media.matroska.tree import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from drapto.media.matroska.ebml import Element

ENCRYPTED = 1
"""The type of a content encoding that is no compression (RFC 9559, "ContentEncodingType")."""

DEPTHS = {"A_PCM/INT": (8, 16, 24, 32), "A_PCM/FLOAT": (32, 64)}
"""Bits of a sample that libavformat knows of uncompressed sound; it takes others for 16, or 32, and plays
noise (matroskadec.c)."""

BZIP2 = 1
"""The algorithm of a compression (RFC 9559, "ContentCompAlgo") that ffmpeg's builds mostly lack."""

SOUND, SUBTITLES = 2, 17
"""Kinds of tracks without which there is a film (RFC 9559, "TrackType")."""

SIDES = {
    "left": ids.PIXEL_CROP_LEFT,
    "right": ids.PIXEL_CROP_RIGHT,
    "top": ids.PIXEL_CROP_TOP,
    "bottom": ids.PIXEL_CROP_BOTTOM,
}
"""What is to be cut off a picture, by mkvpropedit's names."""


class Problem(NamedTuple):
    """What is wrong with a track, and what to do about it."""

    text: str
    remedy: str


def unreadable(reader: Reader) -> Iterator[Problem]:
    """Yield what is wrong with a file's tracks without which there is no film."""
    try:
        tracks = reader.first(ids.TRACKS)
        for entry in () if tracks is None else tracks.of(ids.TRACK_ENTRY):
            number = entry.number(ids.TRACK_NUMBER)
            if entry.number(ids.TRACK_TYPE) not in (SOUND, SUBTITLES):
                yield from _coded(entry)
            if sides := _cropped_away(entry):
                delete = " ".join(f"--delete pixel-crop-{side}" for side in sides)
                yield Problem(
                    f"says that all of its picture is to be cut off (PixelCrop of track number {number})",
                    f"take that off: `mkvpropedit FILE --edit track:@{number} {delete}`",
                )
    except ElementError:
        return  # said by what reads the tracks


def unreadable_beside(source: Path) -> dict[int, Problem]:
    """Return what is wrong with tracks of sound and subtitles, by ffmpeg's stream index."""
    found = {}
    try:
        with source.open("rb") as file:
            entries = streams(Reader(file).first(ids.TRACKS))
        for index, entry in entries.items():
            if entry.number(ids.TRACK_TYPE) in (SOUND, SUBTITLES) and (each := list(_coded(entry))):
                found[index] = each[0]
    except ElementError:
        pass  # ffmpeg has read the same head: what it makes of it is all there is
    return found


def _coded(entry: Element) -> Iterator[Problem]:
    """Yield what makes libavformat read a track as something else than it is."""
    track = f"number {entry.number(ids.TRACK_NUMBER)} ({codec_of(entry)})"
    encodings = entry.find(ids.CONTENT_ENCODINGS)
    each = encodings.of(ids.CONTENT_ENCODING) if encodings else []
    if any(one.number(ids.CONTENT_ENCODING_TYPE) == ENCRYPTED for one in each):
        yield Problem(
            f"has an encrypted track, {track}",
            "decrypt it with what made the file, or remux the file without that track",
        )
    for why in _misread(entry, each):
        yield Problem(
            f"has a track that ffmpeg does not read as it is, {track}: {why}",
            "remux the file without that track",
        )


def _misread(entry: Element, encodings: Sequence[Element]) -> Iterator[str]:
    codec, audio = codec_of(entry), entry.find(ids.AUDIO)
    depth = audio.number(ids.BIT_DEPTH) if audio else 0
    if depth and any(codec.startswith(one) and depth not in known for one, known in DEPTHS.items()):
        yield f"samples of {depth} bits"
    if len(encodings) > 1:
        yield "compressed more than once, of which ffmpeg and mkvmerge undo nothing"
    compressions = [one.find(ids.CONTENT_COMPRESSION) for one in encodings]
    if any(one is not None and one.number(ids.CONTENT_COMP_ALGO) == BZIP2 for one in compressions):
        yield "compressed by bzip2, which ffmpeg and mkvmerge are built without"


def _cropped_away(entry: Element) -> list[str]:
    """Return the sides that are cut off a picture of which nothing is left; libavformat does not open it."""
    video = entry.find(ids.VIDEO)
    if video is None:
        return []
    cut = {name: video.number(side) for name, side in SIDES.items()}
    wide, high = video.number(ids.PIXEL_WIDTH), video.number(ids.PIXEL_HEIGHT)
    if 0 < wide <= cut["left"] + cut["right"] or 0 < high <= cut["top"] + cut["bottom"]:
        return [name for name, pixels in cut.items() if pixels]
    return []


def codec_of(entry: Element) -> str:
    """Return the codec that a track's entry names."""
    codec = entry.find(ids.CODEC_ID)
    return codec.value.decode(errors="replace") if codec else "without a codec"
