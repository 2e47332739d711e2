"""Where two trees of elements say different things. Pure: elements in, differences out."""

from __future__ import annotations

import hashlib
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from drapto.errors import ElementError
from drapto.media.matroska.ebml import Element, Range, integer, real, string
from drapto.media.matroska.schema import SPECS, Kind, name_of
from drapto.words import count_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from drapto.media.matroska.tree import Reader

NOTHING = "none"

SHOWN = 16
"""Bytes of the longest binary value that is shown; of a longer one, it is the digest."""


class Difference(NamedTuple):
    """An element that is not as expected: where, as ``Tags/Tag 2/SimpleTag 1/TagName``, and both values."""

    path: str
    expected: str
    found: str


def differences(
    expected: Element | None, found: Element | None, *, ignored: Collection[int] = ()
) -> list[Difference]:
    """Return where ``found`` differs from ``expected``, in their order.

    A value that is written out equals its absence where it is the default; how many bytes an element takes,
    and the order of elements with different IDs, say nothing.

    Args:
        expected: An element; None for one that should not be there.
        found: One with the same ID; None for one that is not there.
        ignored: IDs of elements that may differ.
    """
    element = expected or found
    if element is None:
        return []
    return list(_compared(name_of(element.id), expected, found, ignored))


def _compared(
    path: str, expected: Element | None, found: Element | None, ignored: Collection[int]
) -> Iterator[Difference]:
    if (expected is None or found is None or not _are_masters(expected, found)) and (
        (said := value_text(expected)) != (kept := value_text(found)) and not _is_default(expected, found)
    ):
        yield Difference(path, said, kept)
    if expected is None or found is None:
        return
    kinds = list(dict.fromkeys(part.id for part in (*expected.parts, *found.parts)))
    for kind in kinds:
        if kind in ignored:
            continue
        pairs = list(zip_longest(expected.of(kind), found.of(kind)))
        for number, (given, kept_part) in enumerate(pairs, 1):
            place = f"{path}/{name_of(kind)}" + (f" {number}" if len(pairs) > 1 else "")
            yield from _compared(place, given, kept_part, ignored)


def _are_masters(*elements: Element) -> bool:
    return all(isinstance(element.content, tuple) for element in elements)


def _is_default(expected: Element | None, found: Element | None) -> bool:
    """Tell whether one is absent and the other says what that means."""
    if (expected is None) == (found is None):
        return False
    there = expected or found
    spec = SPECS.get(there.id) if there else None
    return spec is not None and spec.default is not None and value_text(there) == _said(spec.default)


def _said(value: int | str) -> str:
    return str(value) if isinstance(value, int) else repr(value)


def value_text(element: Element | None) -> str:
    """Return an element's value as a reader can compare it."""
    if element is None:
        return NOTHING
    if isinstance(element.content, tuple):
        return count_text(len(element.content), "element")
    try:
        return _value_text(SPECS[element.id].kind if element.id in SPECS else "binary", element.value)
    except ElementError as error:
        return str(error)


def _value_text(kind: Kind, value: bytes) -> str:
    if kind in {"unsigned", "signed", "date"}:
        return str(integer(value))
    if kind == "float":
        return str(real(value))
    if kind == "string":
        return repr(string(value))
    # all of a short one, the digest of a long one: two that differ are never worded alike
    whole = value if len(value) <= SHOWN else hashlib.sha256(value).digest()[: SHOWN // 2]
    return f"{count_text(len(value), 'byte')} {whole.hex()}".strip()


def digested(element: Element | None, reader: Reader) -> Element | None:
    """Return an element with the SHA-256 of each payload in the place of what stays in the file.

    Raises:
        ElementError: The file ends before a payload does.
    """
    if element is None:
        return None
    if isinstance(element.content, Range):
        hashed = hashlib.sha256()
        for data in reader.payload(element.content):
            hashed.update(data)
        return Element(element.id, hashed.digest())
    if isinstance(element.content, tuple):
        parts = (digested(part, reader) for part in element.content)
        return Element(element.id, tuple(part for part in parts if part is not None))
    return element
