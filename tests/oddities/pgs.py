"""A PGS stream of two small pictures, which ffmpeg cannot encode.

The form is that of "Presentation graphics" as FFmpeg's decoder (libavcodec/pgssubdec.c) and muxer (supenc.c)
read and write it: segments of a composition, a window, a palette, an object, an end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CLOCK = 90_000
"""Ticks a second."""

PALETTE, OBJECT, COMPOSITION, WINDOW, END = 0x14, 0x15, 0x16, 0x17, 0x80
EPOCH_START = 0x80


def write_pgs(path: Path, size: tuple[int, int]) -> Path:
    """Write a stream whose pictures are shown from 0.2 to 0.8 s and from 1.0 to 1.4 s."""
    shown = ((0.2, 1), (0.8, 0), (1.0, 1), (1.4, 0))
    path.write_bytes(b"".join(_shown(time, size, number, what) for number, (time, what) in enumerate(shown)))
    return path


def _shown(time: float, size: tuple[int, int], number: int, objects: int) -> bytes:
    pts = round(time * CLOCK)
    width, height = 16, 8
    head = size[0].to_bytes(2, "big") + size[1].to_bytes(2, "big") + b"\x10" + number.to_bytes(2, "big")
    composition = head + bytes([EPOCH_START if objects else 0, 0, 0, objects])
    place = b"\x00\x20\x00\x20"
    composition += b"\x00\x00\x00\x00" + place if objects else b""
    window = b"\x01\x00" + place + width.to_bytes(2, "big") + height.to_bytes(2, "big")
    parts = _segment(COMPOSITION, composition, pts) + _segment(WINDOW, window, pts)
    if objects:
        parts += _segment(PALETTE, b"\x00\x00\x01\xeb\x80\x80\xff", pts)
        line = bytes([0x00, 0x80 | width, 0x01, 0x00, 0x00])
        data = width.to_bytes(2, "big") + height.to_bytes(2, "big") + line * height
        parts += _segment(OBJECT, b"\x00\x00\x00\xc0" + len(data).to_bytes(3, "big") + data, pts)
    return parts + _segment(END, b"", pts)


def _segment(kind: int, content: bytes, pts: int) -> bytes:
    return (
        b"PG" + pts.to_bytes(4, "big") + bytes(4) + bytes([kind]) + len(content).to_bytes(2, "big") + content
    )
