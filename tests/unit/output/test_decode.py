"""How the checking decode is divided, and how its record is held against a file."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from drapto.output.decode import DecodedSegment, PacketDigest, same_frames, stretches


@given(frames=st.integers(1, 300), key_every=st.integers(1, 80), parts=st.integers(1, 16))
def test_every_picture_once_from_keyframe_to_keyframe(frames: int, key_every: int, parts: int) -> None:
    keyframes = list(range(0, frames, key_every))
    found = stretches(frames, keyframes, parts)
    assert 1 <= len(found) <= parts
    assert (found[0].start, found[-1].stop) == (0, frames)
    for one, after in pairwise(found):
        assert one.stop == after.start
        assert after.start in keyframes
    assert all(found)


def test_about_equal() -> None:
    assert stretches(1000, range(0, 1000, 50), 2) == [range(500), range(500, 1000)]
    assert stretches(1000, [0], 4) == [range(1000)]


def segment(index: int, packets: list[bytes]) -> DecodedSegment:
    digest = PacketDigest()
    for packet in packets:
        digest.add(packet)
    return digest.of_segment(index)


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
