"""The search of one segment's CRF, on encodes that are arithmetic."""

from __future__ import annotations

import dataclasses
import math
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from drapto.encoding.attempt_store import AttemptStore
from drapto.encoding.attempts import Attempt, Attempts, Splice
from drapto.encoding.job import SegmentContext
from drapto.encoding.prediction import Predictor
from drapto.encoding.segment_search import SegmentSearch
from drapto.errors import StageError
from drapto.quality.scores import STATISTICS, Part, Scores, pooled, scores_of
from tests.encodes import job, request, shape, target

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drapto.engine.context import StageContext
    from drapto.quality.scale import Prediction
    from drapto.quality.scores import Statistic
    from drapto.quality.search import Goal

FRAMES = 240

STARTS = (0, 52, 115, 177)
"""Where its parts begin."""

SHORT = 100
"""Frames of a segment that is encoded whole."""


class Predicted(Predictor):
    """Predicts the same CRF always, and remembers how often it was asked."""

    first = 34.0

    def __init__(self, segment: SegmentContext, store: AttemptStore) -> None:
        super().__init__(segment, store)
        self.asked = 0

    def predict(self, goal: Goal) -> Prediction:
        """Return it."""
        self.asked += 1
        return self.usual(goal)._replace(first=self.first)


class Arithmetic:
    """Encodes whose score is a function of the CRF, and better in the segment's last part, or worse."""

    def __init__(self, curve: Callable[[float], float], *, better: float = 0.0, frames: int = FRAMES) -> None:
        self.curve = curve
        self.better = better
        self.frames = frames
        self.known = Attempts(key="")
        self.made: list[tuple[float, int, int]] = []
        self.there: Attempt | Splice | None = None

    def encoded(self, crf: float, first: int = 0, end: int = 0, *, stride: int = 0) -> Attempt:
        """Make an attempt, once."""
        del stride
        known = self.known.at(crf, first, end)
        if known is None:
            self.made.append((crf, first, end))
            known = Attempt(crf=crf, first=first, end=end, bytes=1, digest=f"{crf} {first} {end}")
            self._keep(known)
        return known

    def _keep(self, attempt: Attempt) -> None:
        listed = {(one.crf, one.first, one.end): one for one in (*self.known.attempts, attempt)}
        self.known = self.known.model_copy(update={"attempts": tuple(listed.values())})

    def measured(self, attempt: Attempt, stride: int) -> Scores:
        """Measure it: the last part scores better than the others by what was set."""
        known = attempt.measured(stride, self.frames)
        if known is None:
            score = self.curve(attempt.crf)
            frames = range(attempt.first, attempt.end or self.frames, stride)
            values = [score + (self.better if frame >= STARTS[-1] else 0.0) for frame in frames]
            known = scores_of("vmaf", values, stride=stride)
            self._keep(attempt.model_copy(update={"scores": (*attempt.scores, known)}))
        return known

    def pooled(self, spliced: Splice, stride: int) -> Scores:
        """Return the scores of all parts."""
        parts = [
            Part(frames=one.frames(self.frames), scores=self.measured(one, stride))
            for one in self.known.sources(spliced)
        ]
        return pooled(parts)

    def delivered(self) -> Attempt | Splice | None:
        """Return what the test says."""
        return self.there


def falling(missing: float, growth: float = 0.05) -> Callable[[float], float]:
    return lambda crf: max(0.0, 100 - missing * math.exp(growth * (crf - 32)))


def segment_of(folder: Path, context: StageContext, frames: int, **changes: object) -> SegmentContext:
    source = folder / "source.mkv"
    source.write_bytes(b"source")
    asked = request(source, folder / "encoded", index=3)
    aim = target(**changes)
    return SegmentContext(job(asked, shape(frames), aim), aim, context)


@pytest.fixture
def segment(tmp_path: Path, context: StageContext) -> SegmentContext:
    return segment_of(tmp_path, context, FRAMES)


@pytest.fixture
def short(tmp_path: Path, context: StageContext) -> SegmentContext:
    return segment_of(tmp_path, context, SHORT)


def search_on(segment: SegmentContext, trials: Arithmetic) -> tuple[SegmentSearch, Predicted]:
    predictor = Predicted(segment, AttemptStore.of(segment.job))
    return SegmentSearch(segment, trials, predictor), predictor


def aiming(segment: SegmentContext, **changes: object) -> SegmentContext:
    return dataclasses.replace(segment, target=target(**changes))


def test_a_short_segment_begins_where_it_is_predicted_and_ends_at_the_target(short: SegmentContext) -> None:
    trials = Arithmetic(falling(12), frames=SHORT)
    search, predictor = search_on(short, trials)
    tier, found = search.run()
    assert trials.made[0] == (34.0, 0, 0)
    assert predictor.asked == 1, "once begun, the slope alone is asked for"
    assert (tier.number, found.why, found.good) == (1, "target", True)
    assert isinstance(found.chosen, Attempt)
    assert abs(found.scores.harmonic - 93) <= 0.65
    assert len(trials.made) <= 3


