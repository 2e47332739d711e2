"""What is counted of a track's packets, and of subtitles."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.packet import Packet
    from av.stream import Stream

LONGEST = 7 * 24 * 3600
"""Seconds of a subtitle beyond which its duration is none: all ones in the file, say. A line that stays for a
whole film may say 99:59:59."""

PGS_END = 0x80
"""The segment that ends what of PGS is shown at once; each has a byte of its kind and two of its size."""


class Tally:
    """A track's packets.

    Attributes:
        packets: How many.
        first: Lowest presentation time, in the stream's ticks; None where there is none.
        end: Highest presentation time plus duration, ticks.
    """

    def __init__(self) -> None:
        self.packets = 0
        self.first: int | None = None
        self.end = 0

    def add(self, packet: Packet[Stream]) -> None:
        """Count a packet; the empty one that ends a stream does not count."""
        pts = packet.pts
        if pts is None:
            self.packets += packet.size > 0
            return
        self.packets += 1
        if self.first is None or pts < self.first:
            self.first = pts
        self.end = max(self.end, pts + self.length_of(packet))

    def length_of(self, packet: Packet[Stream]) -> int:
        """Return a packet's duration, ticks; 0 where it says none."""
        return packet.duration or 0


class SubtitleTally(Tally):
    """A subtitle track; ``hash`` runs over its payloads.

    What of PGS is shown at once may lie in several packets, a segment in each. They are counted as one, which
    ffmpeg's muxer makes of them.

    Attributes:
        hash: Of the payloads.
        endless: Packets with a duration that no subtitle has.
    """

    def __init__(self, stream: Stream) -> None:
        super().__init__()
        self.hash = hashlib.sha256()
        self.endless = 0
        self._longest = LONGEST / (stream.time_base or Fraction(1, 1000))
        codec = stream.codec_context
        self._may_be_split = codec is not None and codec.codec.canonical_name == "hdmv_pgs_subtitle"
        self._begun = False

    def length_of(self, packet: Packet[Stream]) -> int:
        """Return a packet's duration, ticks; 0 where it says none, or one that cannot be meant."""
        duration = packet.duration or 0
        if 0 <= duration <= self._longest:
            return duration
        self.endless += 1
        return 0

    def add(self, packet: Packet[Stream]) -> None:
        """Count and hash a packet."""
        super().add(packet)
        payload = bytes(packet)
        self.hash.update(payload)
        if self._may_be_split and payload:
            self.packets -= self._begun
            self._begun = not _ends_pgs(payload)


def _ends_pgs(payload: bytes) -> bool:
    """Tell whether the segments of a packet end what is shown at once."""
    at = 0
    while at + 3 <= len(payload):
        if payload[at] == PGS_END:
            return True
        at += 3 + int.from_bytes(payload[at + 1 : at + 3], "big")
    return False
