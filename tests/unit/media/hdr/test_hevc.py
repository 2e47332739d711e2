"""NAL units, their false start codes, and SEI messages."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from drapto.media.hdr import hevc
from tests.dynamic import escaped


def test_the_length_size_comes_from_the_configuration() -> None:
    configuration = bytes([1, *range(20), 0xFF, 0])
    assert hevc.length_size(configuration) == 4
    assert hevc.length_size(configuration[:21] + b"\xfc") == 1
    for wrong in (None, b"", b"\1", b"\0\0\0\1" + bytes(30)):
        assert hevc.length_size(wrong) is None


def test_units_are_walked_and_a_cut_one_ends_the_walk() -> None:
    first, second = b"\x4e\1abc", b"\x7c\1de"
    packet = b"".join(len(unit).to_bytes(2, "big") + unit for unit in (first, second))
    found = [(kind, bytes(unit)) for kind, unit in hevc.nal_units(memoryview(packet), 2)]
    assert found == [(39, first), (62, second)]
    assert [kind for kind, _ in hevc.nal_units(memoryview(packet[:-1]), 2)] == [39]
    assert list(hevc.nal_units(memoryview(b"\0\0\0\0\0\0\0\0"), 2)) == []


@given(st.lists(st.sampled_from([0, 0, 0, 1, 2, 3, 4, 255]), max_size=40))
def test_escapes_are_taken_out_again(content: list[int]) -> None:
    payload = bytes(content)
    assert hevc.unescape(memoryview(b"\x4e\1" + escaped(payload))) == payload


def test_sei_messages_with_long_kinds_and_sizes() -> None:
    long = bytes(300)
    payload = b"\4\3abc" + b"\xff\1" + b"\xff\x2d" + long + b"\x80"
    assert list(hevc.sei_messages(payload)) == [(4, b"abc"), (256, long)]
    assert list(hevc.sei_messages(b"\4\x09abc\x80")) == []
