"""Captions read out of packets of each codec, and written again."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, strategies

from drapto.media.hdr import captions
from drapto.media.hdr.dynamic import FrameMetadata
from drapto.video.carry import regrouped, spilled
from tests import captioned

ONE = b"\xfc\x94\x2c"


def avc_unit(message: bytes) -> bytes:
    unit = b"\x06" + bytes([4, len(message)]) + message + b"\x80"
    return len(unit).to_bytes(4, "big") + unit


@given(strategies.binary(max_size=70).map(lambda data: data[: len(data) // 3 * 3]))
def test_what_is_written_is_read_again(triples: bytes) -> None:
    made = captions.messages(triples)
    assert b"".join(map(captions.of_message, made)) == triples
    assert all(len(message) <= 10 + 31 * 3 + 1 for message in made)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        captions.T35_HEAD,
        captions.T35_HEAD + b"\x03",
        captions.T35_HEAD + b"\x03\xc2\xff" + ONE,  # says two, has one
        captions.T35_HEAD + b"\x03\x81\xff" + ONE,  # not to be processed
        captions.T35_HEAD + b"\x06\xc1\xff" + ONE,  # bar data
        captions.T35_HEAD[:3] + b"DTG1\x03\xc1\xff" + ONE,  # active format
        b"\xb5\x00\x3c" + captions.T35_HEAD[3:] + b"\x03\xc1\xff" + ONE,
    ],
)
def test_what_is_no_captions_is_none(message: bytes) -> None:
    assert captions.of_message(message) == b""


def test_both_fields_of_an_avc_packet() -> None:
    slices = b"\0\0\0\x03\x41\x9a\x00"
    first, second = (avc_unit(captions.messages(ONE + bytes([0xFD, n, n]))[0]) for n in (1, 2))
    packet = memoryview(first + slices + second + slices)
    assert captions.of_avc(packet, 4) == ONE + b"\xfd\x01\x01" + ONE + b"\xfd\x02\x02"
    started = b"\0\0\1" + first[4:] + b"\0\0\1" + slices[4:]
    assert captions.of_avc(memoryview(started), None) == ONE + b"\xfd\x01\x01"


@given(strategies.binary(max_size=60))
def test_damaged_packets_raise_nothing(data: bytes) -> None:
    for size in (None, 1, 2, 4):
        captions.of_avc(memoryview(data), size)
    captions.of_mpeg2(memoryview(captions.USER_DATA + data))
    captions.of_mpeg2(memoryview(captions.USER_DATA + captions.DVD + data))
    captions.of_mpeg2(memoryview(captions.USER_DATA + captions.CABLE + data))
    captions.of_vc1(memoryview(captions.VC1_USER_DATA[0] + captions.IDENTIFIER + data))
    captions.of_message(captions.T35_HEAD + data)


def test_the_captions_of_a_dvd() -> None:
    pairs = b"\xff\x94\x2c\xfe\x80\x80" + b"\xff\x41\x42\xfe\x80\x80"
    packet = b"\0\0\1\xb8abcd" + captions.USER_DATA + captions.DVD + b"\x82" + pairs + b"\0\0\1\0pic"
    expected = b"\xfc\x94\x2c\xfd\x80\x80\xfc\x41\x42\xfd\x80\x80"
    assert captions.of_mpeg2(memoryview(packet)) == expected


@pytest.mark.parametrize("count", [0, 3, 5, 12])
@pytest.mark.parametrize("ratio", [Fraction(4, 5), Fraction(2)])
def test_no_captions_are_lost_or_doubled_where_frames_are(count: int, ratio: Fraction) -> None:
    frames = [FrameMetadata(captions=captioned.said(number, 20)) for number in range(count)]
    made = list(regrouped(frames, ratio.denominator, ratio.numerator))
    cycles, rest = divmod(count, ratio.denominator)
    assert len(made) == cycles * ratio.numerator + rest
    assert b"".join(one.captions or b"" for one in made) == b"".join(one.captions or b"" for one in frames)
    assert all(len(one.captions or b"") <= 75 for one in made)


def test_what_is_too_much_for_a_frame_goes_to_those_behind() -> None:
    given = [None, ONE * 40, ONE, None, None, ONE * 40, None]
    expected = [None, ONE * 31, ONE * 10, None, None, ONE * 31, ONE * 9]
    frames = [FrameMetadata(b"plus", None, said) for said in given]
    assert list(spilled(frames)) == [FrameMetadata(b"plus", None, said) for said in expected]
    assert list(spilled(frames[:2])) == frames[:2]


def test_the_captions_of_vc1() -> None:
    triples = b"\xfc\x94\x2c\xf9\x00\x00\x02\x00\x00"
    structure = captions.messages(triples)[0][3:]
    escaped = captioned.escaped(structure)
    assert escaped != structure
    packet = b"\0\0\1\x0dpicture" + captions.VC1_USER_DATA[0] + escaped + b"\0\0\1\x0b"
    assert captions.of_vc1(memoryview(packet)) == triples


@pytest.mark.parametrize(("top_first", "kinds"), [(True, (0xFC, 0xFD)), (False, (0xFD, 0xFC))])
def test_the_captions_of_cable_television(top_first: bool, kinds: tuple[int, int]) -> None:
    words = [(1, 0x94, 0x2C), (2, 0x80, 0x80), (0, 1, 2)]
    bits = f"{len(words):05b}"
    for field, first, second in words:
        bits += f"00{field:02b}00000{first:08b}"[:9] + f"{first:08b}"[::-1] + f"{second:08b}"[::-1] + "1"
    bits += "0" * (-len(bits) % 8)
    content = int(bits, 2).to_bytes(len(bits) // 8, "big")
    extension = captions.EXTENSION + bytes([0x8F, 0xFF, 0xF3, 0x80 if top_first else 0])
    packet = b"\0\0\1\0pic" + extension + captions.USER_DATA + b"\x03\x81" + content + b"\0\0\1\x01"
    expected = bytes([kinds[0], 0x94, 0x2C, kinds[1], 0x80, 0x80])
    assert captions.of_mpeg2(memoryview(packet)) == expected