def test_the_parts_after_the_first_make_up_for_it(segment: SegmentContext) -> None:
    trials = Arithmetic(falling(5.5))
    _, found = search_on(segment, trials)[0].run()
    assert found.why == "target"
    assert isinstance(found.chosen, Splice)
    assert (found.chosen.crf, found.chosen.starts) == (34.0, STARTS)
    assert min(found.chosen.crfs[1:]) > 34
    assert [(first, end) for _, first, end in trials.made] == list(pairwise((*STARTS, 0)))
    assert abs(found.scores.harmonic - 93) <= 0.65


def test_an_unlike_last_part_is_encoded_again_and_the_others_are_kept(segment: SegmentContext) -> None:
    trials = Arithmetic(falling(6.2), better=-4.5)
    _, found = search_on(segment, trials)[0].run()
    assert found.why == "target"
    assert [first for _, first, _ in trials.made] == [*STARTS, STARTS[-1]]


def test_the_first_attempt_is_an_anchors(segment: SegmentContext) -> None:
    trials = Arithmetic(falling(6))
    assert search_on(segment, trials)[0].begin() == (34.0, pytest.approx(falling(6)(34), abs=1e-3))
    assert trials.made == [(34.0, 0, STARTS[1])]
    search, predictor = search_on(segment, trials)
    search.begin()
    search.run()
    assert trials.made[0] == (34.0, 0, STARTS[1])
    assert len(set(trials.made)) == len(trials.made), "paid for twice"
    assert predictor.asked == 0


def test_the_first_attempt_of_a_short_anchor_is_the_whole(short: SegmentContext) -> None:
    trials = Arithmetic(falling(6), frames=SHORT)
    search_on(short, trials)[0].begin()
    assert trials.made == [(34.0, 0, 0)]


def test_what_is_delivered_and_good_enough_is_left(segment: SegmentContext) -> None:
    trials = Arithmetic(falling(6.5))
    trials.there = trials.encoded(33.0)
    trials.made.clear()
    _, found = search_on(segment, trials)[0].run()
    assert (found.chosen, found.why) == (trials.there, "target")
    assert trials.made == []


def test_what_an_earlier_version_encoded_whole_is_not_measured_where_it_is_not_delivered(
    segment: SegmentContext,
) -> None:
    trials = Arithmetic(falling(6.5))
    whole = trials.encoded(20.0)
    search_on(segment, trials)[0].run()
    assert trials.known.at(whole.crf) == whole


def test_what_is_out_of_reach_is_the_closest_of_the_last_tier(
    segment: SegmentContext, short: SegmentContext
) -> None:
    for each, frames in ((short, SHORT), (segment, FRAMES)):
        trials = Arithmetic(lambda crf: 80 - crf / 10, frames=frames)
        tier, found = search_on(each, trials)[0].run()
        assert (tier.number, found.why, found.good) == (3, "crf bound", False)
        assert found.scores.stride == 1, "the last tiers measure every frame"


def test_what_only_the_last_tier_takes_says_why_it_is_no_better(short: SegmentContext) -> None:
    trials = Arithmetic(lambda crf: 91.8 - crf / 10, frames=SHORT)
    tier, found = search_on(short, trials)[0].run()
    assert (tier.number, found.good) == (3, True)
    assert found.scores.mean > 90
    assert found.why == "crf bound"


def test_what_is_out_of_reach_fails_where_the_settings_say_so(segment: SegmentContext) -> None:
    trials = Arithmetic(lambda _: 50.0)
    with pytest.raises(StageError, match=r"segment 3 does not reach VMAF 93\.0: CRF .* gives 50\.00"):
        search_on(aiming(segment, out_of_reach="fail"), trials)[0].run()


def test_every_frame_is_measured_where_that_is_asked_for(segment: SegmentContext) -> None:
    _, found = search_on(segment, Arithmetic(falling(6.5)))[0].run()
    assert found.scores.stride == 5
    _, found = search_on(aiming(segment, thorough=True), Arithmetic(falling(6.5)))[0].run()
    assert found.scores.stride == 1


@pytest.mark.parametrize("statistic", STATISTICS)
@pytest.mark.parametrize("missing", [4.0, 12.0, 20.0])
def test_each_figure_of_the_frames_can_be_aimed_at(
    statistic: Statistic, missing: float, segment: SegmentContext
) -> None:
    aimed = aiming(segment, statistic=statistic, thorough=True)
    trials = Arithmetic(falling(missing), better=1.5)
    _, found = search_on(aimed, trials)[0].run()
    assert found.why == "target"
    assert found.scores.figure(statistic) == pytest.approx(93, abs=0.65)
    assert sum(one.frames(FRAMES) for one in trials.known.attempts) <= 4 * FRAMES
    assert statistic in ("harmonic", "mean") or isinstance(found.chosen, Attempt)
