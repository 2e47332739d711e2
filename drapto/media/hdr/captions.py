"""Closed captions (CEA-608 and CEA-708) that lie inside the picture's packets.

They are ATSC A/53 part 4's ``cc_data``: three bytes for each pair of characters, of which the first says the
kind. H.264, HEVC and AV1 carry them in an ITU-T T.35 message, MPEG-2 in user data, and DVDs in user data of
their own before each group of pictures, from which the same three bytes can be made. A frame's captions here
are all of its triples, one behind the other, as libavcodec gives them with the decoded frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.media.hdr import hevc

if TYPE_CHECKING:
    from collections.abc import Iterator

IDENTIFIER = b"GA94"
"""user_identifier (A/53 part 4, table 6.7)."""

T35_HEAD = bytes.fromhex("b5 0031") + IDENTIFIER
"""Country (United States), provider (ATSC), and the identifier."""

CC_DATA = 3
"""user_data_type_code of ``cc_data``."""

PROCESS = 0x40
"""process_cc_data_flag."""

COUNT = 0x1F
"""The bits of cc_count; also the most triples of one message."""

TRIPLE = 3
"""Bytes."""

AVC_SEI = 6
"""nal_unit_type of supplemental enhancement information (Recommendation ITU-T H.264, table 7-1)."""

AVC_CONFIGURATION = 5
"""Bytes of an ``avcC`` up to the one that says how long a length is (ISO/IEC 14496-15, 5.3.3.1.2)."""

USER_DATA = b"\0\0\1\xb2"
"""MPEG-2's user_data_start_code (ISO/IEC 13818-2, table 6-1)."""

VC1_USER_DATA = (b"\0\0\1\x1d", b"\0\0\1\x1c")
"""VC-1's start codes of user data of a frame and of a field (SMPTE ST 421, table 256)."""

EXTENSION = b"\0\0\1\xb5"
PICTURE_CODING = 8
"""MPEG-2's extension_start_code, and the first four bits of a picture's coding extension."""

CABLE = b"\x03\x01"
"""What captions of cable television begin with, but for a reserved bit (SCTE 20, table 1)."""

DVD = b"CC\x01\xf8"
"""What a DVD's captions begin with. Then come a byte whose highest bit says that the first field leads, and
six bytes for each frame: two triples whose first byte is 0xFF or 0xFE for one field or the other."""

DVD_PAIR = 6
FIRST_FIELD, SECOND_FIELD = 0xFC, 0xFD
"""The first byte of a triple of CEA-608: valid, of the one or the other field."""


def of_message(message: bytes | memoryview) -> bytes:
    """Return the triples of an ITU-T T.35 message, from its country code on; nothing where it has none."""
    if bytes(message[: len(T35_HEAD)]) != T35_HEAD:
        return b""
    return _triples(message[len(T35_HEAD) :])


def messages(captions: bytes) -> list[bytes]:
    """Return the ITU-T T.35 messages, from the country code on, that carry a frame's captions."""
    size = COUNT * TRIPLE
    return [_message(captions[at : at + size]) for at in range(0, len(captions), size)]


def _message(triples: bytes) -> bytes:
    flags = 0x80 | PROCESS | len(triples) // TRIPLE  # the highest bit is reserved, and set (A/53, table 6.9)
    return T35_HEAD + bytes([CC_DATA, flags, 0xFF]) + triples + b"\xff"


def _triples(structure: bytes | memoryview) -> bytes:
    """Return the triples of what follows "GA94"; libavcodec, too, takes none of a structure that is cut."""
    if len(structure) < TRIPLE or structure[0] != CC_DATA or not structure[1] & PROCESS:
        return b""
    end = TRIPLE + (structure[1] & COUNT) * TRIPLE
    return bytes(structure[TRIPLE:end]) if end <= len(structure) else b""


def avc_length_size(configuration: bytes | None) -> int | None:
    """Return the bytes of a NAL unit's length, as the track's ``avcC`` says; None for start codes instead."""
    if configuration is None or len(configuration) < AVC_CONFIGURATION or configuration[0] != 1:
        return None
    return (configuration[4] & 3) + 1


def of_avc(packet: memoryview, size: int | None) -> bytes:
    """Return the captions of an H.264 packet, of both fields where it has two.

    Args:
        packet: The packet.
        size: Bytes of a NAL unit's length; None where units are parted by start codes.
    """
    found = b""
    for unit in _parted(packet) if size is None else _counted(packet, size):
        if len(unit) and unit[0] & 0x1F == AVC_SEI:
            for kind, content in hevc.sei_messages(hevc.unescape(unit, header=1)):
                if kind == hevc.USER_DATA_T35:
                    found += of_message(content)
    return found


