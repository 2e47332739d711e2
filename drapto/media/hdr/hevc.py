"""Just enough HEVC (Recommendation ITU-T H.265) to find dynamic metadata in a packet of a Matroska file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX_SEI = 39
UNSPECIFIED_62 = 62
"""Values of nal_unit_type. Dolby Vision keeps its reference processing units in number 62, which the
Recommendation leaves to others (and its enhancement layer in 63)."""

USER_DATA_T35 = 4
"""payloadType of a registered ITU-T T.35 message (annex D.2.1)."""

NAL_HEADER = 2
"""Bytes."""

CONFIGURATION = 22
"""Bytes of an ``hvcC`` up to the one that says how long a length is (ISO/IEC 14496-15, 8.3.3.1.2)."""


def length_size(configuration: bytes | None) -> int | None:
    """Return the bytes of a NAL unit's length, as the track's ``hvcC`` says; None where there is none."""
    if configuration is None or len(configuration) < CONFIGURATION or configuration[0] != 1:
        return None
    return (configuration[CONFIGURATION - 1] & 0b11) + 1


def configured(configuration: bytes) -> Iterator[tuple[int, memoryview]]:
    """Yield the NAL units of an ``hvcC`` as `nal_units` does those of a packet; a cut one ends it.

    Each kind of them has a list: the kind, how many there are, and of each its size and content.
    """
    at, data = CONFIGURATION + 1, memoryview(configuration)
    for _ in range(configuration[CONFIGURATION] if len(configuration) > CONFIGURATION else 0):
        count = int.from_bytes(data[at + 1 : at + 3], "big")
        at += 3
        for _ in range(count):
            end = at + 2 + int.from_bytes(data[at : at + 2], "big")
            unit = data[at + 2 : end]
            if len(unit) < NAL_HEADER or end > len(data):
                return
            yield unit[0] >> 1 & 0x3F, unit
            at = end


def nal_units(data: memoryview, size: int) -> Iterator[tuple[int, memoryview]]:
    """Yield the type and the content, header included, of each NAL unit of a packet; a cut one ends it.

    Args:
        data: The packet.
        size: Bytes of a NAL unit's length.
    """
    at = 0
    while at + size + NAL_HEADER <= len(data):
        end = at + size + int.from_bytes(data[at : at + size], "big")
        unit = data[at + size : end]
        if len(unit) < NAL_HEADER or end > len(data):
            return
        yield unit[0] >> 1 & 0x3F, unit
        at = end


def unescape(unit: memoryview, header: int = NAL_HEADER) -> bytes:
    """Return a NAL unit's payload: header off, the bytes against false start codes out (7.4.2)."""
    body = bytes(unit[header:])
    if b"\0\0\3" not in body:
        return body
    parts = []
    start = 0
    while (found := body.find(b"\0\0\3", start)) >= 0:
        parts.append(body[start : found + 2])
        start = found + 3
    return b"".join([*parts, body[start:]])


def sei_messages(payload: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the type and the content of each message of an SEI unit's payload (7.3.5); a cut one ends it."""
    at = 0
    while at + 2 < len(payload):
        kind, at = _sum(payload, at)
        size, at = _sum(payload, at)
        if at + size > len(payload):
            return
        yield kind, payload[at : at + size]
        at += size


def _sum(payload: bytes, at: int) -> tuple[int, int]:
    """Return a number written as bytes that are added up, the last of them below 255."""
    value = 0
    while at < len(payload) and payload[at] == 0xFF:  # noqa: PLR2004  "more follows"
        value += 0xFF
        at += 1
    return value + (payload[at] if at < len(payload) else 0), at + 1
