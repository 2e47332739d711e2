"""Where a segment is divided into the parts that are encoded one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

STARTS = (0.0, 0.22, 0.48, 0.74)
"""Where the parts of a segment begin, as fractions of its frames. A part that misses is made up for by those
behind it, or encoded again at the price of a quarter. On two films of scenes that constants are set on, four
parts take 1.00 encodes where three (0.2, 0.45, 0.35) take 1.03; on one of them with fades, titles and noise
between its scenes 1.05 instead of 1.27 (docs/benchmarks.md). Other four, such as quarters, do as well."""

STARTS_OF_SHORT = (0.0, 0.4)
"""The same of a segment that is shorter than the keyframe interval."""

NEAR_SCENE = 0.1
"""Part of a segment's frames by which a part may begin earlier or later for the sake of a scene change: a
keyframe costs least there."""

SHORTEST = 0.6
"""Of the keyframe interval, what a segment must have to be encoded in parts: a part begins with a keyframe,
which a shorter one would not be worth."""


def starts(frames: int, keyint: int, scenes: Sequence[int] = ()) -> tuple[int, ...]:
    """Return where the parts of a segment begin, by their first frames; one where it is encoded whole.

    Args:
        frames: How many frames the segment has.
        keyint: The most frames from keyframe to keyframe.
        scenes: The frames that begin a new scene.
    """
    if frames < SHORTEST * keyint:
        return (0,)
    shares = STARTS_OF_SHORT if frames < keyint else STARTS
    return tuple(sorted({_start(share, frames, scenes) for share in shares}))


def _start(share: float, frames: int, scenes: Sequence[int]) -> int:
    wanted = int(share * frames)
    near = [scene for scene in scenes if wanted and abs(scene - wanted) <= NEAR_SCENE * frames]
    return min(near, key=lambda scene: abs(scene - wanted), default=wanted)
