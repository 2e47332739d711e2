"""Which frames of a segment are measured, and which of a title are tried out first."""

from __future__ import annotations

ENOUGH = 70
"""Measured frames that speak for a segment. Over the 5 s segments of the Sintel trailer, around VMAF 93, the
harmonic mean of every third frame (25 to 83 of them) is off by 0.09 (standard deviation; 0.28 at most), that
of every fifth (15 to 50) by 0.25 (0.6 at most)."""

LARGEST_STEP = 9
"""Beyond it little is saved: every frame is decoded all the same, and its motion is looked at."""

WINDOW = 33
"""Frames of a sample: a keyframe and one of SVT-AV1's mini-GOPs."""

WINDOW_PRICE = 50
"""Frames that could be encoded for what a sample takes: its encode, its sketch, and measuring both."""

SHARE = 0.05
"""Of a title's frames, how many samples may cost."""

MOST_WINDOWS = 12
"""Samples beyond which a film is hardly known better."""

SAMPLE_CRF = 34.0
"""The CRF that a sample is encoded at, in the middle of where most titles meet VMAF 93."""


def step_for(frames: int) -> int:
    """Return the step from one measured frame to the next in a segment of ``frames``.

    It is odd. SVT-AV1's pyramid repeats after 32 frames: an even step would see the same levels of it again
    and again (every eighth frame only the best: 1.85 VMAF too much on one clip).
    """
    most = min(LARGEST_STEP, max(1, frames // ENOUGH))
    return most if most % 2 else most - 1


def windows(frames: list[int]) -> list[int]:
    """Return which segments a sample is taken of, by their place in ``frames``, the frames of each segment.

    They are spread over the title. There are none where it is too short: they would cost more than they save.
    """
    long_enough = [number for number, count in enumerate(frames) if count >= WINDOW]
    count = min(int(sum(frames) * SHARE / WINDOW_PRICE), MOST_WINDOWS, len(long_enough))
    return [long_enough[(2 * number + 1) * len(long_enough) // (2 * count)] for number in range(count)]
