"""Can a decoder begin at a packet that says it is a keyframe, and are those before it whole without it?

H.264 may refresh the picture bit by bit: columns of each frame are coded by themselves, and after some frames
the picture is whole again. A recovery point marks where that begins, and muxers take it for a keyframe; a
decoder that begins there gives no picture until it is whole.

MPEG-4 in AVI may have a B-frame in the packet of the frame that it refers to, and a later packet with nothing
in it ("packed bitstream", as DivX and Xvid write it). What a keyframe's packet holds then is not all that is
shown from there on, and only a decoder that has read all packets before it gets that right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import av
from av.video.stream import VideoStream

from drapto.engine.context import file_url
from drapto.media.hdr import hevc
from drapto.media.hdr.bits import Bits, BitsError
from drapto.media.whole import nal_length_size

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from av.packet import Packet

IDR, SEI = 5, 6
"""Values of nal_unit_type (ITU-T H.264, table 7-1)."""

MPEG4_FRAME = b"\0\0\1\xb6"
"""What a frame begins with (ISO/IEC 14496-2, vop_start_code)."""

RECOVERY_POINT = 6
"""payloadType (annex D.1.8); the message begins with recovery_frame_cnt."""


def entrance(stream: VideoStream) -> Callable[[Packet[Any]], bool] | None:
    """Return what tells whether a stream can be decoded from a keyframe on; None where any will do."""
    size = nal_length_size(stream)
    if stream.codec_context.codec.canonical_name != "h264" or not size:
        return None
    return lambda packet: is_whole_at_once(memoryview(packet), size)


def begins_openly(path: Path, stream: int) -> bool:
    """Tell whether a file's H.264 begins with a picture that is no IDR, as at an open GOP.

    What follows may name pictures that were there before, and a decoder that begins there complains of them.

    Args:
        path: The file.
        stream: The track's number in it.
    """
    try:
        with av.open(file_url(path)) as container:
            video = container.streams[stream]
            size = nal_length_size(video) if isinstance(video, VideoStream) else None
            if not size or video.codec_context.codec.canonical_name != "h264":
                return False
            first = next((packet for packet in container.demux(video) if packet.size), None)
            units = hevc.nal_units(memoryview(first), size) if first is not None else ()
            return first is not None and all(unit[0] & 0x1F != IDR for _, unit in units)
    except av.FFmpegError:
        return False


def packing(stream: VideoStream) -> Callable[[Packet[Any]], bool] | None:
    """Return what tells whether a packet holds several frames; None where none of the codec's does."""
    if stream.codec_context.codec.canonical_name != "mpeg4":
        return None
    return lambda packet: bytes(packet).count(MPEG4_FRAME) > 1


def is_whole_at_once(data: memoryview, size: int) -> bool:
    """Tell whether the picture of an H.264 packet is whole as soon as it is decoded.

    Args:
        data: The packet, of a keyframe.
        size: Bytes of a NAL unit's length.
    """
    for _, unit in hevc.nal_units(data, size):
        kind = unit[0] & 0x1F
        if kind == IDR:
            return True
        if kind == SEI:
            for message, content in hevc.sei_messages(hevc.unescape(unit, header=1)):
                if message == RECOVERY_POINT:
                    return _frames(content) == 0
    return True


def _frames(message: bytes) -> int:
    """Return how many frames it takes until the picture is whole."""
    try:
        return Bits("".join(f"{byte:08b}" for byte in message)).ue()
    except BitsError:
        return 0  # whether it decodes is not asked here
