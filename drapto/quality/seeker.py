"""The search for one segment's CRF: what is tried, where it lies, and what is made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.engine import atomic
from drapto.errors import StageError
from drapto.quality.attempts import Attempt, Bench, key_of
from drapto.quality.guess import guesser_for
from drapto.quality.metrics import METRICS, Reference
from drapto.quality.sampling import step_for
from drapto.quality.search import End, Point, Try, step
from drapto.quality.target import Tier, tiers
from drapto.state.fingerprint import digest
from drapto.video.encode import run_encoder
from drapto.video.encode_settings import EncodedSegment, EncodeSettings
from drapto.words import score_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from drapto.engine.job import EncodeProgress, Job
    from drapto.quality.scale import Expectation
    from drapto.quality.scores import Scores
    from drapto.quality.search import Goal
    from drapto.video.strategies import Piece


class Seeker:
    """The search for one segment's CRF, with what it works on.

    Args:
        piece: What to encode, and where to.
        settings: What shapes the bytes, with a target.
        job: The title's surroundings.
        on_progress: Called about twice a second during each encode.
    """

    def __init__(
        self,
        piece: Piece,
        settings: EncodeSettings,
        job: Job,
        on_progress: Callable[[EncodeProgress], None] | None = None,
    ) -> None:
        target = settings.target
        if target is None:
            raise ValueError("no target is set")
        self.piece = piece
        self.job = job
        self._settings = settings
        self._target = target
        self._on_progress = on_progress
        self._metric = METRICS[target.metric]
        self._stage = f"encode-{piece.index:04d}"
        self._reference = reference_of(piece, settings)
        shape = settings.model_dump(mode="json", exclude={"crf", "target"})
        key = key_of({**shape, "stream": piece.stream}, piece.source)
        self._bench = Bench(piece.attempts, f"{piece.index:04d}", key, piece.target)
        guesser = guesser_for(target.engine, piece, settings)
        self._guesser = guesser(
            piece, settings, self._metric, self._reference, self._bench, job=job, stage=self._stage
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
                self._encoded(first.crf)
        attempt = self._bench.known.attempts[0]
        score = self._measured(attempt, every).harmonic
        expected = self._guesser.expected_score(attempt.crf)
        return attempt.crf, score, score if expected is None else expected

    def search(self) -> tuple[Tier, End]:
        """Return the encode to deliver, and the tier that found it.

        Raises:
            StageError: No tier found one that is good enough.
        """
        ends: list[tuple[Tier, End]] = []
        for tier in tiers(self._target):
            ends.append((tier, self._search(tier)))
            if ends[-1][1].good:
                return ends[-1]
        if self._target.out_of_reach == "closest":
            return ends[-1]
        best = ends[-1][1].point
        wanted = score_text(self._target.metric, self._target.score)
        raise StageError(
            f"segment {self.piece.index} does not reach {wanted}: "
            f"CRF {best.crf:g} gives {best.score:.2f} ({ends[-1][1].why})",
            path=self.piece.source,
            remedy='lower the target or quality.crf_min, or set quality.out_of_reach = "closest"',
        )

    def _search(self, tier: Tier) -> End:
        """Search in one tier; what the others encoded is measured as it asks for."""
        every = self._every(tier)
        there = self._bench.delivered()
        if there is not None:
            score = self._measured(there, every).harmonic
            if tier.goal.met_by(score):
                # a closer one may be known from another target's search; it is not worth another encode
                return End(Point(there.crf, score), "target", good=True)
        for attempt in self._bench.known.attempts:
            self._measured(attempt, every)
        while True:
            points = self._bench.known.points(every)
            found = step(tier.goal, points, self._metric.scale, self._expected(tier.goal))
            if isinstance(found, End):
                return found
            self._measured(self._encoded(found.crf), every)

    def _every(self, tier: Tier) -> int:
        return self._metric.step_for(1 if tier.dense else step_for(self._settings.frames))

    def _encoded(self, crf: float) -> Attempt:
        """Encode at ``crf``, unless that was done and its file is there."""
        known = self._bench.known.at(crf)
        if known is not None and self._bench.file(known) is not None:
            return known
        path = self._bench.path(crf)
        if known is None and path.is_file():
            # a run was killed between the encode, which is whole, and the record of what it took
            return self._bench.keep(Attempt(crf=crf, bytes=path.stat().st_size, digest=digest(path)))
        with atomic.replacing(path) as partial:
            done = run_encoder(
                self.piece, partial, self._settings.at(crf), job=self.job, on_progress=self._on_progress
            )
        attempt = Attempt(
            crf=crf,
            bytes=done.bytes,
            digest=digest(path),
            seconds=done.seconds,
            cpu_seconds=done.cpu_seconds,
            starts=done.starts,
            complaints=len(done.complaints),
            complaint="".join(done.complaints[:1]),
        )
        if known is not None and known.digest == attempt.digest:
            return known  # the same bytes again, since the encoder is deterministic: what was measured holds
        return self._bench.keep(attempt)

    def _measured(self, attempt: Attempt, every: int) -> Scores:
        """Measure an attempt, unless that was done."""
        known = attempt.measured(every)
        if known is not None:
            return known
        path = self._bench.file(attempt)
        if path is None:
            attempt = self._encoded(attempt.crf)
            path = self._bench.path(attempt.crf)
        with atomic.scratch(self._bench.record) as log:
            scores, cpu = self._metric.measure(
                path,
                self._reference,
                log,
                step=every,
                threads=self.piece.lp,
                job=self.job,
                stage=self._stage,
            )
        spent = attempt.measuring_cpu_seconds + cpu
        update = {"scores": (*attempt.scores, scores), "measuring_cpu_seconds": round(spent, 3)}
        self._bench.keep(attempt.model_copy(update=update))
        return scores

    def _expected(self, goal: Goal) -> Expectation:
        """Return where to begin, and how fast the metric falls."""
        begun = bool(self._bench.known.attempts)
        return self._guesser.pace_only(goal) if begun else self._guesser.expect(goal)

    def deliver(self, tier: Tier, end: End, strategy: str) -> EncodedSegment:
        """Put the accepted encode in its place, write its record, and remove the others."""
        attempt = self._encoded(end.point.crf)
        self._bench.deliver(self._bench.file(attempt) or self._bench.path(attempt.crf))
        known = self._bench.known
        every = self._every(tier)
        record = EncodedSegment(
            index=self.piece.index,
            strategy=strategy,
            crf=attempt.crf,
            preset=self._settings.preset,
            attempts=sum(one.starts for one in known.attempts),
            scores=attempt.measured(every),
            target=self._target.score,
            tier=tier.number,
            why=end.why,
            tried=tuple((point.crf, point.score) for point in known.points(every)),
            frames=self._settings.frames,
            bytes=attempt.bytes,
            seconds=attempt.seconds,
            cpu_seconds=attempt.cpu_seconds,
            search_cpu_seconds=round(known.cpu_seconds, 3),
            complaints=attempt.complaints,
            complaint=attempt.complaint,
        ).write(self.piece.record)
        self._bench.clear()
        return record


def reference_of(piece: Piece, settings: EncodeSettings) -> Reference:
    """Return what a piece's encodes are held against."""
    return Reference(
        source=piece.source,
        stream=piece.stream,
        crop=settings.crop,
        pix_fmt=settings.pix_fmt,
        width=piece.width,
        height=piece.height,
        frames=settings.frames,
        rate=settings.rate,
        filters=settings.filters,
        yuv_matrix=settings.yuv_matrix,
    )
