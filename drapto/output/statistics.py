"""How much each track holds, and how long it lasts, in the words that mkvmerge has for it.

MediaInfo and players take a track's bitrate from these tags, and MediaInfo tells a variable frame rate by
them. It believes them only where they name the application and the date that the file itself names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

import av

from drapto.engine.context import file_url
from drapto.media.matroska import ids
from drapto.media.matroska.ebml import Element, unsigned
from drapto.media.rate import NS, is_variable, nominal_rate
from drapto.media.texts import ANY_TEXT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LONGEST = 24 * 3600 * NS
"""Nanoseconds that a packet may last; one that says that it lasts longer does not know."""

MILLISECOND = Fraction(1, 1000)
BITS = 8

TICK = NS // 1000
"""Nanoseconds of a tick of the files that ffmpeg writes."""

EPOCH = datetime(2001, 1, 1, tzinfo=UTC)
"""From when Matroska's dates count, nanoseconds (RFC 8794, section 7.6)."""

NAMES = ("BPS", "DURATION", "NUMBER_OF_FRAMES", "NUMBER_OF_BYTES")


@dataclass
class Statistics:
    """What a track holds.

    Attributes:
        frames, size: Packets, and bytes of all of them.
        first, end: Its first time, and the latest end of a packet, nanoseconds.
        times: Each packet's time, nanoseconds, ascending, where it is the picture.
    """

    frames: int = 0
    size: int = 0
    first: int | None = None
    end: int = 0
    times: list[int] = field(default_factory=list)

    @property
    def duration(self) -> int:
        """How long it lasts, nanoseconds, as mkvmerge counts: a last frame of unknown length is left out."""
        end = self.times[-1] if is_variable(self.times, TICK) else self.end
        return max(0, end - (self.first or 0))

    @property
    def rate(self) -> int:
        """Bits per second, cut to a whole number as mkvmerge does."""
        return self.size * BITS * NS // self.duration if self.duration else 0


def measure(path: Path) -> list[Statistics]:
    """Return what each track of a file holds, in their order, in one pass over it."""
    with av.open(file_url(path), **ANY_TEXT) as container:
        streams = list(container.streams)
        found = [Statistics() for _ in streams]
        bases = [(stream.time_base or MILLISECOND) * NS for stream in streams]
        pictures = {stream.index for stream in streams if stream.type == "video"}
        for packet in container.demux():
            if not packet.size or packet.pts is None:
                continue
            number = packet.stream_index
            one, base = found[number], bases[number]
            time = round(packet.pts * base)
            one.frames += 1
            one.size += packet.size
            one.first = time if one.first is None else min(one.first, time)
            lasts = round((packet.duration or 0) * base)
            one.end = max(one.end, time + (lasts if lasts < LONGEST else 0))
            if number in pictures:
                one.times.append(time)
    for number in pictures:
        close(found[number])
    return found


def close(picture: Statistics) -> None:
    """Let the last frame last as long as one does: nothing in the file says how long.

    On average, where that is no more than one usually does: a film that stands still for an hour has no frame
    of a minute at its end.
    """
    times = picture.times
    times.sort()
    if times:
        lasts = float(NS / nominal_rate(times, TICK, None))
        if len(times) > 1:
            usual = median([after - before for before, after in pairwise(times)])
            lasts = min(lasts, usual + TICK)
        picture.end = times[-1] + round(lasts / TICK) * TICK


def whole_duration(tracks: Sequence[Statistics]) -> float:
    """Return how long a file with these tracks lasts, in its ticks; what comes before 0 counts as well."""
    begin = min((track.first or 0 for track in tracks), default=0)
    return (max((track.end for track in tracks), default=0) - min(0, begin)) / TICK


def statistics_tag(uid: int, found: Statistics, app: str, date: bytes | None) -> Element:
    """Return the tag that says so of a track.

    Args:
        uid: The track's.
        found: What it holds.
        app: The application that writes the file, as its Info has it.
        date: The content of the date there, None where it has none.
    """
    values = {
        "BPS": str(found.rate),
        "DURATION": _clock(found.duration),
        "NUMBER_OF_FRAMES": str(found.frames),
        "NUMBER_OF_BYTES": str(found.size),
        "_STATISTICS_WRITING_APP": app,
        **({} if date is None else {"_STATISTICS_WRITING_DATE_UTC": _date(date)}),
        "_STATISTICS_TAGS": " ".join(NAMES),
    }
    targets = Element(ids.TARGETS, (Element(ids.TAG_TRACK_UID, unsigned(uid)),))
    simple = (
        Element(
            ids.SIMPLE_TAG,
            (Element(ids.TAG_NAME, name.encode()), Element(ids.TAG_STRING, value.encode())),
        )
        for name, value in values.items()
    )
    return Element(ids.TAG, (targets, *simple))


def _clock(nanoseconds: int) -> str:
    seconds, rest = divmod(nanoseconds, NS)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:09}"


def _date(content: bytes) -> str:
    date = EPOCH + timedelta(seconds=int.from_bytes(content, "big", signed=True) // NS)
    return f"{date:%Y-%m-%d %H:%M:%S}"
