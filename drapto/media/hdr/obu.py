"""Just enough AV1 (AV1 Bitstream & Decoding Process Specification) to read and write metadata OBUs.

A block of a Matroska file is a temporal unit: every open bitstream unit with the same presentation time. It
shows one frame, whose header is the last in it: frames that are not shown come before, and so does nothing
that is shown later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FRAME_HEADER = 3
METADATA = 5
FRAME = 6
"""Values of obu_type (section 6.2.2)."""

ITUT_T35 = 4
"""Value of metadata_type (section 6.7.1)."""

HEADER = METADATA << 3 | 0b10
"""obu_header of a metadata OBU without an extension that says its size."""

TRAILING = 0x80
"""trailing_bits of what is a whole number of bytes (section 5.3.4)."""


class Obu(NamedTuple):
    """An open bitstream unit of a temporal unit: where its header and its payload begin, and its end."""

    kind: int
    start: int
    payload: int
    end: int


def units(data: bytes | memoryview) -> Iterator[Obu]:
    """Yield the units of a temporal unit.

    Raises:
        ValueError: The data are no whole units.
    """
    at = 0
    while at < len(data):
        header = data[at]
        payload = at + 2 if header & 0b100 else at + 1
        end = len(data)
        if header & 0b10:
            size, payload = _leb128(data, payload)
            end = payload + size
        if header & 0x80 or end > len(data):
            raise ValueError("not an AV1 temporal unit")
        yield Obu(header >> 3 & 0xF, at, payload, end)
        at = end


def t35_payloads(data: bytes | memoryview) -> Iterator[bytes]:
    """Yield the ITU-T T.35 messages of a temporal unit, from their country code on.

    Raises:
        ValueError: The data are no whole units.
    """
    for unit in units(data):
        if unit.kind == METADATA:
            kind, start = _leb128(data, unit.payload)
            if kind == ITUT_T35:
                yield _without_trailing(bytes(data[start : unit.end]))


def insert_t35(data: bytes, messages: Sequence[bytes]) -> bytes:
    """Return a temporal unit with ITU-T T.35 ``messages`` for the frame that it shows.

    They go right before that frame's header: a decoder (dav1d) gives them to the next frame that it reads,
    shown or not. What the unit already has of the same kind is replaced.

    Args:
        data: A temporal unit.
        messages: Each from its country code on.

    Raises:
        ValueError: The data are no temporal unit with a frame.
    """
    found = list(units(data))
    shown = [unit for unit in found if unit.kind in (FRAME, FRAME_HEADER)]
    if not shown:
        raise ValueError("a temporal unit without a frame")
    kinds = {message[:6] for message in messages}
    parts = []
    for unit in found:
        if unit is shown[-1]:
            parts += [_metadata(message) for message in messages]
        if not _is_of(data, unit, kinds):
            parts.append(data[unit.start : unit.end])
    return b"".join(parts)


def _is_of(data: bytes, unit: Obu, kinds: set[bytes]) -> bool:
    if unit.kind != METADATA:
        return False
    kind, start = _leb128(data, unit.payload)
    return kind == ITUT_T35 and data[start : start + 6] in kinds


def _metadata(message: bytes) -> bytes:
    body = bytes([ITUT_T35]) + message + bytes([TRAILING])
    return bytes([HEADER]) + _to_leb128(len(body)) + body


def _without_trailing(body: bytes) -> bytes:
    stripped = body.rstrip(b"\0")
    return stripped[:-1] if stripped.endswith(bytes([TRAILING])) else stripped


def _leb128(data: bytes | memoryview, at: int) -> tuple[int, int]:
    """Return the number at ``at`` (section 4.10.5), and where it ends."""
    value = 0
    for place, byte in enumerate(data[at : at + 8]):
        value |= (byte & 0x7F) << 7 * place
        if not byte & 0x80:
            return value, at + place + 1
    raise ValueError("a number without an end")


def _to_leb128(value: int) -> bytes:
    digits = bytearray()
    while value > 0x7F:  # noqa: PLR2004  seven bits a byte
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*digits, value])
