"""What is encoded again for a run below the floor, on encodes that are arithmetic."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from drapto.encoding.attempts import Attempt, Attempts, Splice
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
        self.made: list[tuple[float, int, int | None]] = []
        self.looks: list[tuple[int, int]] = []
        self.headers: dict[int | None, str] = {}

    def encoded(self, crf: float, first: int = 0, preset: int | None = None) -> Attempt:
        """Make an attempt, once."""
        known = self.known.at(crf, first, preset)
        if known is None:
            self.made.append((crf, first, preset))
            keyframes = (0,) if first else (0, GOP)
            header = self.headers.get(preset, "")
            known = Attempt(
                crf=crf, first=first, preset=preset, keyframes=keyframes, bytes=1, digest="", header=header
            )
            self.known = self.known.model_copy(update={"attempts": (*self.known.attempts, known)})
        return known

    def measured(self, attempt: Attempt, stride: int) -> Scores:
        """Measure it, every frame."""
        begin, end = self.run
        bad = min(self.score, 93.0 + self.gain * (CRF - attempt.crf))
        frames = range(attempt.first, FRAMES, stride)
        values = [bad if begin <= frame < end else 93.0 + (CRF - attempt.crf) / 8 for frame in frames]
        if self.score < 93:
            low = self.score + self.gain * (CRF - attempt.crf)
            values = [low if begin <= frame < end else 93.0 + (CRF - attempt.crf) / 8 for frame in frames]
        return scores_of("vmaf", values, stride=stride)

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
        return tuple((frame - attempt.first, 15.0) for frame in range(*self.run) if frame >= attempt.first)

    def pooled(self, spliced: Splice, stride: int) -> Scores:
        """Return the scores of both parts."""
        head, tail = (self.measured(one, stride) for one in self.known.sources(spliced))
        first = head.between(0, spliced.first)
        whole = self.known.at(spliced.tail_crf, spliced.first, spliced.tail_preset) is None
        last = tail.between(spliced.first, FRAMES) if whole else tail
        assert first is not None
        assert last is not None
        parts = [Part(frames=GOP, scores=first), Part(frames=FRAMES - GOP, scores=last)]
        return pooled(parts, listed=True)

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


def lift(segment: SegmentContext, trials: Encodes) -> Found:
    base = trials.encoded(CRF)
    tier = next(tiers(segment.target))
    trials.made.clear()
    found = Found(base, trials.measured(base, tier.stride(FRAMES)), "target", good=True)
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
    assert (found.chosen.crf, found.chosen.first) == (CRF, GOP)
    assert found.chosen.tail_crf < CRF
    assert trials.made == [(found.chosen.tail_crf, GOP, None)]
    assert found.why == "target"


def test_a_low_run_in_the_head_keeps_the_tail(segment: SegmentContext) -> None:
    trials = Encodes((10, 40), score=70.0)
    found = lift(segment, trials)
    assert isinstance(found.chosen, Splice)
    assert (found.chosen.first, found.chosen.tail_crf) == (GOP, CRF)
    assert found.chosen.crf < CRF


def test_a_run_between_measured_frames_is_found_where_one_of_them_is_low(segment: SegmentContext) -> None:
    sampled = dataclasses.replace(segment, target=target(thorough=False, floor=78.0))
    stride = next(tiers(sampled.target)).stride(FRAMES)
    assert stride == 3
    trials = Encodes((200, 205), score=70.0)
    found = lift(sampled, trials)
    assert trials.looks == []
    assert isinstance(found.chosen, Splice), "two of three frames were measured"
    trials = Encodes((199, 203), score=70.0)
    found = lift(sampled, trials)
    assert trials.looks[0] == (199, 5)
    assert isinstance(found.chosen, Splice)
    assert found.low == ()
    trials = Encodes((201, 202), score=70.0)
    assert isinstance(lift(sampled, trials).chosen, Attempt), "one frame is no run"


def test_a_run_over_the_keyframe_takes_the_whole(segment: SegmentContext) -> None:
    trials = Encodes((100, 140), score=70.0)
    assert isinstance(lift(segment, trials).chosen, Attempt)
    assert [first for _, first, _ in trials.made] == [0]


def test_what_no_encode_lifts_is_said(segment: SegmentContext) -> None:
    trials = Encodes((100, 140), score=20.0, gain=0.1)
    found = lift(segment, trials)
    assert [(run.kind, run.first, run.frames, run.worst) for run in found.low] == [("score", 100, 40, 20.0)]
    assert (found.chosen, len(trials.made)) == (trials.known.at(CRF), 1), "it is not made larger for nothing"


def test_tries_are_few(segment: SegmentContext) -> None:
    trials = Encodes((100, 140), score=40.0, gain=1.0)
    found = lift(segment, trials)
    assert [crf for crf, _, _ in trials.made] == [CRF - 8, CRF - 16]
    assert len(trials.made) == MOST
    assert isinstance(found.chosen, Attempt)
    assert found.chosen.crf == CRF - 16
    assert [run.worst for run in found.low] == [56.0]
    assert found.why == "floor"


def test_wrong_blocks_get_a_slower_preset(segment: SegmentContext) -> None:
    trials = Encodes((200, 230), wrong=True)
    found = lift(segment, trials)
    assert found.low == ()
    assert trials.made == [(CRF, GOP, SOUND)]
    assert found.chosen == Splice(crf=CRF, first=GOP, tail_crf=CRF, tail_preset=SOUND)


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