def _counted(packet: memoryview, size: int) -> Iterator[memoryview]:
    at = 0
    while at + size < len(packet):
        end = at + size + int.from_bytes(packet[at : at + size], "big")
        if end > len(packet):
            return
        yield packet[at + size : end]
        at = end


def _parted(packet: memoryview) -> Iterator[memoryview]:
    data = bytes(packet)
    start = data.find(b"\0\0\1")
    while start >= 0:
        end = data.find(b"\0\0\1", start + 3)
        yield packet[start + 3 : end if end >= 0 else len(data)]
        start = end


def of_mpeg2(packet: memoryview) -> bytes:
    """Return the captions of an MPEG-2 packet, of both fields where it has two.

    A DVD's, which are those of all frames of a group, stay with the packet that they lie in.
    """
    data = bytes(packet)
    found, of_dvd, of_cable = b"", b"", b""
    for at, content in _user_data(data, USER_DATA):
        if content.startswith(IDENTIFIER):
            found += _triples(content[len(IDENTIFIER) :])
        elif content.startswith(DVD):
            of_dvd += _of_dvd(content[len(DVD) :])
        elif content[:1] == CABLE[:1] and content[1:2] and content[1] & 0x7F == CABLE[1]:
            of_cable += _of_cable(content[len(CABLE) :], top_first=_top_field_first(data[:at]))
    return found or of_dvd or of_cable


def of_vc1(packet: memoryview) -> bytes:
    """Return the captions of a VC-1 packet: A/53's, in user data of a frame or a field (SMPTE ST 421)."""
    found = b""
    for code in VC1_USER_DATA:
        for _, content in _user_data(bytes(packet), code):
            plain = hevc.unescape(memoryview(content), header=0)
            found += _triples(plain[len(IDENTIFIER) :]) if plain.startswith(IDENTIFIER) else b""
    return found


def _user_data(data: bytes, code: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield where each piece of user data begins with its start code, and its content."""
    at = data.find(code)
    while at >= 0:
        start = at + len(code)
        end = data.find(b"\0\0\1", start)
        yield at, data[start : end if end >= 0 else len(data)]
        at = data.find(code, start)


def _top_field_first(before: bytes) -> bool:
    """Return what the last picture coding extension in ``before`` says (ISO/IEC 13818-2, 6.2.3.1)."""
    at = before.rfind(EXTENSION)
    while at >= 0:
        if len(before) > at + 7 and before[at + 4] >> 4 == PICTURE_CODING:
            return bool(before[at + 7] & 0x80)
        at = before.rfind(EXTENSION, 0, at)
    return False


def _of_cable(content: bytes, *, top_first: bool) -> bytes:
    """Return the triples of captions as cable television has them (SCTE 20, table 2)."""
    count, length = (content[0] >> 3 if content else 0), len(content) * 8
    bits = int.from_bytes(content, "big")
    found = bytearray()
    for number in range(count):
        # priority 2, field 2, line 5, two characters of 8 whose bits are the other way round, a marker
        end = 5 + 26 * (number + 1)
        if end > length:
            break
        word = bits >> length - end
        field = word >> 22 & 3
        if field:  # 0 is forbidden
            second = (field == 2) == top_first  # noqa: PLR2004  the second field as it is shown
            pair = (int(f"{word >> shift & 0xFF:08b}"[::-1], 2) for shift in (9, 1))
            found += bytes([SECOND_FIELD if second else FIRST_FIELD, *pair])
    return bytes(found)


def _of_dvd(content: bytes) -> bytes:
    """Return the triples of a DVD's captions; their count, which is often wrong, is not asked."""
    leads = bool(content[:1] and content[0] & 0x80)
    found = bytearray()
    for at in range(1, len(content) - DVD_PAIR + 1, DVD_PAIR):
        pair = content[at : at + DVD_PAIR]
        if pair[0] & 0xFE != 0xFE:  # noqa: PLR2004  what follows is no more captions
            break
        first, second = pair[0] == 0xFF and leads, pair[3] == 0xFF and not leads  # noqa: PLR2004  see `DVD`
        found += bytes([FIRST_FIELD if first else SECOND_FIELD, pair[1], pair[2]])
        found += bytes([FIRST_FIELD if second else SECOND_FIELD, pair[4], pair[5]])
    return bytes(found)
