"""Just enough EBML (RFC 8794) to read a few elements of a file's head, and to edit them in place.

What a file says of its sizes may be damaged, so nothing is read before its size is held against a limit, and
no more elements are looked at than a sound file has.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, NamedTuple

from drapto.media.matroska.ids import VOID
from drapto.words import size_text

if TYPE_CHECKING:
    from collections.abc import Iterator

ID_WIDTH, SIZE_WIDTH = 4, 8
"""The most bytes that an ID and a size have in Matroska."""

LONGEST_HEADER = ID_WIDTH + SIZE_WIDTH

MOST_PARTS = 10_000
"""Elements in one parent. A track's entry has some dozens; one of 2 bytes takes some 200 in memory."""

MOST_PLACES = 1_000_000
"""Elements that are walked over in a file: a cluster for each frame of a long film, and more."""


class OversizedError(ValueError):
    """An element says that it is longer than any that a sound file has."""


class Element(NamedTuple):
    """An element by its ID, and its content; ``width`` is that of its size, None for the shortest."""

    id: int
    content: bytes
    width: int | None = None

    def encode(self) -> bytes:
        """Return the element's bytes."""
        return _id(self.id) + _size(len(self.content), self.width) + self.content


class Place(NamedTuple):
    """Where an element's content lies, bytes; ``end`` is None where the element does not say its size."""

    id: int
    start: int
    end: int | None
    width: int


def elements(data: bytes) -> list[Element]:
    """Return the elements that ``data`` consists of.

    Raises:
        ValueError: It does not consist of elements, or of more than `MOST_PARTS`.
    """
    found: list[Element] = []
    at = 0
    while at < len(data):
        if len(found) == MOST_PARTS:
            raise ValueError(f"more than {MOST_PARTS} elements in one")
        place = _header(data[at : at + LONGEST_HEADER], at)
        if place.end is None or place.end > len(data):
            raise ValueError("an element is longer than its parent")
        found.append(Element(place.id, data[place.start : place.end], place.width))
        at = place.end
    return found


def places(file: IO[bytes], start: int, end: int | None) -> Iterator[Place]:
    """Yield the elements of a file from ``start`` on, up to ``end`` or to one that does not say its size.

    Raises:
        ValueError: Something else begins where an element should, or there are more than `MOST_PLACES`.
    """
    at = start
    for _ in range(MOST_PLACES):
        if end is not None and at >= end:
            return
        file.seek(at)
        head = file.read(LONGEST_HEADER)
        if not head:
            return
        place = _header(head, at)
        yield place
        if place.end is None:
            return
        at = place.end
    raise ValueError(f"more than {MOST_PLACES} elements")


def content(file: IO[bytes], place: Place, limit: int) -> bytes:
    """Return an element's content, at most ``limit`` bytes.

    Raises:
        OversizedError: It says that it is longer.
        ValueError: It does not say its size, or the file ends before it does.
    """
    size = size_within(place, limit)
    file.seek(place.start)
    data = file.read(size)
    if len(data) < size:
        raise ValueError("the file ends inside an element")
    return data


def size_within(place: Place, limit: int) -> int:
    """Return how many bytes an element's content has, at most ``limit``.

    Raises:
        OversizedError: It says that it has more.
        ValueError: It does not say its size.
    """
    if place.end is None:
        raise ValueError("an element does not say its size")
    size = place.end - place.start
    if size > limit:
        raise OversizedError(f"{size_text(size)} long")
    return size


def void(size: int) -> bytes:
    """Return an element of ``size`` bytes, at least 2, that says nothing."""
    for width in (1, 8):
        if 0 <= size - 1 - width < (1 << 7 * width) - 1:
            return _id(VOID) + _size(size - 1 - width, width) + bytes(size - 1 - width)
    raise ValueError(f"no element has {size} bytes")


def unsigned(value: int) -> bytes:
    """Return an unsigned integer's content."""
    return value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")


def _header(head: bytes, at: int) -> Place:
    element, id_width = _vint(head[:ID_WIDTH], marker=True)
    size, size_width = _vint(head[id_width:])
    start = at + id_width + size_width
    unknown = size == (1 << 7 * size_width) - 1
    return Place(element, start, None if unknown else start + size, size_width)


def _vint(data: bytes, *, marker: bool = False) -> tuple[int, int]:
    """Return a variable-size integer and its width in bytes."""
    width = 9 - data[0].bit_length() if data else 9
    if width > min(SIZE_WIDTH, len(data)):
        raise ValueError("not an EBML element")
    value = int.from_bytes(data[:width], "big")
    return (value if marker else value & ((1 << 7 * width) - 1)), width


def _id(element: int) -> bytes:
    return element.to_bytes((element.bit_length() + 7) // 8, "big")


def _size(size: int, width: int | None = None) -> bytes:
    # all ones would say "unknown"
    width = width or next(n for n in range(1, 9) if size < (1 << 7 * n) - 1)
    return (size | 1 << 7 * width).to_bytes(width, "big")
