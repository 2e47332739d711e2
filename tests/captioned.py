"""Clips with closed captions in the picture's packets; what a decoder sees of them."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import av
from av.sidedata.sidedata import Type

from drapto.media.hdr import captions
from tests.dynamic import escaped

if TYPE_CHECKING:
    from collections.abc import Container, Mapping
    from pathlib import Path

EXTENSION = b"\0\0\1\xb5"
"""The start code of MPEG-2's extensions; a picture's coding extension has 8 as its first four bits."""

GROUP = b"\0\0\1\xb8"


def said(number: int, triples: int = 2) -> bytes:
    """Return the captions of frame ``number``, none like another's; bytes that need escapes among them."""
    first = bytes([0xFC, 0x80 | number % 64, 0x20 + number // 64])
    return first + b"\xf9\x00\x00" * (triples - 1)


def add(
    plain: Path,
    target: Path,
    given: Mapping[int, bytes],
    *,
    dvd: Mapping[int, bytes] | None = None,
    bare: Container[int] = (),
) -> None:
    """Copy a clip; the frame that is shown k-th gets the captions ``given[k]``, user data ``dvd[k]``.

    Of the H.264 frames in ``bare``, nothing but the captions is left.
    """
    with av.open(str(plain)) as source, av.open(str(target), "w", options={"fflags": "+bitexact"}) as made:
        stream = source.streams.video[0]
        kind = stream.codec_context.codec.canonical_name
        copy = made.add_stream_from_template(stream, opaque=True)
        packets = [packet for packet in source.demux(stream) if packet.size]
        order = sorted(range(len(packets)), key=lambda number: packets[number].pts or 0)
        place = {number: shown for shown, number in enumerate(order)}
        for number, packet in enumerate(packets):
            data = bytes(packet)
            if place[number] in bare:
                (message,) = captions.messages(given[place[number]])
                data = _inserted(data, message, kind)
                data = data[: 4 + int.from_bytes(data[:4], "big")]
                assert data[4] == captions.AVC_SEI
            for message in () if place[number] in bare else captions.messages(given.get(place[number], b"")):
                data = _inserted(data, message, kind)
            if dvd and place[number] in dvd:
                at = data.find(GROUP) + 8  # behind the group's header
                data = data[:at] + captions.USER_DATA + dvd[place[number]] + data[at:]
            whole = av.Packet(data)
            whole.stream, whole.time_base, whole.pts = copy, packet.time_base, packet.pts
            whole.dts, whole.is_keyframe, whole.duration = packet.dts, packet.is_keyframe, packet.duration
            made.mux_one(whole)


def _inserted(data: bytes, message: bytes, kind: str) -> bytes:
    sei = bytes([4, len(message)]) + message + b"\x80"
    if kind == "h264":
        unit = b"\x06" + escaped(sei)
        at = 0
        while data[at + 4] & 0x1F > 5:
            at += 4 + int.from_bytes(data[at : at + 4], "big")
        return data[:at] + len(unit).to_bytes(4, "big") + unit + data[at:]
    if kind == "hevc":
        unit = b"\x4e\x01" + escaped(sei)
        at = 0
        while data[at + 4] >> 1 & 0x3F >= 32:
            at += 4 + int.from_bytes(data[at : at + 4], "big")
        return data[:at] + len(unit).to_bytes(4, "big") + unit + data[at:]
    at = data.find(EXTENSION)
    while data[at + 4] >> 4 != 8:
        at = data.find(EXTENSION, at + 4)
    at = data.find(b"\0\0\1", at + 4)
    return data[:at] + captions.USER_DATA + message[3:] + data[at:]


def seen(path: Path, most: int | None = None) -> list[bytes]:
    """Return the captions that the decoder gives with each frame, in the order in which they are shown."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        # a decoder of many threads that is left in their midst has been seen to wait for ever
        stream.codec_context.thread_count = 1
        return [
            b"".join(bytes(data) for data in frame.side_data if data.type == Type.A53_CC)
            for frame in islice(container.decode(stream), most)
        ]
