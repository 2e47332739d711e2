"""Which frames of a segment are measured, and which segments of a title are tried first."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drapto.quality.display import Display

ENOUGH = 60
"""Measured frames that speak for a segment. Over the 5 s segments of the Sintel trailer, around VMAF 93, the
harmonic mean of every third frame (25 to 83 of them) is off by 0.09 (standard deviation; 0.28 at most), that
of every fifth (15 to 50) by 0.25 (0.6 at most)."""

STRIDES = (1, 5, 7, 11, 13)
"""What a stride may be: nothing that 2 or 3 divides. SVT-AV1's pyramid repeats after 32 frames: an even one
would see the same levels of it again and again (every eighth frame only the best: 1.85 VMAF too much on one
clip). Sources repeat, too, mostly after 2, 3, 4, 12 or 15 frames. Over windows of 200 frames of a film of six
clips, at CRF 25 to 39, one of which has better and worse frames by turns of six, every third frame is off by
0.28 (standard deviation; 0.8 at most), every fifth by 0.13 (0.36), every seventh by 0.22 (0.46); of windows
of 600, every seventh by 0.09 (0.23), every ninth by 0.25 (0.51), every 11th by 0.14 (0.31), every 13th by
0.18 (0.33), every 15th by 0.26 (0.59)."""

EARLIER = {5: 3, 7: 9, 11: 9, 13: 15}
"""What earlier versions had in place of some strides: what they measured is taken as it is."""

LARGEST_STRIDE = 11
"""Beyond it little is saved: every frame is decoded all the same, and its motion is looked at."""

ENOUGH_MAGNIFIED, ENOUGH_MAGNIFIED_V1 = 50, 50
"""The same of pictures that are made larger, where a measured frame costs more than an encoded one (58 ms by
VMAF v0.6.1 at 1080 lines, 27 ms by v1; 38 ms for a frame of a DVD at preset 6). Over 480 frames of the
marathon, *bikes* and *Megamind* at CRF 30, in halves of three parts each, every 7th frame is off by 0.16
(standard deviation; 0.3 at most), every 11th by 0.29 (0.53), every 5th by 0.14 (0.23). By v1, over 15 s of a
trailer, every 7th by 0.13 (0.25 at most), and every 11th by 0.48."""

ENOUGH_OF_PART = 9
"""The same of a part of a segment, which counts for less, but tells where the others begin."""

LARGEST_MAGNIFIED_STRIDE = 13
"""For segments of many frames, such as 15 s of 60 a second."""

MOST_ANCHORS = 8
"""Anchors beyond which a title is hardly known better."""

SEGMENTS_PER_ANCHORS = 8
"""Segments of a title for each two of its anchors. Two at a time: one alone would leave a processor idle."""


def stride_for(frames: int, display: Display | None = None) -> int:
    """Return the stride from one measured frame to the next in a segment of so many, as it is shown."""
    enough, largest = ENOUGH, LARGEST_STRIDE
    if display is not None and display.magnifies:
        enough = ENOUGH_MAGNIFIED_V1 if display.is_v1 else ENOUGH_MAGNIFIED
        largest = LARGEST_MAGNIFIED_STRIDE
    return usable(min(largest, frames // enough))


def stride_of_part(stride: int, frames: int) -> int:
    """Return the stride in a part of ``frames`` of a segment that has ``stride``: less in a short one."""
    return min(stride, usable(frames // ENOUGH_OF_PART))


def usable(most: int) -> int:
    """Return the largest of the strides up to ``most``; the smallest but 1 in place of 3 or 4."""
    return 5 if most in (3, 4) else max(stride for stride in STRIDES if stride <= max(1, most))


def anchors(segments: int) -> list[int]:
    """Return which of a title's segments are tried first, by their place, spread over the title."""
    count = min(MOST_ANCHORS, 2 * ((segments + SEGMENTS_PER_ANCHORS // 2) // SEGMENTS_PER_ANCHORS))
    return [(2 * number + 1) * segments // (2 * count) for number in range(count)]
