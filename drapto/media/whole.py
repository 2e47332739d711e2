"""Is a packet what its stream's format says? A look at its outside, which costs a microsecond or two.

A packet whose NAL units do not fill it is damaged, and its decoder may give no frame for it; so where there
is one, the frames have to be counted by decoding them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.media.hdr import hevc

if TYPE_CHECKING:
    from collections.abc import Callable

    from av.packet import Packet
    from av.stream import Stream
    from av.video.stream import VideoStream

AVCC = 4
"""Where an ``avcC`` says how long a NAL unit's length is (ISO/IEC 14496-15, 5.3.3.1.2)."""


def nal_length_size(stream: VideoStream) -> int | None:
    """Return the bytes of a NAL unit's length in a stream's packets; None where they have no such lengths."""
    context = stream.codec_context
    codec, extradata = context.codec.canonical_name, context.extradata
    if codec == "hevc":
        return hevc.length_size(extradata)
    if codec == "h264" and extradata and extradata[0] == 1 and len(extradata) > AVCC:
        return (extradata[AVCC] & 0b11) + 1
    return None


def wholeness(stream: VideoStream) -> Callable[[Packet[Stream]], bool] | None:
    """Return what tells whether a packet is whole; None where nothing of the codec can be told so."""
    size = nal_length_size(stream)
    return None if size is None else lambda packet: is_filled(memoryview(packet), size)


def is_filled(data: memoryview, size: int) -> bool:
    """Tell whether a packet consists of NAL units, each of which has something in it.

    Args:
        data: The packet.
        size: Bytes of a NAL unit's length.
    """
    at, end = 0, len(data)
    while at < end:
        length = int.from_bytes(data[at : at + size], "big")
        if not length:
            return False
        at += size + length
    return at == end
