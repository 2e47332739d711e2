"""The search of one segment's CRF, on encodes that are arithmetic."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import pytest

from drapto.encoding.attempt_store import AttemptStore
from drapto.encoding.attempts import Attempt, Attempts, Splice
from drapto.encoding.job import SegmentContext
from drapto.encoding.prediction import Predictor
from drapto.encoding.segment_search import OPEN_GOP, SegmentSearch
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

FRAMES, GOP = 240, 120


class Predicted(Predictor):
    """Predicts the same CRF always, and remembers how often it was asked."""

    first = 34.0

    def __init__(self, segment: SegmentContext, store: AttemptStore) -> None:
        super().__init__(segment, store)
        self.asked = 0

    def predict(self, goal: Goal) -> Prediction:
        """Return it."""
        self.asked += 1
        return self.slope_only(goal)._replace(first=self.first)

    def predicted_score(self, crf: float) -> float:
        """Return what nothing has."""
        return 100 - crf


class Arithmetic:
    """Encodes whose score is a function of the CRF, and of the half of the segment."""

    def __init__(
        self, curve: Callable[[float], float], *, better: float = 0.0, keyframe: bool = True
    ) -> None:
        self.curve = curve
        self.better = better
        self.keyframes = (0, GOP) if keyframe else (0,)
        self.known = Attempts(key="")
        self.made: list[tuple[float, int]] = []
        self.there: Attempt | Splice | None = None

    def encoded(self, crf: float, first: int = 0) -> Attempt:
        """Make an attempt, once."""
        known = self.known.at(crf, first)
        if known is None:
            self.made.append((crf, first))
            keyframes = (0,) if first else self.keyframes
            known = Attempt(crf=crf, first=first, keyframes=keyframes, bytes=1, digest=f"{crf} {first}")
            self._keep(known)
        return known

    def _keep(self, attempt: Attempt) -> None:
        listed = {(one.crf, one.first): one for one in (*self.known.attempts, attempt)}
        self.known = self.known.model_copy(update={"attempts": tuple(listed.values())})

    def measured(self, attempt: Attempt, stride: int) -> Scores:
        """Measure it: the second half scores better than the first by what was set."""
        known = attempt.measured(stride)
        if known is None:
            score = self.curve(attempt.crf)
            frames = range(attempt.first, FRAMES, stride)
            values = [score + (self.better if frame >= GOP else 0.0) for frame in frames]
            known = scores_of("vmaf", values, stride=stride)
            self._keep(attempt.model_copy(update={"scores": (*attempt.scores, known)}))
        return known

    def pooled(self, spliced: Splice, stride: int) -> Scores:
        """Return the scores of both halves."""
        head, tail = (one.measured(stride) for one in self.known.sources(spliced))
        assert head is not None
        assert tail is not None
        first = head.between(0, spliced.first)
        assert first is not None
        last = tail if self.known.at(spliced.tail_crf, spliced.first) else tail.between(spliced.first, FRAMES)
        assert last is not None
        rest = FRAMES - spliced.first
        return pooled([Part(frames=spliced.first, scores=first), Part(frames=rest, scores=last)])

    def delivered(self) -> Attempt | Splice | None:
        """Return what the test says."""
        return self.there


def falling(missing: float, growth: float = 0.05) -> Callable[[float], float]:
    return lambda crf: max(0.0, 100 - missing * math.exp(growth * (crf - 32)))


@pytest.fixture
def segment(tmp_path: Path, context: StageContext) -> SegmentContext:
    source = tmp_path / "source.mkv"
    source.write_bytes(b"source")
    asked = request(source, tmp_path / "encoded", index=3)
    return SegmentContext(job(asked, shape(FRAMES), target()), target(), context)


def search_on(segment: SegmentContext, trials: Arithmetic) -> tuple[SegmentSearch, Predicted]:
    predictor = Predicted(segment, AttemptStore.of(segment.job))
    return SegmentSearch(segment, trials, predictor), predictor


def aiming(segment: SegmentContext, **changes: object) -> SegmentContext:
    return dataclasses.replace(segment, target=target(**changes))  # type: ignore[arg-type]


def test_it_begins_where_it_is_predicted_and_ends_at_the_target(segment: SegmentContext) -> None:
    trials = Arithmetic(falling(12), keyframe=False)
    search, predictor = search_on(segment, trials)
    tier, found = search.run()
    assert trials.made[0] == (34.0, 0)
    assert predictor.asked == 1, "once begun, the slope alone is asked for"
    assert (tier.number, found.why, found.good) == (1, "target", True)
    assert isinstance(found.chosen, Attempt)
    assert abs(found.scores.harmonic - 93) <= 0.65
    assert len(trials.made) <= 3


def test_the_first_attempt_is_an_anchors(segment: SegmentContext) -> None:
    trials = Arithmetic(falling(12))
    assert search_on(segment, trials)[0].begin() == (34.0, pytest.approx(falling(12)(34), abs=1e-3), 66.0)
    search, predictor = search_on(segment, trials)
    search.begin()
    search.run()
    assert trials.made[0] == (34.0, 0)
    assert len(set(trials.made)) == len(trials.made), "paid for twice"
    assert predictor.asked == 0


def test_a_small_miss_is_spliced(segment: SegmentContext) -> None:
    trials = Arithmetic(falling(5.2))
    _, found = search_on(segment, trials)[0].run()
    assert found.why == "target"
    assert isinstance(found.chosen, Splice)
    assert (found.chosen.crf, found.chosen.first) == (34.0, GOP)
    assert found.chosen.tail_crf > 34
    assert trials.made == [(34.0, 0), (found.chosen.tail_crf, GOP)]


def test_an_open_gop_is_not_spliced(segment: SegmentContext) -> None:
    how = segment.shape.model_copy(update={"svt_params": f"tune=0:{OPEN_GOP}"})
    whole = dataclasses.replace(segment, job=dataclasses.replace(segment.job, shape=how))
    trials = Arithmetic(falling(5.2))
    _, found = search_on(whole, trials)[0].run()
    assert isinstance(found.chosen, Attempt)
    assert all(first == 0 for _, first in trials.made)


def test_what_is_delivered_and_good_enough_is_left(segment: SegmentContext) -> None:
    trials = Arithmetic(falling(6.5))
    trials.there = trials.encoded(33.0)
    trials.made.clear()
    _, found = search_on(segment, trials)[0].run()
    assert (found.chosen, found.why) == (trials.there, "target")
    assert trials.made == []


def test_what_is_out_of_reach_is_the_closest_of_the_last_tier(segment: SegmentContext) -> None:
    trials = Arithmetic(lambda crf: 80 - crf / 10, keyframe=False)
    tier, found = search_on(segment, trials)[0].run()
    assert (tier.number, found.why, found.good) == (3, "crf bound", False)
    assert found.scores.stride == 1, "the last tiers measure every frame"


def test_what_is_out_of_reach_fails_where_the_settings_say_so(segment: SegmentContext) -> None:
    trials = Arithmetic(lambda _: 50.0, keyframe=False)
    with pytest.raises(StageError, match=r"segment 3 does not reach VMAF 93\.0: CRF .* gives 50\.00"):
        search_on(aiming(segment, out_of_reach="fail"), trials)[0].run()


def test_every_frame_is_measured_where_that_is_asked_for(segment: SegmentContext) -> None:
    _, found = search_on(segment, Arithmetic(falling(6.5)))[0].run()
    assert found.scores.stride == 3
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
    assert len(trials.made) <= 4
    assert statistic in ("harmonic", "mean") or isinstance(found.chosen, Attempt)
