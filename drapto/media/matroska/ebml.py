"""Elements of EBML (RFC 8794): where they lie in a file, what is in them, and their bytes.

What a file says of its sizes may be damaged, so nothing is read before its size is held against a limit, and
no more elements are looked at than a sound file has.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, NamedTuple

from drapto.errors import ElementError
from drapto.media.matroska.ids import CRC_32, VOID
from drapto.words import size_text

if TYPE_CHECKING:
    from collections.abc import Iterator

ID_WIDTH, SIZE_WIDTH = 4, 8
"""The most bytes that an ID and a size have in Matroska."""

LONGEST_HEADER = ID_WIDTH + SIZE_WIDTH

NUMBER_WIDTH = 8
"""The most bytes of an integer."""

MOST_PARTS = 10_000
"""Elements in one parent. A track's entry has some dozens; one of 2 bytes takes some 200 in memory."""

MOST_PLACES = 1_000_000
"""Elements that are walked over in a file: a cluster for each frame of a long film, and more."""


class OversizedError(ElementError):
    """An element says that it is longer than any that a sound file has."""


@dataclass(frozen=True, slots=True)
class Range:
    """Bytes of a file, such as those of an attached one, that are not taken into memory."""

    start: int
    end: int


class Element(NamedTuple):
    """An element by its ID, and its content: bytes, bytes that stay in their file, or further elements.

    ``width`` is that of its size, bytes, None for the shortest.
    """

    id: int
    content: bytes | Range | tuple[Element, ...]
    width: int | None = None

    @property
    def parts(self) -> tuple[Element, ...]:
        """The elements in it; none where it holds a value."""
        return () if isinstance(self.content, bytes | Range) else self.content

    @property
    def value(self) -> bytes:
        """Its bytes; none where it holds elements, or stays in its file."""
        return self.content if isinstance(self.content, bytes) else b""

    @property
    def size(self) -> int:
        """How many bytes its content has."""
        if isinstance(self.content, bytes):
            return len(self.content)
        if isinstance(self.content, Range):
            return self.content.end - self.content.start
        return sum(part.length for part in self.content)

    @property
    def length(self) -> int:
        """How many bytes it has with its ID and its size."""
        return len(self.head(size := self.size)) + size

    def head(self, size: int) -> bytes:
        """Return its ID and its size."""
        return encoded_id(self.id) + encoded_size(size, self.width)

    def of(self, *ids: int) -> list[Element]:
        """Return the elements in it that have one of these IDs."""
        return [part for part in self.parts if part.id in ids]

    def find(self, element: int) -> Element | None:
        """Return the first element in it with this ID."""
        return next((part for part in self.parts if part.id == element), None)

    def number(self, element: int, default: int = 0) -> int:
        """Return the unsigned integer in it that has this ID.

        Raises:
            ElementError: It has more than 8 bytes.
        """
        found = self.find(element)
        return default if found is None else integer(found.value)

    def numbers(self, element: int) -> list[int]:
        """Return all unsigned integers in it that have this ID.

        Raises:
            ElementError: One has more than 8 bytes.
        """
        return [integer(part.value) for part in self.of(element)]

    def text(self, element: int, default: str = "") -> str:
        """Return the text in it that has this ID."""
        found = self.find(element)
        return default if found is None else string(found.value)

    def chunks(self) -> Iterator[bytes | Range]:
        """Yield its bytes, and where those lie that stay in their file, in order."""
        yield self.head(self.size)
        if isinstance(self.content, bytes | Range):
            yield self.content
        else:
            for part in self.content:
                yield from part.chunks()

    def encode(self) -> bytes:
        """Return its bytes; no part of it may stay in a file."""
        return b"".join(chunk for chunk in self.chunks() if isinstance(chunk, bytes))


class Place(NamedTuple):
    """Where an element's content lies, bytes; ``end`` is None where the element does not say its size.

    It has begun at ``at`` with its ID; its size takes ``width`` bytes.
    """

    id: int
    start: int
    end: int | None
    width: int
    at: int


def elements(data: bytes) -> list[Element]:
    """Return the elements that ``data`` consists of.

    Raises:
        ElementError: It does not consist of elements, or of more than `MOST_PARTS`.
    """
    found: list[Element] = []
    at = 0
    while at < len(data):
        if len(found) == MOST_PARTS:
            raise ElementError(f"more than {MOST_PARTS} elements in one")
        place = placed(data[at : at + LONGEST_HEADER], at)
        if place.end is None or place.end > len(data):
            raise ElementError("an element is longer than its parent")
        found.append(Element(place.id, data[place.start : place.end], place.width))
        at = place.end
    return found


