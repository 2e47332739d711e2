"""Elements of the highest level, written: a file of them alone, or into the head of one that ffmpeg wrote."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from drapto.errors import ElementError
from drapto.media.matroska import ids
from drapto.media.matroska.ebml import (
    SIZE_WIDTH,
    Element,
    encoded_size,
    summed,
    unsigned,
    void,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drapto.media.matroska.tree import Reader

HEADER = Element(
    ids.EBML,
    (
        Element(0x4286, b"\1"),  # EBMLVersion
        Element(0x42F7, b"\1"),  # EBMLReadVersion
        Element(ids.EBML_MAX_ID_LENGTH, b"\4"),
        Element(ids.EBML_MAX_SIZE_LENGTH, b"\x08"),
        Element(ids.DOC_TYPE, b"matroska"),
        Element(0x4287, b"\4"),  # DocTypeVersion: flags and languages as of RFC 9559
        Element(0x4285, b"\2"),  # DocTypeReadVersion
    ),
)

ESSENTIAL = (ids.INFO, ids.TRACKS)
"""What a reader of a stream has to see before the first cluster."""


def write(element: Element, file: IO[bytes], payloads: Reader | None) -> None:
    """Write an element; what stays in a file is copied, some at a time.

    Args:
        element: The element.
        file: Where to, at its position.
        payloads: The reader that the element's ranges came from.

    Raises:
        ElementError: A payload is no longer there.
    """
    for chunk in element.chunks():
        if isinstance(chunk, bytes):
            file.write(chunk)
        elif payloads is None:
            raise ElementError("a payload is in no file")
        else:
            for data in payloads.payload(chunk):
                file.write(data)


def write_file(file: IO[bytes], elements: Sequence[Element], payloads: Reader | None) -> None:
    """Write a Matroska file of these elements and no cluster.

    Raises:
        ElementError: A payload is no longer there.
    """
    whole = tuple(summed(element) for element in elements)
    file.write(HEADER.encode())
    segment = Element(ids.SEGMENT, whole, SIZE_WIDTH)
    file.write(segment.head(segment.size))
    for element in whole:
        write(element, file, payloads)


def replace_head(own: Reader, elements: Sequence[Element], payloads: Reader | None) -> None:
    """Replace all that stands before the first cluster, in place: no cluster moves, and so no cue.

    What does not fit there goes behind the cues, where a SeekHead names it; but for Info and Tracks.

    Args:
        own: The file, open for reading and writing; it has its clusters first and then its cues.
        elements: What it is to have but for SeekHead, clusters and cues; no part of them is in `own`.
        payloads: The reader that their ranges came from.

    Raises:
        ElementError: The file is not as ffmpeg writes it, or Info and Tracks do not fit.
    """
    cues = own.place(ids.CUES)
    if own.clusters is None or own.segment.width != SIZE_WIDTH:
        raise ElementError("no cluster, or a segment whose size cannot grow")
    if cues is not None and cues.at < own.clusters:
        raise ElementError("the cues come before the clusters")
    whole = [summed(element) for element in elements if element.parts or element.id in ESSENTIAL]
    known = {} if cues is None else {cues.id: cues.at}
    room = own.clusters - own.segment.start
    room -= seek_head([*known, *(one.id for one in whole)], {}, own.segment.start).length
    front, behind = _shared_out(whole, room)
    end = own.file.seek(0, 2)
    for element in behind:
        known[element.id] = own.file.tell()
        write(element, own.file, payloads)
    end = own.file.tell()
    at = own.clusters - room
    for element in front:
        known[element.id] = at
        at += element.length
    own.file.seek(own.segment.start)
    ordered = sorted(known, key=known.__getitem__)
    own.file.write(seek_head(ordered, known, own.segment.start).encode())
    for element in front:
        write(element, own.file, payloads)
    if at < own.clusters:
        own.file.write(void(own.clusters - at))
    own.file.seek(own.segment.start - SIZE_WIDTH)
    own.file.write(encoded_size(end - own.segment.start, SIZE_WIDTH))


def _shared_out(elements: Sequence[Element], room: int) -> tuple[list[Element], list[Element]]:
    """Return what goes into ``room`` bytes, and what goes elsewhere: the largest first, as few as can be."""
    front, behind = list(elements), []
    # no void has one byte
    while (left := room - sum(element.length for element in front)) < 0 or left == 1:
        movable = [element for element in front if element.id not in ESSENTIAL]
        if not movable:
            raise ElementError("Info and Tracks do not fit before the clusters")
        largest = max(movable, key=lambda element: element.length)
        front.remove(largest)
        behind.append(largest)
    return front, behind


def seek_head(named: Sequence[int], positions: dict[int, int], start: int) -> Element:
    """Return the SeekHead that names these elements; it is as long wherever they lie.

    Args:
        named: Their IDs.
        positions: Where each begins, bytes of the file.
        start: Where the segment's content begins.
    """
    entries = tuple(
        Element(
            ids.SEEK,
            (
                Element(ids.SEEK_ID, unsigned(element)),
                Element(ids.SEEK_POSITION, (positions.get(element, start) - start).to_bytes(8, "big")),
            ),
        )
        for element in named
    )
    return summed(Element(ids.SEEK_HEAD, entries))
