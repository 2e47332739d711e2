"""Where a source's frames are missing: packets that gave none, and stretches without packets.

Pure: times in, holes out. A title with a variable frame rate may show a picture for long, and a codec may
have packets that show nothing, so only what interrupts the frames' even pace counts.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import pairwise
from statistics import median_low
from typing import TYPE_CHECKING

from drapto.media.peculiar import Hole
from drapto.words import count_text, time_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction

INTERRUPTED = 1.5
"""How many usual durations a frame is shown for where one behind it is missing."""

LONG_GAP = 0.4
MANY_FRAMES = 10
"""Seconds, and usual durations, from which on a gap without packets is one in an otherwise even title."""

EVEN = 0.9
"""The part of the frames that have the usual duration where a title is even."""

BRIEF = 1.0
"""Seconds without a frame that pass for a moment's damage: a GOP on a disc has half a second."""

SPARSE = 0.02
"""The part of a title's length that may be missing in such moments."""

HALF = 0.5
"""The part of an even title's length that one gap without packets may have, where no sound goes on in it: a
picture may stand still for as long as a song."""

NAMED = 3
"""Holes that are named one by one."""

PRECISE = 60.0
"""Seconds up to which a time is said with its fractions."""


def find_holes(
    packets: Sequence[int], frames: Sequence[int], base: Fraction, *, leading: int | None = None
) -> tuple[Hole, ...]:
    """Return a stream's holes.

    Args:
        packets: Its packets' presentation times, ticks, ascending.
        frames: Its frames', ascending.
        base: Seconds in a tick.
        leading: The time of the first packet in the file; those that are shown before it refer to what is not
            there, and are not missed.
    """
    if not frames:
        return ()
    usual = median_low([b - a for a, b in pairwise(frames)] or [0]) or 1
    even, longest = _is_even(frames, usual), max(LONG_GAP, float(MANY_FRAMES * usual * base))
    holes = []
    for after, start, end in _intervals(packets, frames, usual, leading):
        missing = bisect_left(packets, end) - bisect_right(packets, after)
        length = (end - start) * base
        if missing > 0 or (even and length >= longest):
            holes.append(Hole(start=float(start * base), end=float(end * base), frames=missing))
    return tuple(holes)


def _intervals(
    packets: Sequence[int], frames: Sequence[int], usual: int, leading: int | None
) -> Iterator[tuple[int, int, int]]:
    """Yield where the pace is interrupted: the time behind which packets count, the start and the end."""
    first = bisect_left(packets, min(frames[0], packets[0] if leading is None else leading))
    if packets[first] < frames[0]:
        yield packets[first] - 1, packets[first], frames[0]
    for before, after in pairwise(frames):
        if after - before > INTERRUPTED * usual:
            yield before, before + usual, after
    if packets[-1] - frames[-1] > usual // 2:
        yield frames[-1], frames[-1] + usual, packets[-1] + usual


def _is_even(frames: Sequence[int], usual: int) -> bool:
    durations = [b - a for a, b in pairwise(frames)]
    return sum(abs(one - usual) <= 1 for one in durations) >= EVEN * len(durations)


def lost(holes: Sequence[Hole]) -> list[Hole]:
    """Return those in which packets gave no frame."""
    return [hole for hole in holes if hole.frames]


def is_gutted(holes: Sequence[Hole], length: float, *, sounds: bool = False) -> bool:
    """Tell whether what is left is not the film: more is missing than a moment here and there.

    Args:
        holes: Of the title.
        length: Of the title, seconds.
        sounds: Some sound goes on all the time.
    """
    missing = lost(holes)
    longest = max((hole.length for hole in missing), default=0.0)
    whole = sum(hole.length for hole in missing)
    empty = max((hole.length for hole in holes), default=0.0)
    silent = not sounds and empty > HALF * length
    return longest > BRIEF or whole > max(BRIEF, SPARSE * length) or silent


def hole_notes(holes: Sequence[Hole]) -> list[str]:
    """Return what a user should know of them, a line each."""
    notes = [_said(hole) for hole in holes[:NAMED]]
    more = holes[NAMED:]
    frames = sum(hole.frames for hole in more)
    left = f"{count_text(frames, 'frame')} more cannot be decoded, in {len(more)} places"
    return [*notes, left] if more else notes


def _said(hole: Hole) -> str:
    span = _span(hole)
    if not hole.frames:
        return f"there is no frame {span}"
    return f"{count_text(hole.frames, 'frame')} cannot be decoded, {span}"


def _span(hole: Hole) -> str:
    if hole.end < PRECISE:
        return f"from {hole.start:.2f} to {hole.end:.2f} s"
    return f"from {time_text(hole.start)} to {time_text(hole.end)}"


def told(holes: Sequence[Hole]) -> Iterator[str]:
    """Yield the longest holes, for an error."""
    for hole in sorted(holes, key=lambda one: -one.length)[:NAMED]:
        yield _span(hole)
