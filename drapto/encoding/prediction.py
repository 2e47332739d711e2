"""Where a segment's search begins: what is predicted of it, by proxies of drapto's own or by an engine."""

from __future__ import annotations

import contextlib
import pkgutil
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from drapto.encoding.calibration import Calibration
from drapto.encoding.proxy import proxy_frames
from drapto.quality.scale import predict, predicted_score
from drapto.quality.search import clamped

if TYPE_CHECKING:
    from drapto.encoding.attempt_store import AttemptStore
    from drapto.encoding.job import SegmentContext
    from drapto.encoding.proxy import ProxyFrames
    from drapto.quality.scale import Prediction
    from drapto.quality.scores import Statistic
    from drapto.quality.search import Goal

MOST_PROXIES = 3
"""Proxy encodes of a segment; more would cost what they save."""

NEAR = 6.0
"""CRFs: where the predicted one is no farther from a proxy's, that proxy is believed. Over 6 to 8 CRFs, it
was off by 0.75 to 1: with 9 here, two of the trailer's seven segments missed by a tenth of a point, and to
splice them cost three times as much as the proxies that were saved."""

FURTHEST = 14.0
"""CRFs from one proxy to the next."""


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
        """Return whether it sees the pictures that are encoded; where it does not, proxies predict."""
        del segment
        return True

    @abstractmethod
    def predict(self, goal: Goal) -> Prediction:
        """Return what is predicted of the segment.

        Raises:
            ToolFailedError: A child process failed.
        """

    def slope_only(self, goal: Goal) -> Prediction:
        """Return what is known without trying anything: for a search that has begun already."""
        return predict(goal.target, self.predicted_points(), self._segment.metric.scale)

    def predicted_points(self) -> list[tuple[float, float]]:
        """Return what is predicted of real encodes, (CRF, score)."""
        return []

    def predicted_score(self, crf: float) -> float | None:
        """Return the score that was predicted at ``crf``, uncorrected; None where there is none."""
        del crf
        return None


class ProxyPredictor(Predictor):
    """By proxy encodes of the segment, corrected by how those of the title's anchors deviated."""

    def predict(self, goal: Goal) -> Prediction:
        """Encode proxies until one is near where the target is predicted."""
        known = self._calibration()
        scale = self._segment.metric.scale
        crf = clamped(goal, known.first(goal.target))
        # by those of this walk alone, so that one that was interrupted goes the same way again
        points: list[tuple[float, float]] = []
        with contextlib.ExitStack() as stack:
            proxy = _Proxy(self._segment, self._store, stack)
            while True:
                loss = scale.loss(proxy.score(crf)) - known.bias
                points.append((crf, scale.score(loss)))
                predicted = predict(goal.target, points, scale)
                within = min(max(predicted.first, crf - FURTHEST), crf + FURTHEST)
                following = clamped(goal, within)
                near = abs(predicted.first - crf) <= NEAR
                if near or len(points) == MOST_PROXIES or following in [point[0] for point in points]:
                    return predicted
                crf = following

    def predicted_points(self) -> list[tuple[float, float]]:
        """Return the proxies' scores, corrected."""
        scale, bias = self._segment.metric.scale, self._calibration().bias
        proxies = [(one.crf, one.scores.figure(self._statistic)) for one in self._store.known.proxies]
        return [(crf, scale.score(scale.loss(score) - bias)) for crf, score in proxies]

    def predicted_score(self, crf: float) -> float | None:
        """Return the score that the proxies have at ``crf``."""
        points = [(one.crf, one.scores.figure(self._statistic)) for one in self._store.known.proxies]
        return predicted_score(crf, points, self._segment.metric.scale) if points else None

    @property
    def _statistic(self) -> Statistic:
        return self._segment.target.statistic

    def _calibration(self) -> Calibration:
        path = self._segment.job.calibration
        return Calibration.read(path) if path else Calibration(metric=self._segment.metric.name, anchors=())


class _Proxy:
    """A segment's proxy, each CRF of which is paid for once; its frames are made when they are needed.

    Args:
        segment: The segment.
        store: Where the scores are kept.
        stack: The frames are there as long as it is open.
    """

    def __init__(self, segment: SegmentContext, store: AttemptStore, stack: contextlib.ExitStack) -> None:
        self._segment = segment
        self._store = store
        self._stack = stack
        self._frames: ProxyFrames | None = None

    def score(self, crf: float) -> float:
        """Return what the proxy scores at ``crf``."""
        for known in self._store.known.proxies:
            if known.crf == crf:
                return known.scores.figure(self._segment.target.statistic)
        if self._frames is None:
            self._frames = self._stack.enter_context(proxy_frames(self._segment, beside=self._store.record))
        scores, cpu_seconds = self._frames.encode_at(crf)
        self._store.keep_proxy(crf, scores, cpu_seconds)
        return scores.figure(self._segment.target.statistic)


PREDICTORS = {
    "native": "drapto.encoding.prediction:ProxyPredictor",
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
    return kind(segment, store) if kind.suits(segment) else ProxyPredictor(segment, store)
