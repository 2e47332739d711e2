"""What is to be known of a title before its segments are searched: how its sketches stray.

A few segments all over the title, its anchors, are tried first. Their encodes are not thrown away: they are
the first attempts of those segments, which their own searches find and go on from.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from drapto.encoding.calibration import Anchor, Calibration

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from drapto.encoding.segment_search import Seeker


def calibrate(seekers: Sequence[Seeker], target: Path, *, metric: str) -> Calibration:
    """Try a title's anchors, side by side.

    Args:
        seekers: The searches of their segments.
        target: ``calibration.json``.
        metric: The metric's name.

    Raises:
        FrameCountError: An encode did not come to its frames.
        ToolFailedError: A child process failed.
    """
    with ThreadPoolExecutor(max(1, len(seekers))) as pool:
        tried = list(pool.map(_try, seekers))
    return Calibration(metric=metric, anchors=tuple(tried)).write(target)


def _try(seeker: Seeker) -> Anchor:
    with seeker.context.cpu.hold(seeker.request.slots):
        crf, score, sketch = seeker.begin()
    return Anchor(segment=seeker.request.index, crf=crf, score=score, sketch=sketch)
