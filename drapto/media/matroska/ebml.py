"""Just enough EBML (RFC 8794) to edit a few elements of a file's head."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

VOID = 0xEC
LONGEST_HEADER = 12
"""Bytes: an ID of 4 and a size of 8."""


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
    """Return the elements that ``data`` consists of."""
    found, at = [], 0
    while at < len(data):
        place = _header(data[at : at + LONGEST_HEADER], at)
        if place.end is None or place.end > len(data):
            raise ValueError("an element is longer than its parent")
        found.append(Element(place.id, data[place.start : place.end], place.width))
        at = place.end
    return found


def places(file: IO[bytes], start: int, end: int | None) -> Iterator[Place]:
    """Yield the elements of a file from ``start`` on, up to ``end`` or to one that does not say its size."""
    at = start
    while end is None or at < end:
        file.seek(at)
        head = file.read(LONGEST_HEADER)
        if not head:
            return
        place = _header(head, at)
        yield place
        if place.end is None:
            return
        at = place.end


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
    element, id_width = _vint(head, marker=True)
    size, size_width = _vint(head[id_width:])
    start = at + id_width + size_width
    unknown = size == (1 << 7 * size_width) - 1
    return Place(element, start, None if unknown else start + size, size_width)


def _vint(data: bytes, *, marker: bool = False) -> tuple[int, int]:
    """Return a variable-size integer and its width in bytes."""
    width = 9 - data[0].bit_length() if data else 9
    if width > min(8, len(data)):
        raise ValueError("not an EBML element")
    value = int.from_bytes(data[:width], "big")
    return (value if marker else value & ((1 << 7 * width) - 1)), width


def _id(element: int) -> bytes:
    return element.to_bytes((element.bit_length() + 7) // 8, "big")


def _size(size: int, width: int | None = None) -> bytes:
    # all ones would say "unknown"
    width = width or next(n for n in range(1, 9) if size < (1 << 7 * n) - 1)
    return (size | 1 << 7 * width).to_bytes(width, "big")
