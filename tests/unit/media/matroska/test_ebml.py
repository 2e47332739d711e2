from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drapto.errors import ElementError
from drapto.media.matroska.ebml import Element, elements, places, unsigned, void
from drapto.media.matroska.ids import VOID

IDS = st.sampled_from([0xEC, 0x536E, 0x22B59C, 0x1654AE6B])
ELEMENTS = st.builds(Element, IDS, st.binary(max_size=300), st.sampled_from([2, 4, 8]))


@given(st.lists(ELEMENTS, max_size=5))
def test_what_is_encoded_is_read_back(given_elements: list[Element]) -> None:
    data = b"".join(element.encode() for element in given_elements)
    assert elements(data) == given_elements
    found = list(places(io.BytesIO(data), 0, len(data)))
    assert [data[place.start : place.end] for place in found] == [one.content for one in given_elements]


@given(st.integers(2, 20_000))
def test_a_void_is_as_long_as_asked(size: int) -> None:
    data = void(size)
    assert len(data) == size
    assert [element.id for element in elements(data)] == [VOID]


def test_no_void_of_one_byte() -> None:
    with pytest.raises(ElementError, match="1 bytes"):
        void(1)


def test_the_shortest_size_never_says_unknown() -> None:
    assert Element(VOID, bytes(126)).encode()[1:2] == b"\xfe"
    assert Element(VOID, bytes(127)).encode()[1:3] == b"\x40\x7f"


@pytest.mark.parametrize("data", [b"\xec\x85abc", b"\xec\xff", b"\x00\x00", b"\xec"])
def test_damage_is_seen(data: bytes) -> None:
    with pytest.raises(ElementError, match=r"element"):
        elements(data)


def test_integers_are_short() -> None:
    assert [unsigned(value) for value in (0, 255, 640)] == [b"\0", b"\xff", b"\x02\x80"]


def test_places_end_at_an_element_of_unknown_size() -> None:
    data = Element(VOID, b"").encode() + b"\x18\x53\x80\x67\xff" + b"more"
    assert [place.end for place in places(io.BytesIO(data), 0, None)] == [2, None]
