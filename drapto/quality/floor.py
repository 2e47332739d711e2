"""Runs of frames that the figure of a segment does not see: what falls below the floor. Arithmetic only.

A segment's figure may be at its target while half a second of it is bad. Two things are looked for: frames
that score below the floor, and wrong blocks, which VMAF does not see. SVT-AV1's presets from 10 on leave such
blocks in fades: of the Sintel trailer at preset 10 and CRF 22, 16x16 pixels of frame 789 are off by 19 % of
full scale, and anyone sees them; VMAF gives that frame 91, and the one before, with 15 %, 100.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from drapto.engine.document import Model

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from drapto.quality.scale import Scale
    from drapto.quality.scores import Scores

SHORTEST = Fraction(15, 100)
"""Seconds that a run lasts at least: four frames of a film. What is shorter is hardly seen, least of all
where a scene begins. A low frame between unmeasured ones is no run yet: these are looked at (`suspects`)."""

GAP = Fraction(2, 10)
"""Seconds between two bad frames of one run: in SVT-AV1's pyramid, every second frame may be a better one."""

BLOCK = 16
"""Pixels: the sides of a block whose mean is held against the source's."""

WRONG = 6.0
"""Percent of full scale by which the mean luma of a block may be off. Where SVT-AV1 does as it should
(presets 6 to 9, 85 frames of the trailer's fades), the worst block of a frame is off by 5.0 at most up to CRF
45, and by 6.3 at CRF 50; at preset 10 by up to 22, at CRF 10 as at CRF 34."""

FAST = 10
"""The first preset of SVT-AV1 with wrong blocks; it warns of "visual artifacts" itself."""

SOUND = 9
"""The last one without: a segment with wrong blocks is encoded again by it. Its sequence header is that of
the faster ones, so that it fits to segments that they have made."""

LARGEST_STEP, SMALLEST_STEP = 8.0, 2.0
"""CRFs by which a run is improved at once. 15 points are about 20 (`VmafScale.growth`), at twice the bytes
and more; what two steps do not lift is only said."""


class Low(Model):
    """A run of frames below the floor.

    Attributes:
        kind: What is low: their ``score``, or their ``blocks``, some of which are wrong.
        first: The number of its first frame in the segment.
        frames: How many it lasts, those between its bad frames included.
        worst: The lowest score; of blocks, how far the worst is off, percent of full scale.
    """

    kind: Literal["score", "blocks"]
    first: int
    frames: int
    worst: float

    @property
    def end(self) -> int:
        """The number of the first frame behind it."""
        return self.first + self.frames


def low_scores(scores: Scores, floor: float, *, frames: int, rate: Fraction) -> list[Low]:
    """Return the runs of measured frames below ``floor``.

    Args:
        scores: Of a segment.
        floor: The score.
        frames: How many frames the segment has.
        rate: Their nominal rate.
    """
    bad = [
        (frame, value) for frame, value in zip(scores.numbers, scores.values, strict=True) if value < floor
    ]
    found = _runs(bad, stride=scores.stride, rate=rate)
    return [
        Low(
            kind="score",
            first=run[0][0],
            frames=min(run[-1][0] + scores.stride, frames) - run[0][0],
            worst=min(value for _, value in run),
        )
        for run in found
    ]


def suspects(
    scores: Scores,
    floor: float,
    low: Sequence[Low],
    *,
    frames: int,
    rate: Fraction,
) -> list[range]:
    """Return where frames have to be looked at that were not measured: around low ones that are in no run.

    Args:
        scores: Of a segment.
        floor: The score.
        low: The runs that are known.
        frames: How many frames the segment has.
        rate: Their nominal rate.
    """
    stride = scores.stride
    if 2 * stride - 1 < SHORTEST * rate:
        return []  # a run would have two measured frames
    alone = [
        frame
        for frame, value in zip(scores.numbers, scores.values, strict=True)
        if value < floor and not any(run.first <= frame < run.end for run in low)
    ]
    return [range(max(0, frame - stride + 1), min(frames, frame + stride)) for frame in alone]


def low_blocks(wrong: Iterable[tuple[int, float]], *, rate: Fraction) -> list[Low]:
    """Return the runs of frames with wrong blocks.

    Args:
        wrong: The frames that have some, by their number, each with how far the worst block is off.
        rate: The frames' nominal rate.
    """
    return [
        Low(
            kind="blocks",
            first=run[0][0],
            frames=run[-1][0] + 1 - run[0][0],
            worst=max(value for _, value in run),
        )
        for run in _runs(sorted(wrong), stride=1, rate=rate)
    ]


def _runs(
    bad: Sequence[tuple[int, float]], *, stride: int, rate: Fraction
) -> Iterator[list[tuple[int, float]]]:
    """Yield bad frames that follow each other closely for long enough."""
    reach = max(Fraction(stride), GAP * rate)
    runs: list[list[tuple[int, float]]] = []
    for frame, value in bad:
        if not runs or frame - runs[-1][-1][0] > reach:
            runs.append([])
        runs[-1].append((frame, value))
    for run in runs:
        if len(run) > 1 and run[-1][0] + stride - run[0][0] >= SHORTEST * rate:
            yield run


def stretch(keyframes: Iterable[int], low: Sequence[Low], first: int, end: int) -> tuple[int, int]:
    """Return what has to be encoded again to improve runs: from its first frame to before its last one's end.

    Args:
        keyframes: Those of the encode.
        low: The runs; at least one.
        first: The first frame of those that are in use.
        end: The frame before which they end.
    """
    begin, stop = min(run.first for run in low), max(run.end for run in low)
    inside = [frame for frame in keyframes if first < frame < end]
    return (
        max((frame for frame in inside if frame <= begin), default=first),
        min((frame for frame in inside if frame >= stop), default=end),
    )


def lower_crf(crf: float, low: Sequence[Low], floor: float, scale: Scale, lowest: float) -> float | None:
    """Return the CRF at which runs of low scores are likely to be at the floor; None where none is left.

    Args:
        crf: What they were encoded at.
        low: The runs; at least one of low scores.
        floor: The score.
        scale: How the metric falls with the CRF.
        lowest: The lowest CRF that may be used.
    """
    worst = min(run.worst for run in low if run.kind == "score")
    step = (scale.loss(worst) - scale.loss(floor)) / scale.growth((worst + floor) / 2)
    step = math.ceil(4 * min(max(step, SMALLEST_STEP), LARGEST_STEP)) / 4
    return max(crf - step, lowest) if crf > lowest else None
