"""What is to be known of a title before its segments are searched: how its sketches stray.

A few segments all over the title, its anchors, are tried first. Their encodes are not thrown away: they are
the first attempts of those segments, which their own searches find and go on from.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from drapto.engine.document import Document, Model
from drapto.quality.metrics import METRICS
from drapto.quality.scale import Scale, expect

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from drapto.quality.seeker import Seeker

DOUBT = 0.5
"""How many anchors' worth of doubt there is in what they say, since sketches stray from segment to segment,
too (by 0.08, standard deviation, around a title's mean of -0.1 to 0.1)."""


class Anchor(Model):
    """A segment that was tried first.

    Attributes:
        segment: Its number.
        crf: The CRF of its first attempt.
        score: What that was measured to have.
        sketch: What its sketches have at that CRF.
    """

    segment: int
    crf: float
    score: float
    sketch: float


class Calibration(Document):
    """What is known of a title before its segments are encoded (``calibration.json``).

    Another target finds it as it is: what it says hardly depends on it.

    Attributes:
        metric: The metric's name.
        anchors: None where the title has too few segments.
    """

    metric: str
    anchors: tuple[Anchor, ...]

    def first(self, target: float) -> float:
        """Return the CRF at which the title as a whole is likely to score ``target``."""
        expected = [expect(target, [(one.crf, one.score)], self._scale).first for one in self.anchors]
        return sum(expected) / len(expected) if expected else expect(target, [], self._scale).first

    @property
    def bias(self) -> float:
        """By how much the loss of a sketch of this title exceeds that of the real encode."""
        losses = [self._scale.loss(one.sketch) - self._scale.loss(one.score) for one in self.anchors]
        return sum(losses) / (len(losses) + DOUBT)

    @property
    def _scale(self) -> Scale:
        return METRICS[self.metric].scale


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
    with seeker.job.cpu.hold(seeker.piece.slots):
        crf, score, sketch = seeker.begin()
    return Anchor(segment=seeker.piece.index, crf=crf, score=score, sketch=sketch)
