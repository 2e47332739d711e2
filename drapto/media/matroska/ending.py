"""Files that lack their end, and none of the film.

Muxers write the index, chapters, tags and attached files behind the clusters. What a copy or a download lacks
of these, nobody misses who sees the film.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.errors import ElementError
from drapto.media.matroska import ids
from drapto.media.matroska.ebml import place_at, places
from drapto.media.matroska.schema import name_of
from drapto.media.matroska.tree import GLOBAL_ELEMENTS, TOP, Reader
from drapto.words import count_text

if TYPE_CHECKING:
    from pathlib import Path

BESIDE = (*TOP, *GLOBAL_ELEMENTS)


def missing_end(source: Path) -> str | None:
    """Return what a file's end lacks, in words, where every cluster is there; None where it lacks nothing.

    Raises:
        ElementError: It lacks some of the film, or nobody can tell.
    """
    with source.open("rb") as file:
        size = file.seek(0, 2)
        segment = next((one for one in places(file, 0, None) if one.id == ids.SEGMENT), None)
        if segment is None or segment.end is None or segment.end <= size:
            return None
        reader, end = Reader(file), segment.end
        lacks, at, clusters = count_text(end - size, "byte"), reader.segment.start, 0
        while at < size:
            try:
                place = place_at(file, at)
            except ElementError:
                break  # the head of an element is cut
            if place is None or place.end is None:
                raise ElementError("a cluster does not say its size")
            if place.end > size:
                if place.id in BESIDE and clusters:
                    return f"its last {lacks} are missing, in {name_of(place.id)} behind the film"
                break
            clusters += place.id == ids.CLUSTER
            at = place.end
        if clusters and at in _named(reader):
            return f"its last {lacks} are missing, behind the film"
    raise ElementError(f"{lacks} are missing")


def _named(reader: Reader) -> set[int]:
    """Return where the elements begin that the SeekHeads name, be they there or not."""
    heads = [reader.tree(place) for place in reader.top if place.id == ids.SEEK_HEAD]
    seeks = [seek for head in heads for seek in head.of(ids.SEEK) if seek.number(ids.SEEK_ID) in TOP]
    return {reader.segment.start + seek.number(ids.SEEK_POSITION) for seek in seeks}
