"""The ITU-T T.35 messages that carry dynamic metadata: HDR10+ as it is, Dolby Vision's RPU in a wrapper.

The wrapper in AV1 is an EMDF container (ETSI TS 102 366, annex H) whose fields are all fixed but for the size
of its one payload; ffmpeg 9.0.2 reads and writes the same (``libavcodec/dovi_rpudec.c``).
"""

from __future__ import annotations

HDR10_PLUS = bytes.fromhex("b5 003c 0001 04")
"""Country, provider (Samsung), its code, application 4: SMPTE ST 2094-40 (CTA-861, annex S)."""

DOLBY_VISION = bytes.fromhex("b5 003b 00000800")
"""Country, provider (Dolby), its code for Dolby Vision's metadata in AV1."""

LOST = {bytes.fromhex("26 0004 0005"): "HDR Vivid", bytes.fromhex("b5 003a"): "SL-HDR"}
"""Dynamic metadata that drapto does not carry, by country and provider: CUVA's (T/UWA 005.1), and those of
ETSI TS 103 433."""

EMDF_HEADER, EMDF_HEADER_BITS = 0x1BE6841, 27
"""emdf_version 0, key_id 6, emdf_payload_id 31 + 225, no sample offset, duration, group or codec data,
discard_unknown_payload."""

EMDF_FOOTER, EMDF_FOOTER_BITS = 0x400, 17
"""emdf_payload_id 0, which ends the container, and 8 bits of protection, all zero."""


def is_hdr10plus(message: bytes) -> bool:
    """Tell whether a message, from its country code on, is HDR10+."""
    return message.startswith(HDR10_PLUS)


def lost_kind(message: bytes) -> str | None:
    """Return what a message, from its country code on, is called that is not carried; None for others."""
    return next((name for start, name in LOST.items() if message.startswith(start)), None)


def wrap_rpu(rpu: bytes) -> bytes:
    """Return the message that carries an RPU in AV1.

    Args:
        rpu: From the byte after HEVC's prefix up to the final 0x80.
    """
    head = int.from_bytes(DOLBY_VISION, "big") << EMDF_HEADER_BITS | EMDF_HEADER
    count = len(DOLBY_VISION) * 8 + EMDF_HEADER_BITS
    size, bits = _variable(len(rpu))
    body = int.from_bytes(rpu, "big")
    value = (((head << bits | size) << len(rpu) * 8) | body) << EMDF_FOOTER_BITS | EMDF_FOOTER
    count += bits + len(rpu) * 8 + EMDF_FOOTER_BITS
    padding = -count % 8
    return (value << padding | (1 << padding) - 1).to_bytes((count + padding) // 8, "big")


def unwrap_rpu(message: bytes) -> bytes | None:
    """Return the RPU of a message, from its country code on; None where it carries none."""
    if not message.startswith(DOLBY_VISION):
        return None
    bits = len(message) * 8
    value = int.from_bytes(message, "big")

    def read(at: int, count: int) -> int:
        return value >> bits - at - count & (1 << count) - 1

    at = len(DOLBY_VISION) * 8
    if bits < at + EMDF_HEADER_BITS + 9 or read(at, EMDF_HEADER_BITS) != EMDF_HEADER:
        return None
    at += EMDF_HEADER_BITS
    size = read(at, 8)
    while read(at + 8, 1):
        at += 9
        if bits < at + 9:
            return None
        size = (size + 1 << 8) + read(at, 8)
    at += 9
    if bits < at + size * 8 + EMDF_FOOTER_BITS or read(at + size * 8, EMDF_FOOTER_BITS) != EMDF_FOOTER:
        return None
    return read(at, size * 8).to_bytes(size, "big")


def _variable(value: int) -> tuple[int, int]:
    """Return EMDF's variable_bits(8) of ``value``, and how many bits that is."""
    digits = [value & 0xFF]
    while (value := (value >> 8) - 1) >= 0:
        digits.append(value & 0xFF)
    coded = 0
    for place, digit in enumerate(reversed(digits)):
        coded = coded << 9 | digit << 1 | (place < len(digits) - 1)
    return coded, 9 * len(digits)
