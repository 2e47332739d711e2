"""Which frames of a segment are measured, and which segments of a title are tried first."""

from __future__ import annotations

ENOUGH = 60
"""Measured frames that speak for a segment. Over the 5 s segments of the Sintel trailer, around VMAF 93, the
harmonic mean of every third frame (25 to 83 of them) is off by 0.09 (standard deviation; 0.28 at most), that
of every fifth (15 to 50) by 0.25 (0.6 at most)."""

LARGEST_STRIDE = 9
"""Beyond it little is saved: every frame is decoded all the same, and its motion is looked at."""

MOST_ANCHORS = 8
"""Anchors beyond which a title is hardly known better."""

SEGMENTS_PER_ANCHORS = 8
"""Segments of a title for each two of its anchors. Two at a time: one alone would leave a processor idle."""


def stride_for(frames: int) -> int:
    """Return the stride from one measured frame to the next in a segment of ``frames``.

    It is odd. SVT-AV1's pyramid repeats after 32 frames: an even stride would see the same levels of it again
    and again (every eighth frame only the best: 1.85 VMAF too much on one clip).
    """
    most = min(LARGEST_STRIDE, max(1, frames // ENOUGH))
    return most if most % 2 else most - 1


def anchors(segments: int) -> list[int]:
    """Return which of a title's segments are tried first, by their place, spread over the title."""
    count = min(MOST_ANCHORS, 2 * ((segments + SEGMENTS_PER_ANCHORS // 2) // SEGMENTS_PER_ANCHORS))
    return [(2 * number + 1) * segments // (2 * count) for number in range(count)]