def places(file: IO[bytes], start: int, end: int | None) -> Iterator[Place]:
    """Yield the elements of a file from ``start`` on, up to ``end`` or to one that does not say its size.

    Raises:
        ElementError: Something else begins where an element should, or there are more than `MOST_PLACES`.
    """
    at = start
    for _ in range(MOST_PLACES):
        if end is not None and at >= end:
            return
        place = place_at(file, at)
        if place is None:
            return
        yield place
        if place.end is None:
            return
        at = place.end
    raise ElementError(f"more than {MOST_PLACES} elements")


def place_at(file: IO[bytes], at: int) -> Place | None:
    """Return the element that begins at byte ``at``; None at the end of the file.

    Raises:
        ElementError: Something else begins there.
    """
    file.seek(at)
    head = file.read(LONGEST_HEADER)
    return placed(head, at) if head else None


def content(file: IO[bytes], place: Place, limit: int) -> bytes:
    """Return an element's content, at most ``limit`` bytes.

    Raises:
        OversizedError: It says that it is longer.
        ElementError: It does not say its size, or the file ends before it does.
    """
    size = size_within(place, limit)
    file.seek(place.start)
    data = file.read(size)
    if len(data) < size:
        raise ElementError("the file ends inside an element")
    return data


def size_within(place: Place, limit: int) -> int:
    """Return how many bytes an element's content has, at most ``limit``.

    Raises:
        OversizedError: It says that it has more.
        ElementError: It does not say its size.
    """
    if place.end is None:
        raise ElementError("an element does not say its size")
    size = place.end - place.start
    if size > limit:
        raise OversizedError(f"{size_text(size)} long")
    return size


def void(size: int) -> bytes:
    """Return an element of ``size`` bytes, at least 2, that says nothing.

    Raises:
        ElementError: No element has so many.
    """
    for width in (1, 8):
        if 0 <= size - 1 - width < (1 << 7 * width) - 1:
            return encoded_id(VOID) + encoded_size(size - 1 - width, width) + bytes(size - 1 - width)
    raise ElementError(f"no element has {size} bytes")


def summed(element: Element) -> Element:
    """Return an element with its checksum as its first part (RFC 8794, section 11.3.1).

    One of which a part stays in its file gets none.
    """
    body = [chunk for part in element.parts for chunk in part.chunks()]
    if any(isinstance(chunk, Range) for chunk in body):
        return element
    crc = 0
    for chunk in body:
        if isinstance(chunk, bytes):
            crc = zlib.crc32(chunk, crc)
    return Element(element.id, (Element(CRC_32, crc.to_bytes(4, "little")), *element.parts), element.width)


def unsigned(value: int) -> bytes:
    """Return an unsigned integer's content."""
    return value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")


def integer(data: bytes) -> int:
    """Return what an unsigned integer's content says.

    Raises:
        ElementError: It has more than 8 bytes.
    """
    if len(data) > NUMBER_WIDTH:
        raise ElementError(f"an integer of {len(data)} bytes")
    return int.from_bytes(data, "big")


def string(data: bytes) -> str:
    """Return what a string's content says: up to the first NUL, what is no UTF-8 replaced."""
    return data.split(b"\0", 1)[0].decode("utf-8", errors="replace")


def real(data: bytes) -> float:
    """Return what a float's content says.

    Raises:
        ElementError: It has neither 0, 4, nor 8 bytes.
    """
    if not data:
        return 0.0
    if len(data) not in (4, 8):
        raise ElementError(f"a number of {len(data)} bytes")
    value: float = struct.unpack(">f" if len(data) == struct.calcsize("f") else ">d", data)[0]
    return value


def placed(head: bytes, at: int) -> Place:
    """Return the element that begins at ``at`` with ``head``.

    Raises:
        ElementError: It is none.
    """
    element, id_width = _vint(head[:ID_WIDTH], marker=True)
    size, size_width = _vint(head[id_width:])
    start = at + id_width + size_width
    unknown = size == (1 << 7 * size_width) - 1
    return Place(element, start, None if unknown else start + size, size_width, at)


def _vint(data: bytes, *, marker: bool = False) -> tuple[int, int]:
    """Return a variable-size integer and its width in bytes."""
    width = 9 - data[0].bit_length() if data else 9
    if width > min(SIZE_WIDTH, len(data)):
        raise ElementError("not an EBML element")
    value = int.from_bytes(data[:width], "big")
    return (value if marker else value & ((1 << 7 * width) - 1)), width


def encoded_id(element: int) -> bytes:
    """Return an ID's bytes."""
    return element.to_bytes((element.bit_length() + 7) // 8, "big")


def encoded_size(size: int, width: int | None = None) -> bytes:
    """Return a size's bytes, ``width`` of them or as few as can be."""
    # all ones would say "unknown"
    width = width or next(n for n in range(1, 9) if size < (1 << 7 * n) - 1)
    return (size | 1 << 7 * width).to_bytes(width, "big")
