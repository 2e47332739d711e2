"""Where a segment's search begins: by sketches of it, or where ab-av1 would."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from drapto.encoding.abav1 import TIERS, Found, SearchSettings, find_ab_av1
from drapto.encoding.abav1 import search as ab_av1_search
from drapto.encoding.calibration import Calibration
from drapto.encoding.proxy import Sketch, sketch
from drapto.quality.scale import expect, expected_score
from drapto.quality.search import clamped

if TYPE_CHECKING:
    from drapto.encoding.attempt_store import Workbench
    from drapto.engine.context import StageContext
    from drapto.quality.metrics import Metric, Reference
    from drapto.quality.scale import Expectation
    from drapto.quality.search import Goal
    from drapto.video.encode_settings import EncodeSettings
    from drapto.video.request import EncodeRequest

MOST_SKETCHES = 3
"""Sketches of a segment; more would cost what they save."""

NEAR = 6.0
"""CRFs: where the expected one is no farther from a sketch, that sketch is believed. Over 6 to 8 CRFs, it was
off by 0.75 to 1: with 9 here, two of the trailer's seven segments missed by a tenth of a point, and to mend
them cost three times as much as the sketches that were saved."""

FURTHEST = 14.0
"""CRFs from one sketch to the next."""


class Guesser(ABC):
    """Finds the first CRF of a segment.

    Args:
        request: The segment.
        settings: What shapes its bytes.
        metric: What is measured.
        reference: Its frames.
        bench: Where what is found out is kept.
        context: The title's surroundings.
        log: Names the log.
    """

    def __init__(
        self,
        request: EncodeRequest,
        settings: EncodeSettings,
        metric: Metric,
        reference: Reference,
        bench: Workbench,
        *,
        context: StageContext,
        log: str,
    ) -> None:
        self._request = request
        self._settings = settings
        self._metric = metric
        self._reference = reference
        self._bench = bench
        self._context = context
        self._log = log

    @abstractmethod
    def expect(self, goal: Goal) -> Expectation:
        """Return what is expected of the segment.

        Raises:
            ToolFailedError: A child process failed.
        """

    def pace_only(self, goal: Goal) -> Expectation:
        """Return what is known without trying anything: for a search that has begun already."""
        return expect(goal.target, self.expected_points(), self._metric.scale)

    def expected_points(self) -> list[tuple[float, float]]:
        """Return what is expected of real encodes, (CRF, score)."""
        return []

    def expected_score(self, crf: float) -> float | None:
        """Return the score that was expected at ``crf``, uncorrected; None where there is none."""
        del crf
        return None


class SketchGuesser(Guesser):
    """By sketches of the segment, corrected by how those of the title's anchors strayed."""

    def expect(self, goal: Goal) -> Expectation:
        """Draw sketches until one is near where the target is expected."""
        known = self._calibration()
        scale = self._metric.scale
        crf = clamped(goal, known.first(goal.target))
        # by those of this walk alone, so that one that was interrupted goes the same way again
        points: list[tuple[float, float]] = []
        with contextlib.ExitStack() as stack:
            pencil = _Pencil(self, stack)
            while True:
                loss = scale.loss(self._sketched(crf, pencil)) - known.bias
                points.append((crf, scale.score(loss)))
                expected = expect(goal.target, points, scale)
                within = min(max(expected.first, crf - FURTHEST), crf + FURTHEST)
                following = clamped(goal, within)
                near = abs(expected.first - crf) <= NEAR
                if near or len(points) == MOST_SKETCHES or following in [point[0] for point in points]:
                    return expected
                crf = following

    def expected_points(self) -> list[tuple[float, float]]:
        """Return the sketches' scores, corrected."""
        scale, bias = self._metric.scale, self._calibration().bias
        sketches = self._bench.known.sketches
        return [(one.crf, scale.score(scale.loss(one.scores.harmonic) - bias)) for one in sketches]

    def expected_score(self, crf: float) -> float | None:
        """Return the score that the sketches have at ``crf``."""
        points = [(one.crf, one.scores.harmonic) for one in self._bench.known.sketches]
        return expected_score(crf, points, self._metric.scale) if points else None

    def _calibration(self) -> Calibration:
        path = self._request.calibration
        return Calibration.read(path) if path else Calibration(metric=self._metric.name, anchors=())

    def _sketched(self, crf: float, pencil: _Pencil) -> float:
        for known in self._bench.known.sketches:
            if known.crf == crf:
                return known.scores.harmonic
        return pencil.draw(crf)

    def draw(self, paper: Sketch, crf: float, paid: float) -> float:
        """Draw a sketch, and keep what it scores, and what it took beyond the seconds that are ``paid``."""
        scores = paper.try_at(crf, self._settings, self._metric, context=self._context, log=self._log)
        self._bench.keep_sketch(crf, scores, paper.cpu_seconds - paid)
        return scores.harmonic

    def paper(self, stack: contextlib.ExitStack) -> Sketch:
        """Shrink the segment's frames, for as long as ``stack`` is open."""
        return stack.enter_context(
            sketch(self._reference, self._bench.record, context=self._context, log=self._log)
        )


class _Pencil:
    """Draws sketches; the shrunken frames are made when the first is drawn."""

    def __init__(self, guesser: SketchGuesser, stack: contextlib.ExitStack) -> None:
        self._guesser = guesser
        self._stack = stack
        self._paper: Sketch | None = None
        self._paid = 0.0

    def draw(self, crf: float) -> float:
        if self._paper is None:
            self._paper = self._guesser.paper(self._stack)
        score = self._guesser.draw(self._paper, crf, self._paid)
        self._paid = self._paper.cpu_seconds
        return score


class AbAv1Guesser(Guesser):
    """Where ab-av1 would encode: its tiers in turn, until one finds a CRF; else the closest of the last."""

    def expect(self, goal: Goal) -> Expectation:
        """Ask ab-av1, once for each target."""
        purpose = f"{goal.target:g}"
        known = self._bench.known.foreign.get(purpose)
        if known is None:
            crf, cpu = self._ask(goal)
            known = self._bench.keep_foreign(purpose, crf, cpu)
        return self.pace_only(goal)._replace(first=known)

    def _ask(self, goal: Goal) -> tuple[float, float]:
        settings = self._settings
        asked = SearchSettings(
            preset=settings.preset,
            svt_params=settings.svt_params,
            pix_fmt=settings.pix_fmt,
            target=goal.target,
            lowest=goal.lowest,
            highest=goal.highest,
            filters=f"crop={settings.crop}" if settings.crop else None,
            model=self._metric.model_for(self._reference),
        )
        tool, spent, closest = find_ab_av1(self._context.ab_av1), 0.0, goal.lowest
        for tier in TIERS:
            found = ab_av1_search(
                tool,
                self._request.source,
                asked,
                tier=tier,
                threads=self._request.lp,
                scratch=self._request.attempts / f"ab-av1-{self._request.index:04d}",
                context=self._context,
                log=self._log,
            )
            spent += found.cpu_seconds
            if isinstance(found, Found):
                return found.crf, spent
            closest = found.closest.crf
        return closest, spent


def guesser_for(engine: str, request: EncodeRequest, settings: EncodeSettings) -> type[Guesser]:
    """Return who guesses: ab-av1 where it is asked for and sees the pictures that are encoded.

    Filters of fields go by the frames around the segment, of which ab-av1's samples know nothing. RGB it
    would convert in a way of its own. A picture that players turn it turns, too, and crops it then.
    """
    own_way = settings.filters or settings.yuv_matrix or request.turned
    return AbAv1Guesser if engine == "ab-av1" and not own_way else SketchGuesser
