"""What is known of a title before its segments are searched: the typed content of ``calibration.json``."""

from __future__ import annotations

from pydantic import AliasChoices, Field

from drapto.engine.document import Document, Model
from drapto.quality.metrics import METRICS
from drapto.quality.scale import Scale, predict

DOUBT = 0.5
"""How many anchors' worth of doubt there is in what they say, since proxies deviate from segment to segment,
too (by 0.08, standard deviation, around a title's mean of -0.1 to 0.1)."""


class Anchor(Model):
    """A segment that was tried first.

    Attributes:
        segment: Its number.
        crf: The CRF of its first attempt.
        score: What that was measured to have.
        proxy: What its proxies have at that CRF.
    """

    segment: int
    crf: float
    score: float
    # documents of drapto 0.1 say "sketch"
    proxy: float = Field(validation_alias=AliasChoices("proxy", "sketch"))


class Calibration(Document):
    """What is known of a title before its segments are encoded (``calibration.json``).

    Another target finds it as it is: what it says hardly depends on it.

    Attributes:
        metric: The metric's name.
        anchors: None where the title has too few segments.
        made_with: The versions that decide the bytes of what was tried; empty where they are not known.
    """

    metric: str
    anchors: tuple[Anchor, ...]
    made_with: tuple[str, ...] = ()

    def first(self, target: float) -> float:
        """Return the CRF at which the title as a whole is likely to score ``target``."""
        each = [predict(target, [(one.crf, one.score)], self._scale).first for one in self.anchors]
        return sum(each) / len(each) if each else predict(target, [], self._scale).first

    @property
    def bias(self) -> float:
        """By how much the loss of a proxy of this title exceeds that of the real encode."""
        losses = [self._scale.loss(one.proxy) - self._scale.loss(one.score) for one in self.anchors]
        return sum(losses) / (len(losses) + DOUBT)

    @property
    def _scale(self) -> Scale:
        return METRICS[self.metric].scale
