"""Where a segment's search begins: as its title lets expect, or an engine, and as its first part tells."""

from __future__ import annotations

import pkgutil
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from drapto.encoding.calibration import Calibration
from drapto.quality.scale import Prediction, predict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drapto.encoding.attempt_store import AttemptStore
    from drapto.encoding.job import SegmentContext
    from drapto.quality.search import Goal, Point

ALIKE, ALIKE_IN_TITLE = 0.85, 0.7
"""How much of what the first parts of a segment deviate from the usual CRF its next part does, too, and of
what they deviate from their title's. Titles differ by 3.5 CRFs (standard deviation), segments of one title by
1 to 7, parts of a segment by 1.5."""


class Predictor(ABC):
    """Finds the first CRF of a segment.

    Args:
        segment: The segment.
        store: Where what is found out is kept.
    """

    def __init__(self, segment: SegmentContext, store: AttemptStore) -> None:
        self._segment = segment
        self._store = store

    @classmethod
    def suits(cls, segment: SegmentContext) -> bool:
        """Return whether it sees the pictures that are encoded; where it does not, the title predicts."""
        del segment
        return True

    @abstractmethod
    def predict(self, goal: Goal) -> Prediction:
        """Return what is predicted of the segment.

        Raises:
            ToolFailedError: A child process failed.
        """

    def usual(self, goal: Goal) -> Prediction:
        """Return what is known without trying anything: for a search that has begun already."""
        return Prediction(self._calibration().first(goal.target), 1.0)

    def rest(self, goal: Goal, held: Sequence[Point]) -> float:
        """Return the CRF at which the next part is likely to score what the goal says.

        Args:
            goal: What it is to score.
            held: What those before it have, at least one; the last one tells most.
        """
        known, scale = self._calibration(), self._segment.metric.scale
        usual = known.first(goal.target)
        weights = range(1, len(held) + 1)
        each = [predict(goal.target, [point], scale).first for point in held]
        own = sum(weight * crf for weight, crf in zip(weights, each, strict=True)) / sum(weights)
        return usual + (ALIKE_IN_TITLE if known.anchors else ALIKE) * (own - usual)

    def _calibration(self) -> Calibration:
        path = self._segment.job.calibration
        return Calibration.read(path) if path else Calibration(metric=self._segment.metric.name, anchors=())


class TitlePredictor(Predictor):
    """By what other segments of the title took, its anchors; where there are none, by what titles take."""

    def predict(self, goal: Goal) -> Prediction:
        """Return the usual CRF."""
        return self.usual(goal)


PREDICTORS = {
    "native": "drapto.encoding.prediction:TitlePredictor",
    "ab-av1": "drapto.encoding.abav1.predictor:AbAv1Predictor",
}
"""Where the predictor of each ``quality.engine`` is: an engine is loaded only for who asks for it."""


def predictor_for(segment: SegmentContext, store: AttemptStore) -> Predictor:
    """Return what predicts a segment: the engine that its target names, where that sees what is encoded.

    Args:
        segment: The segment.
        store: Where what is found out is kept.
    """
    kind: type[Predictor] = pkgutil.resolve_name(PREDICTORS[segment.target.engine])
    return kind(segment, store) if kind.suits(segment) else TitlePredictor(segment, store)
