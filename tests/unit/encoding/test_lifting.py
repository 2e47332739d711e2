"""What is encoded again for a run below the floor, on encodes that are arithmetic."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from drapto.encoding.attempts import Attempt, Attempts, Section, Splice
from drapto.encoding.job import SegmentContext
from drapto.encoding.lifting import MOST, Lifting
from drapto.encoding.segment_search import Found
from drapto.quality.floor import SOUND
from drapto.quality.scores import Part, Scores, pooled, scores_of
from drapto.quality.target import tiers
from tests.encodes import job, request, shape, target

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.engine.context import StageContext

FRAMES, GOP, CRF = 240, 120, 34.0


class Encodes:
    """Encodes of a segment with a bad run: its CRF decides how low, its preset which blocks."""

    def __init__(
        self, run: tuple[int, int], *, score: float = 93.0, gain: float = 3.0, wrong: bool = False
    ) -> None:
        self.run, self.score, self.gain, self.blocks = run, score, gain, wrong
        self.known = Attempts(key="")
        self.made: list[Section] = []
        self.looks: list[tuple[int, int]] = []
        self.headers: dict[int | None, str] = {}

    def encoded(
        self, crf: float, first: int = 0, end: int = 0, *, stride: int = 0, preset: int | None = None
    ) -> Attempt:
        """Make an attempt, once; it has a keyframe every so many frames."""
        del stride
        known = self.known.at(crf, first, end, preset)
        if known is None:
            known = Attempt(
                crf=crf,
                first=first,
                end=end,
                preset=preset,
                keyframes=tuple(range(0, (end or FRAMES) - first, GOP)),
                bytes=1,
                digest="",
                header=self.headers.get(preset, ""),
            )
            self.made.append(known.section)
            self.known = self.known.model_copy(update={"attempts": (*self.known.attempts, known)})
        return known

    def measured(self, attempt: Attempt, stride: int) -> Scores:
        """Measure it, every frame."""
        begin, end = self.run
        bad = min(self.score, 93.0 + self.gain * (CRF - attempt.crf))
        frames = range(attempt.first, attempt.end or FRAMES, stride)
        values = [bad if begin <= frame < end else 93.0 + (CRF - attempt.crf) / 8 for frame in frames]
        if self.score < 93:
            low = self.score + self.gain * (CRF - attempt.crf)
            values = [low if begin <= frame < end else 93.0 + (CRF - attempt.crf) / 8 for frame in frames]
        scores = scores_of("vmaf", values, stride=stride)
        listed = {one.section: one for one in self.known.attempts}
        listed[attempt.section] = attempt.model_copy(update={"scores": (scores,)})
        self.known = self.known.model_copy(update={"attempts": tuple(listed.values())})
        return scores

    def look(self, attempt: Attempt, first: int, frames: int) -> Scores:
        """Measure every frame of a part."""
        self.looks.append((attempt.first + first, frames))
        found = self.measured(attempt, 1).between(first, first + frames)
        assert found is not None
        return found

    def wrong(self, attempt: Attempt) -> tuple[tuple[int, float], ...]:
        """Return the run's frames, where the preset is the title's."""
        if not self.blocks or attempt.preset is not None:
            return ()
        frames = range(attempt.first, attempt.end or FRAMES)
        return tuple((frame - attempt.first, 15.0) for frame in frames if frame in range(*self.run))

    def pooled(self, spliced: Splice, stride: int) -> Scores:
        """Return the scores of all parts."""
        parts: list[Part] = []
        at: list[int] = []
        for section, one in zip(spliced.sections, self.known.sources(spliced), strict=True):
            stop = section.end or FRAMES
            scores = self.measured(one, stride).between(section.first - one.first, stop - one.first)
            assert scores is not None
            parts.append(Part(frames=stop - section.first, scores=scores))
            at += (section.first + number for number in scores.numbers)
        return pooled(parts, listed=True, at=at)

    def sources(self, chosen: Attempt | Splice) -> tuple[Attempt, ...]:
        """Return what it is of."""
        return (chosen,) if isinstance(chosen, Attempt) else self.known.sources(chosen)


@pytest.fixture
def segment(tmp_path: Path, context: StageContext) -> SegmentContext:
    source = tmp_path / "source.mkv"
    source.write_bytes(b"source")
    asked = request(source, tmp_path / "encoded")
    goal = target(thorough=True, floor=78.0)
    return SegmentContext(job(asked, shape(FRAMES), goal), goal, context)


def lift(segment: SegmentContext, trials: Encodes, starts: tuple[int, ...] = (0,)) -> Found:
    """Lift a segment that was encoded in parts."""
    tier = next(tiers(segment.target))
    stride = tier.stride(FRAMES)
    parts = [trials.encoded(CRF, *ends) for ends in zip(starts, (*starts[1:], 0), strict=True)]
    trials.made.clear()
    found = Found(parts[0], trials.measured(parts[0], stride), "target", good=True)
    if len(parts) > 1:
        spliced = Splice.of([part.section for part in parts])
        found = Found(spliced, trials.pooled(spliced, stride), "target", good=True)
    return Lifting(segment, trials, tier).lifted(found)  # type: ignore[arg-type]


def test_what_has_no_run_below_the_floor_is_left(segment: SegmentContext) -> None:
    trials = Encodes((10, 40))
    found = lift(segment, trials)
    assert (found.low, trials.made) == ((), [])
    assert isinstance(found.chosen, Attempt)


def test_a_low_run_in_the_tail_gets_a_lower_crf_there(segment: SegmentContext) -> None:
    trials = Encodes((200, 230), score=70.0)
    found = lift(segment, trials)
    assert found.low == ()
    assert isinstance(found.chosen, Splice)
    assert found.chosen.starts == (0, GOP)
    head, tail = found.chosen.crfs
    assert tail < CRF == head
    assert trials.made == [Section(GOP, 0, tail)]
    assert found.why == "target"


def test_a_low_run_in_the_head_keeps_the_tail(segment: SegmentContext) -> None:
    trials = Encodes((10, 40), score=70.0)
    found = lift(segment, trials)
    assert isinstance(found.chosen, Splice)
    head, tail = found.chosen.crfs
    assert head < CRF == tail
    assert trials.made == [Section(0, GOP, head)]


def test_a_run_between_measured_frames_is_found_where_one_of_them_is_low(segment: SegmentContext) -> None:
    sampled = dataclasses.replace(segment, target=target(thorough=False, floor=78.0))
    stride = next(tiers(sampled.target)).stride(FRAMES)
    assert stride == 5
    trials = Encodes((200, 206), score=70.0)
    found = lift(sampled, trials)
    assert trials.looks == []
    assert isinstance(found.chosen, Splice), "two frames in a row of the measured were"
    trials = Encodes((199, 203), score=70.0)
    found = lift(sampled, trials)
    assert trials.looks[0] == (196, 9)
    assert isinstance(found.chosen, Splice)
    assert found.low == ()
    trials = Encodes((201, 202), score=70.0)
    assert isinstance(lift(sampled, trials).chosen, Attempt), "one frame is no run"


def test_a_run_over_the_keyframe_takes_the_whole(segment: SegmentContext) -> None:
    trials = Encodes((100, 140), score=70.0)
    assert isinstance(lift(segment, trials).chosen, Attempt)
    assert [(section.first, section.end) for section in trials.made] == [(0, 0)]


def test_of_several_parts_those_that_hold_the_run_are_lifted(segment: SegmentContext) -> None:
    trials = Encodes((60, 80), score=70.0)
    found = lift(segment, trials, (0, 48, 156))
    assert found.low == ()
    assert isinstance(found.chosen, Splice)
    assert found.chosen.starts == (0, 48, 156)
    first, lifted, last = found.chosen.crfs
    assert (first, last) == (CRF, CRF)
    assert trials.made == [Section(48, 156, lifted)]
    trials = Encodes((140, 170), score=70.0)
    found = lift(segment, trials, (0, 48, 156))
    assert found.low == ()
    assert [(section.first, section.end) for section in trials.made] == [(48, 156), (156, 0)]


def test_within_a_part_what_lies_between_its_keyframes_is_lifted(segment: SegmentContext) -> None:
    trials = Encodes((30 + GOP, 60 + GOP), score=70.0)
    found = lift(segment, trials, (0, 20))
    assert isinstance(found.chosen, Splice)
    assert found.chosen.starts == (0, 20, 20 + GOP), "the part has a keyframe there"
    assert [(section.first, section.end) for section in trials.made] == [(20 + GOP, 0)]
    trials = Encodes((30, 60), score=70.0)
    found = lift(segment, trials, (0, 20))
    assert isinstance(found.chosen, Splice)
    assert found.chosen.starts == (0, 20, 20 + GOP)
    assert [(section.first, section.end) for section in trials.made] == [(20, 20 + GOP)]
    assert found.low == ()


def test_wrong_blocks_are_found_where_they_are_in_a_part(segment: SegmentContext) -> None:
    trials = Encodes((160, 180), wrong=True)
    found = lift(segment, trials, (0, 48, 156))
    assert found.low == ()
    assert trials.made == [Section(156, 0, CRF, SOUND)]


def test_runs_are_found_where_parts_were_sampled_from_their_own_first_frames(segment: SegmentContext) -> None:
    sampled = dataclasses.replace(segment, target=target(thorough=False, floor=78.0))
    trials = Encodes((200, 203), score=70.0)
    # of the last part, frames 101, 106, ... are measured: one of the run, 201
    found = lift(sampled, trials, (0, 101))
    assert trials.looks[0] == (197, 9)
    assert found.low == ()


def test_what_no_encode_lifts_is_said(segment: SegmentContext) -> None:
    trials = Encodes((100, 140), score=20.0, gain=0.1)
    found = lift(segment, trials)
    assert [(run.kind, run.first, run.frames, run.worst) for run in found.low] == [("score", 100, 40, 20.0)]
    assert isinstance(found.chosen, Attempt)
    assert (found.chosen.section, len(trials.made)) == ((0, 0, CRF, None), 1), "not made larger for nothing"


def test_tries_are_few(segment: SegmentContext) -> None:
    trials = Encodes((100, 140), score=40.0, gain=1.0)
    found = lift(segment, trials)
    assert [section.crf for section in trials.made] == [CRF - 8, CRF - 16]
    assert len(trials.made) == MOST
    assert isinstance(found.chosen, Attempt)
    assert found.chosen.crf == CRF - 16
    assert [run.worst for run in found.low] == [56.0]
    assert found.why == "floor"


def test_wrong_blocks_get_a_slower_preset(segment: SegmentContext) -> None:
    trials = Encodes((200, 230), wrong=True)
    found = lift(segment, trials)
    assert found.low == ()
    assert trials.made == [Section(GOP, 0, CRF, SOUND)]
    assert found.chosen == Splice(starts=(0, GOP), crfs=(CRF, CRF), presets=(None, SOUND))


@pytest.mark.parametrize(("headers", "lifted"), [(("a", "a"), True), (("a", "b"), False), (("", "b"), True)])
def test_what_does_not_fit_to_other_segments_is_left(
    headers: tuple[str, str], lifted: bool, segment: SegmentContext
) -> None:
    trials = Encodes((200, 230), wrong=True)
    trials.headers = {None: headers[0], SOUND: headers[1]}
    assert (lift(segment, trials).low == ()) is lifted


def test_nobody_looks_for_wrong_blocks_where_the_preset_makes_none(segment: SegmentContext) -> None:
    how = segment.shape.model_copy(update={"preset": 6})
    slow = dataclasses.replace(segment, job=dataclasses.replace(segment.job, shape=how))
    trials = Encodes((200, 230), wrong=True)
    assert (lift(slow, trials).low, trials.made) == ((), [])


def test_without_a_floor_nothing_is_looked_at(segment: SegmentContext) -> None:
    off = dataclasses.replace(segment, target=target(thorough=True, floor=None))
    trials = Encodes((200, 230), score=20.0, wrong=True)
    assert (lift(off, trials).low, trials.made) == ((), [])
