"""What a Matroska file says of the codecs of its subtitles, for those that libavformat does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.errors import ElementError
from drapto.media.foreign import ForeignCodec
from drapto.media.matroska import ids
from drapto.media.matroska.records import streams
from drapto.media.matroska.tree import Reader

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path


def foreign_codecs(source: Path, wanted: Collection[int]) -> dict[int, ForeignCodec]:
    """Return the codecs of some tracks, by ffmpeg's stream index; without those that are not said."""
    if not wanted:
        return {}
    try:
        with source.open("rb") as file:
            entries = streams(Reader(file).first(ids.TRACKS))
    except ElementError:
        return {}  # ffmpeg has read the same head: what it makes of it is all there is
    found = {}
    for number in wanted:
        if number in entries and (name := entries[number].text(ids.CODEC_ID)):
            private = entries[number].find(ids.CODEC_PRIVATE)
            found[number] = ForeignCodec(id=name, private=private.value.hex() if private else "")
    return found
