"""What keeps a segment above the floor: runs of bad frames that its figure does not see are encoded again.

A run that scores too little gets a lower CRF, one with wrong blocks a slower preset: of each part that holds
some of it, what is encoded again goes from keyframe to keyframe. What that does not improve is said, in the
segment's record, in ``validation.json`` and in what the run says in the end.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from drapto.encoding.attempts import Attempt, Splice
from drapto.quality.floor import FAST, SOUND, low_blocks, low_scores, lower_crf, stretch, suspects
from drapto.video.encode_settings import OPEN_GOP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drapto.encoding.attempts import Section
    from drapto.encoding.job import SegmentContext
    from drapto.encoding.segment_search import Found
    from drapto.encoding.trial_encodes import TrialEncodes
    from drapto.quality.floor import Low
    from drapto.quality.target import Tier

ENOUGH = 0.8
"""Part of what is lacking that an encode may leave, or it is not worth its bytes."""

MOST = 2
"""Encodes for a run of one kind; what they do not lift stays."""


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
        rate, floor, scores = self._segment.shape.rate, self._segment.target.floor or 0.0, found.scores
        low = low_scores(scores, floor, frames=self._frames, rate=rate)
        for part in suspects(scores, floor, low, frames=self._frames, rate=rate):
            low += self._looked_at(found.chosen, part)
        if self._segment.shape.preset >= FAST:
            low += low_blocks(self._wrong(found.chosen), rate=rate)
        return sorted(low, key=lambda run: run.first)

    def _sections(self, chosen: Attempt | Splice) -> list[tuple[Section, Attempt]]:
        """Return what was chosen by its sections, each with the encode that it is of."""
        sections = [chosen.section] if isinstance(chosen, Attempt) else chosen.sections
        return list(zip(sections, self._trials.sources(chosen), strict=True))

    def _stop(self, section: Section) -> int:
        return section.end or self._frames

    def _looked_at(self, chosen: Attempt | Splice, part: range) -> list[Low]:
        """Return the runs of low scores in a part of what was chosen, all of whose frames are measured."""
        middle = part[len(part) // 2]
        section, attempt = next(one for one in self._sections(chosen) if middle < self._stop(one[0]))
        begin, end = max(part.start, section.first), min(part.stop, self._stop(section))
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
        found = []
        for section, source in self._sections(chosen):
            wrong = [(source.first + frame, off) for frame, off in self._trials.wrong(source)]
            found += [one for one in wrong if section.first <= one[0] < self._stop(section)]
        return found

    def _again(self, found: Found, low: Sequence[Low]) -> Found | None:
        """Encode again what holds the runs; None where nothing would be better."""
        chosen = found.chosen
        sections: list[Section] = []
        made: list[Attempt] = []
        for section, source in self._sections(chosen):
            replaced = self._replaced(section, source, low)
            if replaced is None:
                sections.append(section)
                continue
            made.append(self._encode(replaced))
            sections += _around(section, replaced)
        if not made:
            return None
        headers = {one.header for one in (*made, *self._trials.sources(chosen)) if one.header}
        if len(headers) > 1:
            return None  # another SVT-AV1, whose presets do not follow each other in one file
        spliced = Splice.of(sections) if len(sections) > 1 else None
        if spliced is None:
            scores = self._trials.measured(made[0], self._stride)
        else:
            scores = self._trials.pooled(spliced, self._stride)
        met = self._goal.met_by(scores.figure(self._segment.target.statistic))
        return replace(found, chosen=spliced or made[0], scores=scores, why=found.why if met else "floor")

    def _replaced(self, section: Section, source: Attempt, low: Sequence[Low]) -> Section | None:
        """Return what of a section is encoded again, and how; None where it has no run, or nothing helps."""
        own = [_within(run, section.first, self._stop(section)) for run in low]
        runs = [run for run in own if run.frames > 0]
        by = self._better(section, runs) if runs else None
        if by is None:
            return None
        cuts = [source.first + frame for frame in self._keyframes(source)]
        first, end = stretch(cuts, runs, section.first, self._stop(section))
        return by._replace(first=first, end=end % self._frames)

    def _encode(self, section: Section) -> Attempt:
        first, end, crf, preset = section
        known = self._trials.known.at(crf, first, end, preset)
        return known or self._trials.encoded(crf, first, end, stride=self._stride, preset=preset)

    def _better(self, now: Section, low: Sequence[Low]) -> Section | None:
        """Return the same, encoded in a way by which runs of one kind get better."""
        if low[0].kind == "blocks":
            preset = self._segment.shape.preset if now.preset is None else now.preset
            return now._replace(preset=SOUND) if preset > SOUND else None
        scale, floor = self._segment.metric.scale, self._segment.target.floor or 0.0
        crf = lower_crf(now.crf, low, floor, scale, self._goal.lowest)
        return None if crf is None else now._replace(crf=crf)

    def _keyframes(self, attempt: Attempt) -> tuple[int, ...]:
        """Return where an encode may be cut."""
        return () if OPEN_GOP in self._segment.shape.svt_params else attempt.keyframes


def _within(run: Low, first: int, end: int) -> Low:
    """Return what of a run is between two frames; it may have none."""
    begin = max(run.first, first)
    return run.model_copy(update={"first": begin, "frames": min(run.end, end) - begin})


def _around(section: Section, replaced: Section) -> list[Section]:
    """Return a section with one of another encode in its place, or in its midst."""
    found = [section._replace(end=replaced.first), replaced, section._replace(first=replaced.end)]
    if replaced.end == section.end:
        del found[2]
    return found[1:] if replaced.first == section.first else found
