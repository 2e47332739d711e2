"""Tracks that libavformat reads as something else than they are, or for which it does not open the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from drapto.errors import ElementError
from drapto.media.matroska import ids

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drapto.media.matroska.ebml import Element
    from drapto.media.matroska.tree import Reader

ENCRYPTED = 1
"""The type of a content encoding that is no compression (RFC 9559, "ContentEncodingType")."""

DEPTHS = {"A_PCM/INT": (8, 16, 24, 32), "A_PCM/FLOAT": (32, 64)}
"""Bits of a sample that libavformat knows of uncompressed sound; it takes others for 16, or 32, and plays
noise (matroskadec.c)."""

BZIP2 = 1
"""The algorithm of a compression (RFC 9559, "ContentCompAlgo") that ffmpeg's builds mostly lack."""

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
    """Yield what is wrong with a file's tracks."""
    for number, codec in _encrypted(reader):
        yield Problem(
            f"has an encrypted track, number {number} ({codec})",
            "decrypt it with what made the file, or remux the file without that track",
        )
    for number, codec, why in _misread(reader):
        yield Problem(
            f"has a track that ffmpeg does not read as it is, number {number} ({codec}): {why}",
            "remux the file without that track",
        )
    for number, sides in _cropped_away(reader):
        delete = " ".join(f"--delete pixel-crop-{side}" for side in sides)
        yield Problem(
            f"says that all of its picture is to be cut off (PixelCrop of track number {number})",
            f"take that off: `mkvpropedit FILE --edit track:@{number} {delete}`",
        )


def _encrypted(reader: Reader) -> Iterator[tuple[int, str]]:
    """Yield number and codec of each track that is encrypted, which libavformat reads as if it were not."""
    try:
        tracks = reader.first(ids.TRACKS)
        for entry in () if tracks is None else tracks.of(ids.TRACK_ENTRY):
            encodings = entry.find(ids.CONTENT_ENCODINGS)
            kinds = [one.number(ids.CONTENT_ENCODING_TYPE) for one in (encodings.parts if encodings else ())]
            if ENCRYPTED in kinds:
                yield entry.number(ids.TRACK_NUMBER), codec_of(entry)
    except ElementError:
        return  # said by what reads the tracks


def _misread(reader: Reader) -> Iterator[tuple[int, str, str]]:
    """Yield number and codec of each track that libavformat would read as something else, and why."""
    try:
        tracks = reader.first(ids.TRACKS)
        for entry in () if tracks is None else tracks.of(ids.TRACK_ENTRY):
            number, codec = entry.number(ids.TRACK_NUMBER), codec_of(entry)
            audio = entry.find(ids.AUDIO)
            depth = audio.number(ids.BIT_DEPTH) if audio else 0
            if depth and any(codec.startswith(one) and depth not in known for one, known in DEPTHS.items()):
                yield number, codec, f"samples of {depth} bits"
            encodings = entry.find(ids.CONTENT_ENCODINGS)
            if encodings and len(encodings.of(ids.CONTENT_ENCODING)) > 1:
                yield number, codec, "compressed more than once, of which ffmpeg and mkvmerge undo nothing"
            for encoding in encodings.parts if encodings else ():
                compression = encoding.find(ids.CONTENT_COMPRESSION)
                if compression is not None and compression.number(ids.CONTENT_COMP_ALGO) == BZIP2:
                    yield number, codec, "compressed by bzip2, which ffmpeg and mkvmerge are built without"
    except ElementError:
        return  # said by what reads the tracks


def _cropped_away(reader: Reader) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of each picture of which nothing is to be shown, and the sides that are cut off it.

    libavformat does not open a file that has one.
    """
    try:
        tracks = reader.first(ids.TRACKS)
        for entry in () if tracks is None else tracks.of(ids.TRACK_ENTRY):
            video = entry.find(ids.VIDEO)
            if video is None:
                continue
            cut = {name: video.number(side) for name, side in SIDES.items()}
            wide, high = video.number(ids.PIXEL_WIDTH), video.number(ids.PIXEL_HEIGHT)
            if 0 < wide <= cut["left"] + cut["right"] or 0 < high <= cut["top"] + cut["bottom"]:
                yield entry.number(ids.TRACK_NUMBER), [name for name, pixels in cut.items() if pixels]
    except ElementError:
        return  # said by what reads the tracks


def codec_of(entry: Element) -> str:
    """Return the codec that a track's entry names."""
    codec = entry.find(ids.CODEC_ID)
    return codec.value.decode(errors="replace") if codec else "without a codec"
