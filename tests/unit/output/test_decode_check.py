"""How the record of a decode is held against a file."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from drapto.output.decode_check import DecodedSegment, decoded_as, same_frames
from drapto.video.packets import PacketDigest


def segment(index: int, packets: list[bytes]) -> DecodedSegment:
    digest = PacketDigest()
    for packet in packets:
        digest.add(packet)
    return decoded_as(index, digest)


PACKETS = [bytes([number]) * (number + 1) for number in range(7)]
DECODED = [segment(2, PACKETS[4:]), segment(1, PACKETS[:4])]


def test_the_packets_that_were_decoded() -> None:
    assert same_frames(PACKETS, DECODED) == 7


@given(at=st.integers(0, 6), bit=st.integers(0, 7))
def test_any_bit_counts(at: int, bit: int) -> None:
    packets = list(PACKETS)
    packets[at] = bytes([packets[at][0] ^ 1 << bit]) + packets[at][1:]
    assert same_frames(packets, DECODED) == (3 if at < 4 else 4)


@given(at=st.integers(0, 6))
def test_a_missing_packet_counts(at: int) -> None:
    assert same_frames(PACKETS[:at] + PACKETS[at + 1 :], DECODED) < 7


def test_where_one_packet_ends_counts() -> None:
    assert same_frames([b"ab", b"c"], [segment(1, [b"a", b"bc"])]) == 0
