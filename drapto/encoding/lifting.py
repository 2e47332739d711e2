"""What keeps a segment above the floor: runs of bad frames that its figure does not see are encoded again.

A run that scores too little gets a lower CRF, one with wrong blocks a slower preset: what is encoded again
ends or begins at a keyframe inside the segment where there is one. What that does not improve is said, in the
segment's record, in ``validation.json`` and in what the run says in the end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from drapto.encoding.attempts import Attempt, Splice
from drapto.quality.floor import FAST, SOUND, low_blocks, low_scores, lower_crf, stretch, suspects
from drapto.video.encode_settings import OPEN_GOP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drapto.encoding.job import SegmentContext
    from drapto.encoding.segment_search import Found
    from drapto.encoding.trial_encodes import TrialEncodes
    from drapto.quality.floor import Low
    from drapto.quality.target import Tier

ENOUGH = 0.8
"""Part of what is lacking that an encode may leave, or it is not worth its bytes."""

MOST = 2
"""Encodes for a run of one kind; what they do not lift stays."""


@dataclass(frozen=True)
class _By:
    """By what a stretch is encoded: at which CRF, by which preset; None is the title's."""

    crf: float
    preset: int | None


class Lifting:
    """Lifts what was found for a segment over its floor.

    Args:
        segment: The segment, with its target.
        trials: Makes the encodes.
        tier: What found it.
    """

    def __init__(self, segment: SegmentContext, trials: TrialEncodes, tier: Tier) -> None:
        self._segment = segment
        self._trials = trials
        self._goal = tier.goal
        self._frames = segment.shape.frames
        self._stride = segment.metric.stride_for(tier.stride(self._frames))

    def lifted(self, found: Found) -> Found:
        """Return what to deliver instead, with the runs that are left; the same where there are none.

        Raises:
            FrameCountError: An encode did not come to its frames.
            ToolFailedError: A child process failed.
        """
        if self._segment.target.floor is None:
            return found
        best, low = found, self._low(found)
        tried = dict.fromkeys(("score", "blocks"), 0)
        while low:
            # wrong blocks first: another preset changes the scores, too
            kind = "blocks" if any(run.kind == "blocks" for run in low) else "score"
            runs = [run for run in low if run.kind == kind]
            better = self._again(best, runs) if tried[kind] < MOST else None
            if better is None:
                break
            tried[kind] += 1
            left = self._low(better)
            if self._lacking(kind, left) > ENOUGH * self._lacking(kind, low):
                break
            best, low = better, left
        return replace(best, low=tuple(low))

    def _low(self, found: Found) -> list[Low]:
        rate, floor = self._segment.shape.rate, self._segment.target.floor
        low = low_scores(found.scores, floor or 0.0, frames=self._frames, rate=rate)
        for part in suspects(found.scores, floor or 0.0, low, frames=self._frames, rate=rate):
            low += self._looked_at(found.chosen, part)
        if self._segment.shape.preset >= FAST:
            low += low_blocks(self._wrong(found.chosen), rate=rate)
        return sorted(low, key=lambda run: run.first)

    def _looked_at(self, chosen: Attempt | Splice, part: range) -> list[Low]:
        """Return the runs of low scores in a part of what was chosen, all of whose frames are measured."""
        sources = self._trials.sources(chosen)
        attempt, begin, end = sources[0], part.start, part.stop
        if isinstance(chosen, Splice):
            if part[len(part) // 2] >= chosen.first:
                attempt, begin = sources[1], max(begin, chosen.first)
            else:
                end = min(end, chosen.first)
        scores = self._trials.look(attempt, begin - attempt.first, end - begin)
        rate, floor = self._segment.shape.rate, self._segment.target.floor or 0.0
        found = low_scores(scores, floor, frames=end - begin, rate=rate)
        return [run.model_copy(update={"first": begin + run.first}) for run in found]

    def _lacking(self, kind: str, low: Sequence[Low]) -> float:
        """Return what is bad in runs of one kind: frames with wrong blocks, or points that frames lack."""
        floor = self._segment.target.floor or 0.0
        runs = (run for run in low if run.kind == kind)
        return sum(run.frames * (floor - run.worst if kind == "score" else 1.0) for run in runs)

    def _wrong(self, chosen: Attempt | Splice) -> list[tuple[int, float]]:
        if isinstance(chosen, Attempt):
            return list(self._trials.wrong(chosen))
        head, tail = self._trials.sources(chosen)
        first = [one for one in self._trials.wrong(head) if one[0] < chosen.first]
        last = [(tail.first + frame, off) for frame, off in self._trials.wrong(tail)]
        return first + [one for one in last if one[0] >= chosen.first]

    def _again(self, found: Found, low: Sequence[Low]) -> Found | None:
        """Encode again what holds the runs; None where nothing would be better."""
        chosen = found.chosen
        first, head, tail = _parts(chosen)
        begin, end = stretch(self._keyframes(chosen), low, self._frames)
        by = self._better(tail if begin >= first and begin else head, low)
        if by is None:
            return None
        made = self._encode(by, begin)
        headers = {one.header for one in (made, *self._trials.sources(chosen)) if one.header}
        if len(headers) > 1:
            return None  # another SVT-AV1, whose presets do not follow each other in one file
        again: Attempt | Splice = made
        if begin:
            again = _spliced(head, begin, by)
        elif end < self._frames:
            again = _spliced(by, end, tail)
        if isinstance(again, Attempt):
            scores = self._trials.measured(again, self._stride)
        else:
            scores = self._trials.pooled(again, self._stride)
        met = self._goal.met_by(scores.figure(self._segment.target.statistic))
        return replace(found, chosen=again, scores=scores, why=found.why if met else "floor")

    def _encode(self, by: _By, first: int) -> Attempt:
        return self._trials.known.at(by.crf, first, by.preset) or self._trials.encoded(
            by.crf, first, by.preset
        )

    def _better(self, now: _By, low: Sequence[Low]) -> _By | None:
        """Return by what runs of one kind get better."""
        if low[0].kind == "blocks":
            preset = self._segment.shape.preset if now.preset is None else now.preset
            return replace(now, preset=SOUND) if preset > SOUND else None
        scale, floor = self._segment.metric.scale, self._segment.target.floor or 0.0
        crf = lower_crf(now.crf, low, floor, scale, self._goal.lowest)
        return None if crf is None else replace(now, crf=crf)

    def _keyframes(self, chosen: Attempt | Splice) -> tuple[int, ...]:
        """Return where the encode may be cut; what is spliced already, only where it is."""
        if OPEN_GOP in self._segment.shape.svt_params:
            return ()
        return chosen.keyframes if isinstance(chosen, Attempt) else (chosen.first,)


def _parts(chosen: Attempt | Splice) -> tuple[int, _By, _By]:
    """Return how many frames go before the second part, and by what both are; a whole is twice the same."""
    if isinstance(chosen, Attempt):
        whole = _By(chosen.crf, chosen.preset)
        return 0, whole, whole
    return chosen.first, _By(chosen.crf, chosen.preset), _By(chosen.tail_crf, chosen.tail_preset)


def _spliced(head: _By, first: int, tail: _By) -> Splice:
    return Splice(crf=head.crf, first=first, tail_crf=tail.crf, preset=head.preset, tail_preset=tail.preset)
