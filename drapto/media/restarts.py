"""Files whose times begin anew: parts joined byte by byte, which players show one over the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from drapto.errors import ElementError, SourceError
from drapto.media.matroska import ids
from drapto.media.matroska.ebml import places
from drapto.media.matroska.tree import Reader
from drapto.media.matroska.unreadable import Problem
from drapto.words import time_text

if TYPE_CHECKING:
    from fractions import Fraction
    from pathlib import Path

LONG = 10.0
"""Seconds that are played twice over from which on no film is left: what is less is told."""

JITTER = 0.1
"""Seconds by which times may go back without a part of the film behind it."""

MOST = 0.5
"""The part of what was there before, in short films."""


@dataclass
class Restart:
    """Where times go back to such as were there, the first place of which most follows.

    Attributes:
        pts, latest: What they go back to, and the highest before, ticks.
        first: The lowest before.
        before: Packets before.
        place: Where in the file that packet lies, bytes.
        overlaid: Packets from there on that are shown before ``latest``.
    """

    pts: int
    latest: int
    first: int
    before: int
    place: int
    overlaid: int = 0

    def is_long(self, base: Fraction) -> bool:
        """Tell whether so much lies over another part that neither is left; ``base`` is seconds in a tick."""
        length, far = float((self.latest - self.first) * base), float((self.latest - self.pts) * base)
        lasting = self.overlaid * length / max(1, self.before)
        return far >= JITTER and lasting >= min(LONG, MOST * length)

    def said(self, base: Fraction) -> str:
        """Return when times go back, and to when, in words."""
        return f"after {time_text(float(self.latest * base))}, at {time_text(float(self.pts * base))}"


def refuse_restarted(source: Path, back: Restart | None, base: Fraction) -> None:
    """Refuse a film of which one part lies over another in time.

    Args:
        source: The file.
        back: Where its picture's times go back.
        base: Seconds in a tick.

    Raises:
        SourceError: Names the byte at which the later part begins, and how to join them.
    """
    if back is None or not back.is_long(base):
        return
    begins = _clusters_around(source, back.place)
    if begins is None:
        remedy = "part it there with mkvmerge, and join the parts with `mkvmerge -o new.mkv FIRST + SECOND`"
    else:
        head, at = begins
        remedy = (
            f"part them (`head -c {at} FILE > first.mkv`, `(head -c {head} FILE; tail -c +{at + 1} FILE) > "
            "second.mkv`) and join them: `mkvmerge -o new.mkv first.mkv + second.mkv`"
        )
    problem = f"has times that begin anew {back.said(base)}: two parts lie one over the other"
    raise SourceError(problem, path=source, remedy=remedy)


def overlaid(back: Restart | None, base: Fraction, named: str) -> Problem | None:
    """Return what is wrong with sound of which one part lies over another; ``named`` is its track."""
    if back is None or not back.is_long(base):
        return None
    problem = f"has sound whose times begin anew {back.said(base)}, {named}: one part of it would be lost"
    return Problem(problem, "remux the file without this track")


def _clusters_around(source: Path, place: int) -> tuple[int, int] | None:
    """Return where the first cluster begins, and the one that a byte lies in; None where nobody knows."""
    try:
        with source.open("rb") as file:
            reader = Reader(file)
            if reader.clusters is None:
                return None
            found = reader.clusters
            for one in places(file, reader.clusters, None):
                if one.at > place:
                    break
                found = one.at if one.id == ids.CLUSTER else found
    except (OSError, ElementError):
        return None
    return (reader.clusters, found) if found > reader.clusters else None
