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

SHARE = 0.02
"""Of a title's frames, how many may be encoded to learn about it, all CRFs together."""

MOST_WINDOWS = 12
"""Samples beyond which a film is hardly known better."""

CRFS = (28.0, 40.0)
"""The CRFs that a sample is encoded at: most titles meet VMAF 93 between them."""


def step_for(frames: int) -> int:
    """Return the step from one measured frame to the next in a segment of ``frames``.

    It is odd. SVT-AV1's pyramid repeats after 32 frames: an even step would see the same levels of it again
    and again (every eighth frame only the best: 1.85 VMAF too much on one clip).
    """
    most = min(LARGEST_STEP, max(1, frames // ENOUGH))
    return most if most % 2 else most - 1


def windows(frames: list[int]) -> list[int]:
    """Return which segments a sample is taken of, by their place in ``frames``, the frames of each segment.

    They are spread over the title. There are none where it is too short for two: they would cost more than
    they save.
    """
    long_enough = [number for number, count in enumerate(frames) if count >= WINDOW]
    affordable = int(sum(frames) * SHARE / (WINDOW * len(CRFS)))
    count = min(affordable, MOST_WINDOWS, len(long_enough))
    if count < 2:  # noqa: PLR2004  one scene does not speak for a title
        return []
    return [long_enough[(2 * number + 1) * len(long_enough) // (2 * count)] for number in range(count)]
