"""What is known of a title before its segments are searched: the typed content of ``calibration.json``."""

from __future__ import annotations

from pydantic import AliasChoices, Field

from drapto.engine.document import Document, Model
from drapto.quality.metrics import METRICS
from drapto.quality.scale import Scale, predict

DOUBT = 0.25
"""How many anchors' worth of doubt there is in what they say: titles differ from the usual one by 3.5 CRFs
(standard deviation), an anchor from its title by 1.8."""


class Anchor(Model):
    """A segment that was tried first.

    Attributes:
        segment: Its number.
        crf: The CRF of its first attempt, which may be of its first part alone.
        score: What that was measured to have.
        proxy: What a small quick encode had at that CRF; earlier versions made some.
    """

    segment: int
    crf: float
    score: float
    # documents of drapto 0.1 say "sketch"
    proxy: float | None = Field(None, validation_alias=AliasChoices("proxy", "sketch"))


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
        """Return the CRF at which a segment of the title is likely to score ``target``."""
        usual = predict(target, [], self._scale).first
        each = [predict(target, [(one.crf, one.score)], self._scale).first for one in self.anchors]
        return (sum(each) + DOUBT * usual) / (len(each) + DOUBT)

    @property
    def _scale(self) -> Scale:
        return METRICS[self.metric].scale
