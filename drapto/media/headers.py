"""What a keyframe's packet says of the pictures that follow: the bytes that cannot change without it.

A stream that changes its size or its colours on the way says so in new parameter sets, before a keyframe.
So a keyframe whose headers were all seen before need not be decoded to know that nothing has changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.media.hdr import hevc, obu
from drapto.media.whole import nal_length_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from av.video.stream import VideoStream

H264_SPS = 7
HEVC_SPS = 33
"""Values of nal_unit_type (ITU-T H.264, table 7-1; H.265, table 7-1)."""

STATIC_SEI = (137, 144)
"""Mastering display colour volume, content light level (H.265, annex D.2.1)."""

MPEG_START = b"\0\0\1"
MPEG_SEQUENCE = 0xB3
MPEG_EXTENSION = 0xB5
MPEG_SIZES = 4
"""Bytes of a sequence header with size, shape and rate; others follow (ISO/IEC 13818-2, 6.2.2.1)."""

MPEG_HEAD = 512
"""Bytes of a packet in which its headers lie: they come first."""

MPEG_EXTENSIONS = (1, 2)
"""Sequence extension, sequence display extension (6.3.1, table 6-2)."""

MPEG_EXTENSION_BYTES = 8
"""At least as many as either has of size, chroma and colour."""

VP9_BYTES = 10
"""Of a keyframe's uncompressed header, up to the size (VP9 Bitstream & Decoding Process, section 6.2)."""

AV1_SEQUENCE = 1
AV1_STATIC = (b"\1", b"\2")
"""Of obu_type and, for HDR10's two, of metadata_type (AV1 specification, sections 6.2.2 and 6.7.1)."""


def signature_of(stream: VideoStream) -> Callable[[memoryview], frozenset[bytes]] | None:
    """Return what finds the headers of a stream's keyframes; None where they are not known."""
    context = stream.codec_context
    codec, size = context.codec.canonical_name, nal_length_size(stream)
    if codec == "hevc" and size:
        return lambda data: frozenset(_of_hevc(data, size))
    if codec == "h264" and size:
        return lambda data: frozenset(_of_h264(data, size))
    plain: dict[str, Callable[[memoryview], Iterator[bytes]]] = {
        "mpeg1video": _of_mpeg,
        "mpeg2video": _of_mpeg,
        "vp9": _of_vp9,
        "av1": _of_av1,
    }
    find = plain.get(codec)
    return None if find is None else lambda data: frozenset(find(data))


def _of_h264(data: memoryview, size: int) -> Iterator[bytes]:
    for _, unit in hevc.nal_units(data, size):
        if unit[0] & 0x1F == H264_SPS:
            yield bytes(unit)


def _of_hevc(data: memoryview, size: int) -> Iterator[bytes]:
    for kind, unit in hevc.nal_units(data, size):
        if kind == HEVC_SPS:
            yield bytes(unit)
        elif kind == hevc.PREFIX_SEI:
            messages = hevc.sei_messages(hevc.unescape(unit))
            yield from (content for message, content in messages if message in STATIC_SEI)


def _of_mpeg(data: memoryview) -> Iterator[bytes]:
    packet = bytes(data[:MPEG_HEAD])
    at = packet.find(MPEG_START)
    while at >= 0 and at + 4 < len(packet):
        start = at + len(MPEG_START) + 1
        kind = packet[start - 1]
        if kind == MPEG_SEQUENCE:
            yield packet[start : start + MPEG_SIZES]
        elif kind == MPEG_EXTENSION and packet[start] >> 4 in MPEG_EXTENSIONS:
            end = packet.find(MPEG_START, start)
            yield packet[start : min(end if end >= 0 else len(packet), start + MPEG_EXTENSION_BYTES)]
        at = packet.find(MPEG_START, start)


def _of_vp9(data: memoryview) -> Iterator[bytes]:
    yield bytes(data[:VP9_BYTES])


def _of_av1(data: memoryview) -> Iterator[bytes]:
    try:
        for unit in obu.units(data):
            content = bytes(data[unit.payload : unit.end])
            if unit.kind == AV1_SEQUENCE or (unit.kind == obu.METADATA and content[:1] in AV1_STATIC):
                yield content
    except ValueError:
        return  # whether it decodes is not asked here
