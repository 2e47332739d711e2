"""AV1's open bitstream units, against bytes that SVT-AV1 in ffmpeg wrote."""

from __future__ import annotations

import pytest

from drapto.media.hdr import obu

SEQUENCE = bytes.fromhex("0a02aabb")
HIDDEN, SHOWN = bytes.fromhex("320301 0203"), bytes.fromhex("3203 102030")
EXISTING = bytes.fromhex("1a01 88")
LIGHT = bytes.fromhex("2a06 0103e8019080")
MESSAGE = bytes.fromhex("b5003c000104 0140")
OTHER = bytes.fromhex("b5003b000008 0037")


def wrapped(message: bytes) -> bytes:
    return bytes([0x2A, len(message) + 2, 4]) + message + b"\x80"


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        (SEQUENCE + SHOWN, SEQUENCE + wrapped(MESSAGE) + SHOWN),
        (SEQUENCE + LIGHT + HIDDEN + SHOWN, SEQUENCE + LIGHT + HIDDEN + wrapped(MESSAGE) + SHOWN),
        (EXISTING, wrapped(MESSAGE) + EXISTING),
    ],
)
def test_a_message_goes_right_before_the_frame_that_is_shown(unit: bytes, expected: bytes) -> None:
    assert obu.insert_t35(unit, [MESSAGE]) == expected
    assert list(obu.t35_payloads(expected)) == [MESSAGE]


def test_messages_replace_those_of_their_kind() -> None:
    before = wrapped(MESSAGE) + HIDDEN + wrapped(OTHER) + SHOWN
    newer = MESSAGE + b"\1"
    assert obu.insert_t35(before, [newer]) == HIDDEN + wrapped(OTHER) + wrapped(newer) + SHOWN


def test_a_long_message_and_one_that_ends_in_what_looks_like_padding() -> None:
    for message in (
        MESSAGE + bytes(range(256)) * 2,
        MESSAGE + b"\x80",
        MESSAGE + b"\x80\0\0",
        MESSAGE + b"\0",
    ):
        assert list(obu.t35_payloads(obu.insert_t35(SHOWN, [message, OTHER]))) == [message, OTHER]


def test_a_unit_without_a_size_reaches_to_the_end() -> None:
    assert [(unit.kind, unit.end) for unit in obu.units(SEQUENCE + b"\x30\1\2\3")] == [(1, 4), (6, 8)]


@pytest.mark.parametrize("data", ["0a05aabb", "8a00", "3280", "0a02aabb"])
def test_what_is_no_temporal_unit_is_refused(data: str) -> None:
    with pytest.raises(ValueError, match=r"temporal unit|without an end"):
        obu.insert_t35(bytes.fromhex(data), [MESSAGE])
