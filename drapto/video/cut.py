"""Where to cut a title, and what each segment source must hold.

A segment covers the presentation times from its keyframe up to the next segment's. Leading pictures (open
GOP: shown before their keyframe, coded after it, predicted from both sides) therefore belong to the segment
before.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

NS = 1_000_000_000

SHORTEST = 0.5
"""A last segment shorter than this part of the chunk size is left with the one before it: an encoder's start,
and the keyframe that it costs, are not worth so few frames."""

WANDER = 0.35
"""Part of the chunk size by which a cut may be off the wanted place for the sake of a scene change. Segments
of 15 s then have 10 to 20, and no more keyframes than one encode of all of them."""

REGULAR = 0.95
"""An encoder puts a keyframe where its interval is over, or before that where it sees a new scene. One that
comes after less than this part of the longest interval is of the second kind."""

KEYFRAME_SECONDS = 10
"""A player seeks to keyframes; no two are further apart than this."""


def choose_cuts(
    times: Sequence[int], keyframes: Sequence[int], chunk_size: float, *, scenes: bool = True
) -> list[int]:
    """Choose the keyframes at which a title is cut: scene changes where the source says so, else any.

    A segment that is one kind of picture is encoded to a target at one CRF from its beginning to its end.

    Args:
        times: The presentation time of every frame, nanoseconds, ascending.
        keyframes: The presentation times of the keyframes, nanoseconds, ascending.
        chunk_size: Wanted length of a segment, seconds.
        scenes: Whether to look for scene changes, which earlier versions did not.

    Returns:
        The presentation times at which segments 2, 3, … begin; each is a keyframe with a frame in ``times``.
    """
    if not times:
        return []
    chunk = round(chunk_size * NS)
    shown = set(times)
    usable = [key for key in keyframes if key in shown and key > times[0]]
    changes = [key for key in scene_changes(keyframes) if key in shown and key > times[0]] if scenes else []
    cuts: list[int] = []
    start = times[0]
    last = times[-1]
    while True:
        wanted = start + chunk
        cut = _nearest(changes, wanted, after=start)
        if cut is None or abs(cut - wanted) > WANDER * chunk or last - cut < chunk * SHORTEST:
            cut = _nearest(usable, wanted, after=start)
        if cut is None or last - cut < chunk * SHORTEST:
            return cuts
        cuts.append(cut)
        start = cut


def scene_changes(keyframes: Sequence[int]) -> list[int]:
    """Return the keyframes at which a new scene begins, as far as their times tell: those that come early."""
    gaps = [after - before for before, after in itertools.pairwise(keyframes)]
    longest = max(gaps, default=0)
    return [key for key, gap in zip(keyframes[1:], gaps, strict=True) if gap < REGULAR * longest]


def _nearest(keyframes: Sequence[int], wanted: int, *, after: int) -> int | None:
    """Return the keyframe after ``after`` that is nearest to ``wanted``; the earlier of two equally near."""
    position = bisect_left(keyframes, wanted)
    near = [key for key in keyframes[max(0, position - 1) : position + 1] if key > after]
    return min(near, key=lambda key: abs(key - wanted), default=None)


def frame_ranges(times: Sequence[int], cuts: Sequence[int]) -> list[range]:
    """Return, for each segment, the indices of its frames in ``times``."""
    bounds = [0, *(bisect_left(times, cut) for cut in cuts), len(times)]
    return [range(first, end) for first, end in itertools.pairwise(bounds)]


def longest_run(times: Sequence[int], seconds: float = KEYFRAME_SECONDS) -> int:
    """Return how many frames a keyframe interval may have so that none lasts longer than ``seconds``.

    That is, VFR or not, the largest n for which every frame is shown at most ``seconds`` before the n-th
    frame after it.
    """
    limit = round(seconds * NS)
    longest = len(times)
    behind = 0
    for ahead, time in enumerate(times):
        while time - times[behind] > limit:
            # frames behind … ahead last too long, so an interval has fewer than ahead - behind frames
            longest = min(longest, ahead - behind - 1)
            behind += 1
    return max(1, longest)
