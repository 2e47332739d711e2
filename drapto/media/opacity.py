"""HEVC whose second layer is an alpha channel, as telephones and editors write it: a decoder shows the first.

A message in the stream says so, ``alpha_channel_info`` (Recommendation ITU-T H.265, annex F.14.2.8).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drapto.media.hdr import hevc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from av.packet import Packet
    from av.video.stream import VideoStream

ALPHA_CHANNEL = 165
"""payloadType."""

CANCELLED = 0x80
"""alpha_channel_cancel_flag, in the message's first byte."""


def alpha_layer(stream: VideoStream) -> Callable[[Packet[Any]], bool] | None:
    """Return what tells whether a packet, or the stream's head, says so; None for other codecs than HEVC."""
    context = stream.codec_context
    size = hevc.length_size(context.extradata) if context.codec.canonical_name == "hevc" else None
    if size is None:
        return None
    in_head = _says(hevc.configured(context.extradata or b""))
    return lambda packet: in_head or _says(hevc.nal_units(memoryview(packet), size))


def _says(units: Iterator[tuple[int, memoryview]]) -> bool:
    return any(
        message == ALPHA_CHANNEL and bool(content) and not content[0] & CANCELLED
        for kind, unit in units
        if kind == hevc.PREFIX_SEI
        for message, content in hevc.sei_messages(hevc.unescape(unit))
    )
