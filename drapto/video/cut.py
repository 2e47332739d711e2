"""Where to cut a title, and what each segment source must hold.

A segment covers the presentation times from its keyframe up to the next one's. Leading pictures (open GOP:
shown before their keyframe, coded after it, predicted from both sides) therefore belong to the one before.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

NS = 1_000_000_000

SHORTEST = 0.5
"""A last segment shorter than this share of the chunk size is left with the one before it: an encoder's
start, and the keyframe that it costs, are not worth so few frames."""

KEYFRAME_SECONDS = 10
"""A player seeks to keyframes; no two are further apart than this."""


def choose_cuts(times: Sequence[int], keyframes: Sequence[int], chunk_size: float) -> list[int]:
    """Choose the keyframes at which a title is cut.

    Args:
        times: The presentation time of every frame, nanoseconds, ascending.
        keyframes: The presentation times of the keyframes, nanoseconds, ascending.
        chunk_size: Wanted length of a segment, seconds.

    Returns:
        The presentation times at which segments 2, 3, … begin; each is a keyframe with a frame in ``times``.
    """
    if not times:
        return []
    chunk = round(chunk_size * NS)
    shown = set(times)
    usable = [key for key in keyframes if key in shown and key > times[0]]
    cuts: list[int] = []
    start = times[0]
    last = times[-1]
    while True:
        cut = _nearest(usable, start + chunk, after=start)
        if cut is None or last - cut < chunk * SHORTEST:
            return cuts
        cuts.append(cut)
        start = cut


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
