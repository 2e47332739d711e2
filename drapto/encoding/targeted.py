"""One segment to its target: predict, encode, measure, correct; the encode that is accepted is delivered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.encoding.attempt_store import AttemptStore
from drapto.encoding.attempts import Attempt, Splice
from drapto.encoding.job import SegmentContext
from drapto.encoding.lifting import Lifting
from drapto.encoding.prediction import predictor_for
from drapto.encoding.record import EncodedSegment, Stretch
from drapto.encoding.segment_search import SegmentSearch
from drapto.encoding.trial_encodes import TrialEncodes

if TYPE_CHECKING:
    from collections.abc import Callable

    from drapto.encoding.attempts import Attempts
    from drapto.encoding.job import SegmentJob
    from drapto.encoding.segment_search import Found
    from drapto.engine.context import EncodeProgress, StageContext
    from drapto.quality.target import QualityTarget, Tier


def encode_to_target(
    job: SegmentJob,
    target: QualityTarget,
    *,
    context: StageContext,
    report: Callable[[EncodeProgress], None] | None = None,
) -> EncodedSegment:
    """Encode one segment to a target.

    What was tried before, in a run that was interrupted or for another target, is not tried again.

    Args:
        job: The segment.
        target: The quality that it is to have.
        context: The title's surroundings.
        report: Called about twice a second during each encode.

    Raises:
        StageError: The target cannot be reached, and the settings do not take the closest.
        FrameCountError: An encode did not come to the planned number of frames.
        ToolFailedError: A child process failed.
    """
    segment = SegmentContext(job, target, context)
    trials, search = search_of(segment, report)
    tier, found = search.run()
    found = Lifting(segment, trials, tier).lifted(found)
    decoded = trials.deliver(found.chosen)
    record = _record(segment, tier, found, trials)
    record = record.model_copy(update={"decoded": decoded}).write(job.record)
    trials.clear()
    return record


def search_of(
    segment: SegmentContext, report: Callable[[EncodeProgress], None] | None = None
) -> tuple[TrialEncodes, SegmentSearch]:
    """Return a segment's search, and what makes the encodes that it asks for.

    Args:
        segment: The segment.
        report: Called about twice a second during each encode.
    """
    store = AttemptStore.of(segment.job, segment.measurement)
    trials = TrialEncodes(segment, store, report)
    return trials, SegmentSearch(segment, trials, predictor_for(segment, store))


def _record(segment: SegmentContext, tier: Tier, found: Found, trials: TrialEncodes) -> EncodedSegment:
    """Return the record of a segment that was delivered."""
    frames = segment.shape.frames
    known: Attempts = trials.known
    stretches = _stretches(found.chosen, frames)
    sources = trials.sources(found.chosen)
    statistic = segment.target.statistic
    stride = segment.metric.stride_for(tier.stride(frames))
    tried = known.parts(segment.starts, frames, stride, statistic).history()
    return EncodedSegment(
        index=segment.request.index,
        strategy=segment.job.strategy,
        crf=round(sum(one.frames * one.crf for one in stretches) / frames, 2),
        preset=segment.shape.preset if stretches[0].preset is None else stretches[0].preset,
        attempts=sum(one.starts for one in known.attempts),
        scores=found.scores,
        target=segment.target.score,
        statistic=statistic,
        tier=tier.number,
        why=found.why,
        tried=tuple((point.crf, point.score) for point in tried),
        low=found.low,
        stretches=stretches if len(stretches) > 1 else (),
        encodes=round(sum(one.frames(frames) for one in known.attempts) / frames, 3),
        frames=frames,
        bytes=segment.request.target.stat().st_size,
        seconds=round(sum(one.seconds for one in sources), 3),
        cpu_seconds=round(sum(one.cpu_seconds for one in sources), 3),
        search_cpu_seconds=round(known.cpu_seconds, 3),
        # the last part is decoded from the segment's first frame on
        complaints=sources[-1].complaints,
        complaint=sources[-1].complaint,
    )


def _stretches(chosen: Attempt | Splice, frames: int) -> tuple[Stretch, ...]:
    if isinstance(chosen, Attempt):
        return (Stretch(frames=frames, crf=chosen.crf, preset=chosen.preset),)
    return tuple(
        Stretch(frames=(section.end or frames) - section.first, crf=section.crf, preset=section.preset)
        for section in chosen.sections
    )
