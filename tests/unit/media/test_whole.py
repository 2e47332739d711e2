from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from drapto.media.whole import is_filled

UNITS = st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=6)


def packet(units: list[bytes], size: int) -> bytes:
    return b"".join(len(unit).to_bytes(size, "big") + unit for unit in units)


@given(UNITS, st.sampled_from([1, 2, 4]))
def test_units_that_fill_a_packet_are_whole_and_any_more_or_less_is_not(
    units: list[bytes], size: int
) -> None:
    data = packet(units, size)
    assert is_filled(memoryview(data), size)
    assert not is_filled(memoryview(data[:-1]), size)
    assert not is_filled(memoryview(data + bytes(5)), size)


@given(st.binary(max_size=200))
def test_rubbish_is_no_more_than_not_whole(data: bytes) -> None:
    assert is_filled(memoryview(data), 4) in (True, False)


def test_zeros_are_not_whole() -> None:
    assert not is_filled(memoryview(bytes(100_000)), 4)
