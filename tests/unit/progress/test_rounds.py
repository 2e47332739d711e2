"""What an encode to a target tells of itself: a part is encoded, measured, the next one; then some again."""

from __future__ import annotations

import pytest

from drapto.progress.costs import AGAIN, AGAIN_ALONE, Costs
from drapto.progress.estimate import Estimator
from drapto.progress.rounds import Rounds
from drapto.progress.work import tasks_of
from drapto.state.events import EncodingStarted, Progress, StageComplete, StageStarted
from tests.runs import title_work


def told(rounds: Rounds, *reports: tuple[float, float]) -> Rounds:
    for now, fraction in reports:
        rounds.tell(fraction, now)
    return rounds


def test_frames_alone_say_nothing_of_a_search() -> None:
    assert Rounds(1.2, 100.0).total(100.0) is None
    assert told(Rounds(1.2, 100.0), (101.0, 0.1), (101.5, 0.4), (102.0, 0.8)).total(100.0) is None


def test_what_was_encoded_before_a_rest_is_measured_when_it_goes_on() -> None:
    # a fifth of it took 10 s, the measurement included
    rounds = told(Rounds(1.2, 100.0), (101.0, 0.1), (102.0, 0.2), (102.0, 0.2), (110.0, 0.2), (110.0, 0.25))
    assert rounds.total(100.0) == pytest.approx(1.2 * 50)
    # what is encoded since is not measured yet
    assert told(rounds, (111.0, 0.6)).total(100.0) == pytest.approx(1.2 * 50)
    assert told(rounds, (130.0, 0.7)).total(100.0) == pytest.approx(1.2 * 50)
    assert rounds.measured == (0.6, 130.0)


def test_a_round_that_begins_anew_is_the_last_until_another_does() -> None:
    rounds = told(Rounds(1.2, 100.0), (101.0, 0.5), (110.0, 0.6), (111.0, 1.0), (120.0, 0.1))
    assert rounds.total(100.0) == pytest.approx(20 + 0.7 * 20)
    # what it tells of itself counts for more
    assert told(rounds, (121.0, 0.4), (124.0, 0.5)).total(100.0) == pytest.approx(20 + 4 / 0.4)


def test_what_a_calibration_has_encoded_before_is_not_counted_as_done_fast() -> None:
    rounds = told(Rounds(1.0, 0.0, 0.3), (0.5, 0.35), (1.0, 0.6), (7.0, 0.65))
    assert rounds.total(0.0) == pytest.approx(7.0 * 0.7 / 0.3)
    # or it is encoded again at another CRF
    assert told(Rounds(1.0, 0.0, 0.3), (0.5, 0.1)).total(0.0) is None


def test_a_long_search_is_told_of_by_its_parts() -> None:
    """Until it ended, 1.4 times what it had taken so far was told: a quarter of its time, then a half."""
    estimator = Estimator(Costs(), 2)
    estimator.plan(title_work("a", frames=480, target=True, size=(320, 180)))
    now = 0.0
    for stage in ("probe", "crop", "fields", "elements", "subtitles", "segment"):
        estimator.feed(StageStarted(title="a", stage=stage), now)
        estimator.feed(StageComplete(title="a", stage=stage, seconds=0.1), now := now + 0.1)
    estimator.feed(StageStarted(title="a", stage="encode", segment=1), now)
    estimator.feed(
        EncodingStarted(title="a", segment=1, segments=1, frames=480, strategy="chunked", threads=2), now
    )
    for after, frame in ((1.0, 100), (2.0, 160), (40.0, 170), (42.0, 320)):
        estimator.feed(Progress(title="a", stage="encode", segment=1, frame=frame, frames=480), now + after)
        for second in range(8):
            whole = estimator.estimate(now + after + second / 4)[1]
    assert whole.seconds is not None
    assert 40 + whole.seconds == pytest.approx(40 * 3 * AGAIN_ALONE, rel=0.2)


def test_where_nothing_was_calibrated_more_is_encoded_again() -> None:
    def cost(segments: int) -> float:
        work = title_work("a", frames=4800, segments=segments)
        own = [task for task in tasks_of(work) if task.key[1] in ("encode", "calibrate")]
        return sum(size for task in own for kind, size in task.costs if kind == "measure")

    assert cost(3) / cost(8) == pytest.approx(AGAIN_ALONE / AGAIN, rel=0.05)
