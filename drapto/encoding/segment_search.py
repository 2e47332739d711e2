"""The search for one segment's CRF: what is tried, where it lies, and what is made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from drapto.encoding.attempt_store import Workbench, key_of
from drapto.encoding.attempts import Attempt, Joined
from drapto.encoding.prediction import guesser_for
from drapto.encoding.record import EncodedSegment, Stretch
from drapto.encoding.trial_encodes import Maker
from drapto.errors import StageError
from drapto.quality.metrics import METRICS, Reference
from drapto.quality.sampling import step_for
from drapto.quality.search import End, Try, Why, nearest, step
from drapto.quality.splice import Mended, TryTail, mend
from drapto.quality.target import Tier, tiers
from drapto.words import score_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from drapto.engine.context import EncodeProgress, StageContext
    from drapto.quality.scale import Expectation
    from drapto.quality.scores import Scores
    from drapto.quality.search import Goal, Point
    from drapto.video.encode_settings import EncodeSettings
    from drapto.video.request import EncodeRequest

OPEN_GOP = "irefresh-type=1"
"""The parameter of SVT-AV1 with which frames before a keyframe refer to it, so that none can be cut there."""


@dataclass(frozen=True)
class Found:
    """What a search ends with.

    Attributes:
        chosen: The encode to deliver, or what it is to be joined from.
        scores: What was measured of it.
        why: Why the search ends there (`drapto.quality.search.Why`).
        good: Whether it is at the target or above it.
    """

    chosen: Attempt | Joined
    scores: Scores
    why: Why
    good: bool


class Seeker:
    """The search for one segment's CRF, with what it works on.

    Args:
        request: What to encode, and where to.
        settings: What shapes the bytes, with a target.
        context: The title's surroundings.
        on_progress: Called about twice a second during each encode.
    """

    def __init__(
        self,
        request: EncodeRequest,
        settings: EncodeSettings,
        context: StageContext,
        on_progress: Callable[[EncodeProgress], None] | None = None,
    ) -> None:
        target = settings.target
        if target is None:
            raise ValueError("no target is set")
        self.request = request
        self.context = context
        self._settings = settings
        self._target = target
        self._metric = METRICS[target.metric]
        reference = reference_of(request, settings)
        shape = settings.model_dump(mode="json", exclude={"crf", "target"})
        key = key_of({**shape, "stream": request.stream}, request.source)
        self._bench = Workbench(
            request.attempts, f"{request.index:04d}", key, request.target, request.made_with
        )
        guesser = guesser_for(target.engine, request, settings)
        self._guesser = guesser(
            request,
            settings,
            self._metric,
            reference,
            self._bench,
            context=context,
            log=f"encode-{request.index:04d}",
        )
        self._make = Maker(
            request, settings, self._metric, reference, self._bench, context=context, on_progress=on_progress
        )

    def begin(self) -> tuple[float, float, float]:
        """Make the first attempt, if there is none.

        Returns:
            Its CRF, its score, and the score that its sketches let expect at that CRF.
        """
        tier = next(iter(tiers(self._target)))
        every = self._every(tier)
        if not self._bench.known.attempts:
            first = step(tier.goal, [], self._metric.scale, self._expected(tier.goal))
            if isinstance(first, Try):
                self._make.encoded(first.crf)
        attempt = self._bench.known.attempts[0]
        score = self._make.measured(attempt, every).harmonic
        expected = self._guesser.expected_score(attempt.crf)
        return attempt.crf, score, score if expected is None else expected

    def search(self) -> tuple[Tier, Found]:
        """Return what to deliver, and the tier that found it.

        Raises:
            StageError: No tier found anything that is good enough.
        """
        ends: list[tuple[Tier, Found]] = []
        for tier in tiers(self._target):
            ends.append((tier, self._search(tier)))
            if ends[-1][1].good:
                return ends[-1]
        if self._target.out_of_reach == "closest":
            return ends[-1]
        best = ends[-1][1]
        wanted = score_text(self._target.metric, self._target.score)
        raise StageError(
            f"segment {self.request.index} does not reach {wanted}: "
            f"CRF {best.chosen.crf:g} gives {best.scores.harmonic:.2f} ({best.why})",
            path=self.request.source,
            remedy='lower the target or quality.crf_min, or set quality.out_of_reach = "closest"',
        )

    def _search(self, tier: Tier) -> Found:
        """Search in one tier; what the others encoded is measured as it asks for."""
        every = self._every(tier)
        there = self._bench.delivered()
        if there is not None:
            scores = self._scores(there, every)
            if tier.goal.met_by(scores.harmonic):
                # a closer one may be known from another target's search; it is not worth another encode
                return Found(there, scores, "target", good=True)
        for attempt in self._bench.known.attempts:
            self._make.measured(attempt, every)
        while True:
            points = self._bench.known.points(every)
            expected = self._expected(tier.goal)
            found = step(tier.goal, points, self._metric.scale, expected)
            if isinstance(found, End):
                chosen = self._make.encoded(found.point.crf)
                return Found(chosen, self._scores(chosen, every), found.why, good=found.good)
            mended = self._mended(tier.goal, points, every, expected)
            if isinstance(mended, Mended):
                joined = Joined(crf=nearest(tier.goal, points).crf, first=mended.first, tail_crf=mended.crf)
                return Found(joined, self._scores(joined, every), "target", good=True)
            if mended is not None:
                self._make.measured(self._make.encoded(mended.crf, mended.first), every)
            else:
                self._make.measured(self._make.encoded(found.crf), every)

    def _mended(
        self, goal: Goal, points: Sequence[Point], every: int, expected: Expectation
    ) -> TryTail | Mended | None:
        """Return how the closest encode is mended, or what to try for it; None if it is not to be."""
        if not points or OPEN_GOP in self._settings.svt_params:
            return None
        base = nearest(goal, points).crf
        tails = self._bench.known.tails(base, every, self._settings.frames)
        return mend(goal, base, tails, self._metric.scale, expected)

    def _scores(self, chosen: Attempt | Joined, every: int) -> Scores:
        if isinstance(chosen, Attempt):
            return self._make.measured(chosen, every)
        return self._make.together(chosen, every)

    def _every(self, tier: Tier) -> int:
        return self._metric.step_for(1 if tier.dense else step_for(self._settings.frames))

    def _expected(self, goal: Goal) -> Expectation:
        """Return where to begin, and how fast the metric falls."""
        begun = bool(self._bench.known.attempts)
        return self._guesser.pace_only(goal) if begun else self._guesser.expect(goal)

    def _stretches(self, chosen: Attempt | Joined) -> tuple[Stretch, ...]:
        frames = self._settings.frames
        if isinstance(chosen, Attempt):
            return (Stretch(frames=frames, crf=chosen.crf),)
        head = Stretch(frames=chosen.first, crf=chosen.crf)
        return (head, Stretch(frames=frames - chosen.first, crf=chosen.tail_crf))

    def deliver(self, tier: Tier, found: Found, strategy: str) -> EncodedSegment:
        """Put what was found in its place, write its record, and remove the rest."""
        self._make.deliver(found.chosen)
        known, frames = self._bench.known, self._settings.frames
        stretches = self._stretches(found.chosen)
        sources = [found.chosen] if isinstance(found.chosen, Attempt) else self._make.sources(found.chosen)
        record = EncodedSegment(
            index=self.request.index,
            strategy=strategy,
            crf=round(sum(one.frames * one.crf for one in stretches) / frames, 2),
            preset=self._settings.preset,
            attempts=sum(one.starts for one in known.attempts),
            scores=found.scores,
            target=self._target.score,
            tier=tier.number,
            why=found.why,
            tried=tuple((point.crf, point.score) for point in known.points(self._every(tier))),
            stretches=stretches if len(stretches) > 1 else (),
            encodes=round(sum(frames - one.first for one in known.attempts) / frames, 3),
            frames=frames,
            bytes=self.request.target.stat().st_size,
            seconds=round(sum(one.seconds for one in sources), 3),
            cpu_seconds=round(sum(one.cpu_seconds for one in sources), 3),
            search_cpu_seconds=round(known.cpu_seconds, 3),
            complaints=sources[0].complaints,
            complaint=sources[0].complaint,
        ).write(self.request.record)
        self._bench.clear()
        return record


def reference_of(request: EncodeRequest, settings: EncodeSettings) -> Reference:
    """Return what a request's encodes are held against."""
    return Reference(
        source=request.source,
        stream=request.stream,
        crop=settings.crop,
        pix_fmt=settings.pix_fmt,
        width=request.width,
        height=request.height,
        frames=settings.frames,
        rate=settings.rate,
        filters=settings.filters,
        yuv_matrix=settings.yuv_matrix,
    )
