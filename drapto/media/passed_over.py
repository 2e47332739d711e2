"""Blocks that libavformat passes over, without a word in most cases.

Where it cannot read one block, be it a lace whose sizes are wrong or a packet that does not inflate, it goes
on with the next cluster, and what lies between is not in its packets. How much of the file it has skipped,
the places of the packets tell; what lies there is then looked at.
"""

from __future__ import annotations

import heapq
import os
from typing import TYPE_CHECKING, NamedTuple

from drapto.errors import ElementError, SourceError
from drapto.media.matroska import ids
from drapto.media.matroska.ebml import place_at
from drapto.media.matroska.records import is_stream
from drapto.media.matroska.tree import Reader
from drapto.words import count_text, time_text

if TYPE_CHECKING:
    from pathlib import Path
    from typing import IO

    from av.packet import Packet
    from av.stream import Stream

    from drapto.media.matroska.ebml import Element, Place

NOTABLE = 128
"""Bytes between two packets that are more than the heads of a block and of a cluster."""

MOST = 64
"""Gaps that are looked at, the largest: others have what a file may have beside packets."""

MOST_ELEMENTS = 1000
"""Of a gap that are looked at: a cluster of five seconds has fewer."""

EMPTY = 4
"""Bytes of a block with nothing in it: its track's number, time and flags."""

JOINED = frozenset({"atrac3", "cook", "ra_288", "sipr"})
"""Codecs of which libavformat makes one packet of several blocks (matroskadec.c, matroska_parse_rm_audio)."""

PARSED = (b"A_TRUEHD", b"A_MLP")
"""Codecs of which libavformat's parser drops packets itself: those that no decoder could begin with."""

BLOCK_HEADS = (0xA1, 0xA3)
"""IDs of Block and SimpleBlock, of one byte."""


class Gap(NamedTuple):
    """What lies between two packets.

    Attributes:
        size: Bytes that are in neither.
        at: Where the first one's block begins, behind its ID and size.
        until: Where the second one's does; None behind the last.
        after, before: Their times, seconds.
    """

    size: int
    at: int
    until: int | None
    after: float
    before: float | None


class Watch:
    """Looks at the places of a file's packets, in the order in which they come."""

    def __init__(self) -> None:
        self.largest: list[Gap] = []
        self._at, self._size = -1, 0
        self._packet: Packet[Stream] | None = None

    def add(self, packet: Packet[Stream]) -> None:
        """Take note of where a packet lies."""
        at = packet.pos
        if at is None or at < self._at or not packet.size:
            return
        if at == self._at:  # of one lace
            self._size += packet.size
            return
        size = at - self._at - self._size
        if size > NOTABLE and self._packet is not None:
            self._keep(Gap(size, self._at, at, _time(self._packet), _time(packet)))
        # a million of them go by here: what is rarely needed is not made of each
        self._at, self._size, self._packet = at, packet.size, packet

    def _keep(self, gap: Gap) -> None:
        heapq.heappush(self.largest, gap)
        if len(self.largest) > MOST:
            heapq.heappop(self.largest)

    def gaps(self) -> list[Gap]:
        """Return the largest gaps in the order of the file, and what lies behind the last packet."""
        last = [Gap(0, self._at, None, _time(self._packet), None)] if self._packet is not None else []
        return sorted(self.largest, key=lambda gap: gap.at) + last


def _time(packet: Packet[Stream]) -> float:
    """Return when a packet is shown, seconds."""
    return float((packet.pts or 0) * (packet.time_base or 0))


def refuse_passed_over(source: Path, watch: Watch, codecs: set[str]) -> None:
    """Refuse a file of which blocks were passed over: what of them is missing depends on who reads it.

    A track that is read alone has what a broken block of another one costs where all are read.

    Raises:
        SourceError: Names the first such place.
    """
    places = passed_over(source, watch, codecs)
    if places:
        more = f", and {len(places) - 1} more such places" if len(places) > 1 else ""
        raise SourceError(
            f"is damaged: {places[0]}{more}",
            path=source,
            remedy="rip or copy it again; to encode what is left of it, "
            "`ffmpeg -i FILE -map 0 -c copy new.mkv`",
        )


def passed_over(source: Path, watch: Watch, codecs: set[str]) -> list[str]:
    """Return where blocks were passed over, in words.

    Args:
        source: The file.
        watch: What was seen of its packets.
        codecs: ffmpeg's names of those of its sound.
    """
    if codecs & JOINED:
        return []
    with source.open("rb") as file:
        try:
            tracks = Reader(file).first(ids.TRACKS)
        except ElementError:
            return []
        entries = () if tracks is None else tracks.of(ids.TRACK_ENTRY)
        known = {entry.number(ids.TRACK_NUMBER) for entry in entries if is_stream(entry) and _is_plain(entry)}
        found = [(gap, _lost(file, gap, known)) for gap in watch.gaps()]
    return [_said(gap, count) for gap, count in found if count]


def _said(gap: Gap, count: int) -> str:
    upto = "to its end" if gap.before is None else f"to {time_text(gap.before)}"
    many = f"{count_text(count, 'block')} or more" if count >= MOST_ELEMENTS else count_text(count, "block")
    when = f"from {time_text(gap.after)} {upto}"
    return f"behind byte {gap.at} ffmpeg passes over {many}, {when}, as it cannot read one of them"


def _is_plain(entry: Element) -> bool:
    codec = entry.find(ids.CODEC_ID)
    return codec is None or not codec.value.startswith(PARSED)


def _lost(file: IO[bytes], gap: Gap, known: set[int]) -> int:
    """Return how many blocks of the known tracks a gap holds in which a cluster was given up.

    It goes on to the next cluster then; where it goes on in the same one, what is not there was no loss.
    """
    at, blocks, until = _end_of_block(file, gap.at), 0, gap.until
    given_up, size = until is None, os.fstat(file.fileno()).st_size
    try:
        for _ in range(MOST_ELEMENTS):
            part = place_at(file, at) if at is not None and (until is None or at < until) else None
            if part is None or (until is not None and part.start >= until):
                break
            if part.id in (ids.CLUSTER, ids.BLOCK_GROUP):
                given_up |= part.id == ids.CLUSTER and blocks > 0
                at = part.start
                continue
            if part.end is None or part.end > size:  # where a recording was broken off
                break
            blocks += part.id in (ids.SIMPLE_BLOCK, ids.BLOCK) and _holds_something(file, part, known)
            at = part.end
        else:
            given_up = True
    except ElementError:
        return 0  # said by the demuxer
    return blocks if given_up else 0


def _holds_something(file: IO[bytes], block: Place, known: set[int]) -> bool:
    file.seek(block.start)
    head = file.read(2)
    if len(head) < 2 or block.end is None:  # noqa: PLR2004  a number of one byte or of two
        return False
    long = head[0] < 0x80  # noqa: PLR2004  EBML's mark of one byte
    number = int.from_bytes(head, "big") & 0x3FFF if long else head[0] & 0x7F
    return number in known and block.end - block.start > EMPTY + long


def _end_of_block(file: IO[bytes], start: int) -> int | None:
    """Return where the block ends whose content begins at a byte: its ID and size stand before that."""
    before = min(start, 9)
    file.seek(start - before)
    head = file.read(before)
    for width in range(1, before):
        said = head[before - width :]
        if head[before - width - 1] in BLOCK_HEADS and said[0].bit_length() == 9 - width:
            return start + (int.from_bytes(said, "big") & ((1 << 7 * width) - 1))
    return None
