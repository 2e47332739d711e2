"""What an encode to a target tells of itself: a part is encoded, measured, the next one; then some again."""

from __future__ import annotations

import pytest

from drapto.progress.costs import AGAIN, AGAIN_ALONE, Costs
from drapto.progress.estimate import Estimator
from drapto.progress.rounds import Rounds
from drapto.progress.work import tasks_of
from drapto.state.events import EncodingStarted, Progress, StageComplete, StageStarted
from tests.runs import title_work


def told(rounds: Rounds, *reports: tuple[float, float, float]) -> Rounds:
    for now, fraction, part in reports:
        rounds.tell(fraction, part, now)
    return rounds


def test_frames_alone_say_nothing_of_a_search() -> None:
    assert Rounds(1.2, 100.0).total(100.0) is None
    rounds = told(Rounds(1.2, 100.0), (101.0, 0.1, 0.0), (101.5, 0.15, 0.0), (119.0, 0.2, 0.0))
    assert rounds.total(100.0) is None, "an encoder that rests has not measured yet"


def test_what_lies_before_a_part_that_begins_is_measured() -> None:
    # a fifth of it took 10 s, the measurement included
    rounds = told(Rounds(1.2, 100.0), (101.0, 0.1, 0.0), (102.0, 0.2, 0.0), (110.0, 0.21, 0.2))
    assert rounds.total(100.0) == pytest.approx(1.2 * 50)
    # what is encoded since is not measured yet
    assert told(rounds, (111.0, 0.5, 0.2), (119.0, 0.6, 0.2)).total(100.0) == pytest.approx(1.2 * 50)
    assert told(rounds, (136.0, 0.61, 0.6)).total(100.0) == pytest.approx(1.2 * 60)


def test_a_part_that_is_encoded_again_is_the_last_until_another_is() -> None:
    rounds = told(Rounds(1.2, 100.0), (101.0, 0.4, 0.0), (110.0, 0.6, 0.5), (111.0, 1.0, 0.5))
    assert told(rounds, (120.0, 0.6, 0.5)).total(100.0) == pytest.approx(20 + 0.5 * 20), "the second of two"
    assert told(rounds, (121.0, 0.9, 0.5)).total(100.0) == pytest.approx(20 + 0.5 * 20)
    assert told(rounds, (126.0, 0.1, 0.0)).total(100.0) == pytest.approx(26 + 0.5 * 20), "the first"
    assert told(rounds, (133.0, 0.55, 0.5)).total(100.0) == pytest.approx(33 + 0.5 * 20), "that again"


def test_a_segment_in_one_part_is_encoded_again_from_its_beginning() -> None:
    rounds = told(Rounds(1.2, 100.0), (101.0, 0.4, 0.0), (110.0, 1.0, 0.0))
    assert rounds.total(100.0) is None
    assert told(rounds, (120.0, 0.1, 0.0)).total(100.0) == pytest.approx(20 + 20)


def test_what_a_calibration_has_encoded_before_is_not_counted_as_done_fast() -> None:
    rounds = told(Rounds(1.0, 0.0), (0.5, 0.35, 0.3), (1.0, 0.6, 0.3), (7.0, 0.65, 0.6))
    assert rounds.total(0.0) == pytest.approx(7.0 * 0.7 / 0.3)


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
    for after, frame, first in ((1.0, 100, 0), (2.0, 160, 0), (40.0, 170, 160), (42.0, 320, 160)):
        estimator.feed(
            Progress(title="a", stage="encode", segment=1, frame=frame, frames=480, first=first), now + after
        )
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
