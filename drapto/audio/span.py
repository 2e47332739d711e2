"""When an Opus track sounds."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

import av

if TYPE_CHECKING:
    from pathlib import Path

OPUS_RATE = 48_000
"""Hz; what an Opus header counts in (RFC 7845, section 5.1)."""


class Span(NamedTuple):
    """From the first sample that is heard to the last one, seconds."""

    start: float
    end: float


def pre_skip(header: bytes | None) -> Fraction:
    """Return the seconds at the start of an Opus track that a decoder throws away.

    Args:
        header: The track's ``OpusHead`` (RFC 7845, section 5.1), little endian.
    """
    if header is None or not header.startswith(b"OpusHead"):
        return Fraction(0)
    return Fraction(int.from_bytes(header[10:12], "little"), OPUS_RATE)


def first_heard(pts: int, time_base: Fraction, header: bytes | None) -> float:
    """Return when a track whose first packet is at ``pts`` sounds, seconds.

    libavformat has taken the pre-skip off the packet's time, rounded to a tick, the half upwards.
    """
    return float((pts + int(pre_skip(header) / time_base + Fraction(1, 2))) * time_base)


def opus_span(path: Path) -> Span | None:
    """Return when the only track of ``path`` sounds, None where it has no packet."""
    with av.open(f"file:{path}") as container:
        stream = container.streams.audio[0]
        base, header = stream.time_base, stream.codec_context.extradata
        times = [(packet.pts, packet.duration or 0) for packet in container.demux(stream)]
        heard = [(pts, duration) for pts, duration in times if pts is not None]
        if not heard or base is None:
            return None
        return Span(first_heard(heard[0][0], base, header), float(sum(heard[-1]) * base))
