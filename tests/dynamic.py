"""HDR10+ messages and Dolby Vision RPUs made bit by bit, and HEVC clips that carry them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import av

from drapto.media.hdr import dolby_vision
from drapto.media.hdr.rpu import CRC_BYTES, FINAL, PREFIX, checksum
from drapto.media.matroska import ids
from drapto.media.matroska.ebml import Element
from drapto.media.matroska.tree import LIMIT, Reader
from drapto.media.matroska.writing import replace_head
from tests import clips

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from drapto.media.hdr.dynamic import FrameMetadata
    from drapto.media.model import DolbyVision

ROOM = "." * 128
"""A name that leaves room for what is put into the file's head afterwards."""

Layer = Literal["MEL", "FEL"]

PQ = "setparams=range=tv:color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc"


class Writer:
    """Bits one after the other."""

    def __init__(self) -> None:
        self.bits = ""

    def put(self, *fields: tuple[int, int]) -> None:
        """Append numbers, each with its count of bits."""
        for value, count in fields:
            self.bits += f"{value:0{count}b}" if count else ""

    def ue(self, *values: int) -> None:
        """Append unsigned Exp-Golomb codes."""
        for value in values:
            code = f"{value + 1:b}"
            self.bits += "0" * (len(code) - 1) + code

    def align(self) -> None:
        self.bits += "0" * (-len(self.bits) % 8)

    def bytes(self) -> bytes:
        self.align()
        return int(self.bits, 2).to_bytes(len(self.bits) // 8, "big")


def rpu(
    *,
    layer: Layer | None = None,
    area: tuple[int, int, int, int] | None = (0, 0, 0, 0),
    brightest: int = 3000,
    full_range: bool = False,
) -> bytes:
    """Return an RPU without HEVC's prefix.

    Args:
        layer: The enhancement layer that it describes (profile 7); None makes it profile 8.
        area: Left, right, top and bottom margins of the active area.
        brightest: The level 1 maximum, which tells one frame's from another's.
        full_range: With None for ``layer``: profile 5.
    """
    bits = Writer()
    bits.put((2, 6), (18, 11), (0 if full_range else 1, 4), (0, 4), (1, 1), (0, 1), (0, 2))
    bits.ue(23)
    bits.put((1, 2), (int(full_range), 1))
    bits.ue(2, 2, 4)
    bits.put((0, 1), (0, 3), (int(layer is not None), 1), (int(layer is None), 1), (1, 1), (0, 1))
    bits.ue(0, 0, 0)
    for _ in range(3):
        bits.ue(0)
        bits.put((0, 10), (1023, 10))
    if layer:
        bits.put((0, 3), (0, 10), (1023, 10))
    bits.ue(0, 0)
    for _ in range(3):
        bits.ue(0, 0)
        bits.put((0, 1))
        for whole in (0, 1):
            bits.ue(2 * whole - 1 if whole else 0)
            bits.put((0, 23))
    if layer:
        for _ in range(3):
            bits.put((0 if layer == "MEL" else 512, 10))
            for whole in (1, 0, 0):
                bits.ue(whole)
                bits.put((0 if layer == "MEL" else 77, 23))
    bits.ue(0, 0, 1)
    bits.put(*((value & 0xFFFF, 16) for value in (9574, 0, 13802, 9574, -1540, -5348, 9574, 17610, 0)))
    bits.put((1 << 24, 32), (1 << 27, 32), (1 << 27, 32))
    bits.put(*((value, 16) for value in (7222, 8771, 390, 2654, 12430, 1300, 0, 422, 15962)))
    bits.put((65535, 16), (0, 16), (0, 16), (0, 32), (12, 5), (0, 2), (0, 2), (1, 2))
    bits.put((7, 12), (3079, 12), (42, 10))
    bits.ue(2 if area else 1)
    bits.align()
    _block(bits, 1, 5, (0, 12), (brightest, 12), (brightest // 2, 12))
    if area:
        _block(bits, 5, 7, *((side, 13) for side in area))
    bits.ue(1)
    bits.align()
    _block(bits, 254, 2, (0, 8), (2, 8))
    body = bits.bytes()
    return body + checksum(body).to_bytes(CRC_BYTES, "big") + bytes([FINAL])


def _block(bits: Writer, level: int, length: int, *fields: tuple[int, int]) -> None:
    bits.ue(length)
    bits.put((level, 8), *fields, (0, length * 8 - sum(count for _, count in fields)))


def hdr10plus(number: int) -> bytes:
    """Return an HDR10+ message; another for each ``number``."""
    bits = Writer()
    bits.put((0xB5, 8), (0x3C, 16), (1, 16), (4, 8), (1, 8), (1, 2), (0, 27), (0, 1))
    bits.put((10_000 + number, 17), (9000, 17), (8000, 17), (1000 + number, 17), (1, 4))
    bits.put((50, 7), (200, 17), (0, 10), (0, 1), (0, 1), (0, 1))
    return bits.bytes()


def make_hdr(
    ffmpeg: Path,
    path: Path,
    frames: Sequence[FrameMetadata],
    *,
    configuration: DolbyVision | None = None,
    bars: clips.Bars = clips.NO_BARS,
    size: tuple[int, int] = (320, 180),
) -> Path:
    """Make a 10-bit HEVC clip in BT.2020 PQ, with open GOPs of 12 frames, whose frames have metadata."""
    plain = clips.make_clip(
        ffmpeg,
        path.with_name(f"plain-{path.name}"),
        codec="hevc",
        frames=len(frames),
        size=size,
        open_gop=True,
        pix_fmt="yuv420p10le",
        bars=bars,
        filters=PQ,
    )
    add_metadata(plain, path, frames, configuration)
    return path


def add_metadata(
    plain: Path, target: Path, frames: Sequence[FrameMetadata], configuration: DolbyVision | None = None
) -> None:
    """Copy an HEVC clip, the metadata of frame k in the packet that is shown k-th."""
    with av.open(str(plain)) as given, av.open(str(target), "w", format="matroska") as made:
        stream = given.streams.video[0]
        packets = [packet for packet in given.demux(stream) if packet.size]
        copy = made.add_stream_from_template(stream, opaque=True)
        copy.metadata["title"] = ROOM
        order = sorted(range(len(packets)), key=lambda number: packets[number].pts or 0)
        place = {number: shown for shown, number in enumerate(order)}
        for number, packet in enumerate(packets):
            whole = av.Packet(_with(bytes(packet), frames[place[number]]))
            whole.stream, whole.time_base, whole.pts = copy, packet.time_base, packet.pts
            whole.dts, whole.is_keyframe = packet.dts, packet.is_keyframe
            made.mux_one(whole)
    with target.open("r+b") as file:
        own = Reader(file, inline=LIMIT)
        info, tracks = own.first(ids.INFO), own.first(ids.TRACKS)
        assert info is not None
        assert tracks is not None
        replace_head(own, [info, _amended(tracks, configuration)], None)


def _amended(tracks: Element, configuration: DolbyVision | None) -> Element:
    """Return the list of the one track without its name, and with a Dolby Vision record."""
    [entry] = tracks.parts
    parts = tuple(part for part in entry.parts if part.id != ids.NAME)
    if configuration is not None:
        kind = Element(ids.BLOCK_ADDITION_TYPE, b"dvvC")
        data = Element(ids.BLOCK_ADDITION_EXTRA_DATA, dolby_vision.record(configuration))
        parts = (*parts, Element(ids.BLOCK_ADDITION_MAPPING, (kind, data)))
    return Element(tracks.id, (Element(entry.id, parts),))


def _with(packet: bytes, metadata: FrameMetadata) -> bytes:
    """Put an SEI unit before the first slice, and an RPU at the end."""
    before = after = b""
    if metadata.hdr10plus is not None:
        message = bytes([4, len(metadata.hdr10plus)]) + metadata.hdr10plus + b"\x80"
        before = _unit(b"\x4e\x01" + escaped(message))
    if metadata.rpu is not None:
        after = _unit(b"\x7c\x01" + escaped(bytes([PREFIX]) + metadata.rpu))
    at = 0
    while packet[at + 4] >> 1 & 0x3F >= 32:
        at += 4 + int.from_bytes(packet[at : at + 4], "big")
    return packet[:at] + before + packet[at:] + after


def _unit(content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + content


def escaped(payload: bytes) -> bytes:
    """Return a payload with the bytes against false start codes in it (H.265, 7.4.2)."""
    result = bytearray()
    for byte in payload:
        if byte <= 3 and result[-2:] == b"\0\0":
            result.append(3)
        result.append(byte)
    return bytes(result)
