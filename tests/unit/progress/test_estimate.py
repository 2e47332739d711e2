"""How far off the told remaining time is, over runs of machines that are unlike what was expected."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

import pytest

from drapto.progress.costs import Costs
from drapto.progress.estimate import Estimator
from drapto.progress.work import tasks_of
from drapto.state.events import EncodingStarted, ErrorEvent, StageComplete, StageStarted, TitleSkipped
from drapto.state.progress_events import StageRunning, StageWaiting
from tests.runs import Machine, Told, simulate, title_work

if TYPE_CHECKING:
    from drapto.progress.work import TitleWork

QUARTER = 0.25

OFTEN = 100
"""How many times it is asked in a long run. A display asks more often, and forgets sooner what was wrong."""

KINDS = {
    "to a target": [title_work("a", frames=3600, segments=10)],
    "at a fixed CRF": [title_work("a", frames=3600, segments=10, target=False)],
    "not split": [title_work("a", frames=1500, target=False)],
    "a few seconds": [title_work("a", frames=150)],
    "a queue of three": [
        title_work("a", frames=2400, segments=7),
        title_work("b", frames=240),
        title_work("c", frames=3000, segments=8, target=False, size=(960, 540)),
    ],
}

MACHINES = {
    "as expected": {},
    "a third as fast": {"": 3.0},
    "hard pictures": {"encode": 2.2, "measure": 0.5, "": 1.2},
    "easy pictures": {"encode": 0.5, "measure": 1.3},
}


def learnt(works: list[TitleWork], factors: dict[str, float]) -> Costs:
    """Return what a machine has taught by other pictures of the same kinds."""
    costs = Costs()
    usual = {kind: factor for kind, factor in factors.items() if kind not in ("encode", "measure")}
    *_, (last, _, _) = simulate(Machine(factors=usual, seed=7), works, most=10)
    for one in last.measured:
        costs.learn(*one)
    return costs


def told(works: list[TitleWork], factors: dict[str, float], costs: Costs | None = None) -> list[Told]:
    """Return what was told of all titles from a quarter of the run on, in runs with other chances."""
    return [
        whole
        for seed in range(3)
        for _, _, whole in simulate(Machine(factors=factors, seed=seed), works, costs, every=0.5, most=OFTEN)
        if whole.done >= QUARTER
    ]


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("kind", KINDS)
def test_the_end_is_told_from_a_quarter_of_the_work_on(kind: str, machine: str) -> None:
    works, factors = KINDS[kind], MACHINES[machine]
    errors = [one.error for one in told(works, factors, learnt(works, factors))]
    assert statistics.mean(errors) < 0.2
    close = sum(error < 0.2 for error in errors)
    # of a title whose turn it is not yet, nothing but what others took is known
    assert close >= (0.5 if kind == "a queue of three" else 0.7) * len(errors)


@pytest.mark.parametrize("kind", KINDS)
def test_it_never_tells_that_nothing_is_left_nor_leaps(kind: str) -> None:
    for seed in range(2):
        before: Told | None = None
        for _, _, whole in simulate(Machine(factors={"encode": 2.0}, seed=seed), KINDS[kind]):
            assert whole.seconds is not None
            assert whole.seconds >= 1
            assert 0 <= whole.fraction < 1
            if before is not None and before.done >= QUARTER:
                assert before.seconds is not None
                # from 25 s to 7 min is what it once did
                assert whole.seconds < 1.5 * before.seconds + 10
            before = whole


def test_a_fraction_does_not_tremble() -> None:
    reached: dict[str, float] = {}
    for _, titles, _ in simulate(Machine(factors={"encode": 2.0}), KINDS["a queue of three"]):
        for name, one in titles.items():
            before = reached.get(name, 0.0)
            assert one.fraction >= before or one.fraction <= before - 0.05
            reached[name] = one.fraction
    assert set(reached) == {"a", "b", "c"}


def test_the_titles_of_a_queue_end_one_after_the_other() -> None:
    _, titles, whole = next(simulate(Machine(), KINDS["a queue of three"]))
    ends = [titles[name].seconds or 0.0 for name in "abc"]
    assert ends[0] < ends[2]
    assert whole.seconds is not None
    assert whole.seconds == pytest.approx(max(ends), abs=1)


def test_what_follows_the_last_encode_is_left_when_that_has_ended() -> None:
    work = title_work("a", frames=3000, segments=4, target=False)
    estimator = Estimator(Costs(), 2)
    estimator.plan(work)
    now = 0.0
    for stage in ("probe", "crop", "fields", "elements", "subtitles", "segment"):
        estimator.feed(StageStarted(title="a", stage=stage), now)
        estimator.feed(StageComplete(title="a", stage=stage, seconds=1.0), now := now + 1)
    for number in (1, 2, 3, 4):
        estimator.feed(StageStarted(title="a", stage="encode", segment=number), now)
        estimator.feed(StageComplete(title="a", stage="encode", segment=number, seconds=1.0), now := now + 20)
    _, whole = estimator.estimate(now)
    # the checking decode, the join, the mux, the validation, the page
    assert whole.seconds is not None
    assert whole.seconds > 4
    assert whole.fraction < 0.99


def test_a_stage_that_waits_does_not_count_as_slow() -> None:
    work = title_work("a", frames=3000, segments=2, target=False)
    estimator = Estimator(Costs(), 2)
    estimator.plan(work)
    estimator.feed(StageStarted(title="a", stage="fields"), 0.0)
    estimator.feed(StageWaiting(title="a", stage="fields", waits_for="a processor"), 0.0)
    _, before = estimator.estimate(1.0)
    _, after = estimator.estimate(500.0)
    assert after.seconds == pytest.approx(before.seconds, rel=0.05)
    estimator.feed(StageRunning(title="a", stage="fields"), 500.0)
    estimator.feed(StageComplete(title="a", stage="fields", seconds=500.4), 500.4)
    assert estimator.measured == [("fields", pytest.approx(work.pixels(960)), pytest.approx(0.4))]


def test_segments_that_were_there_count_as_done_until_they_are_encoded_again() -> None:
    work = title_work("a", frames=12_000, segments=10, target=False)
    estimator = Estimator(Costs(), 2)
    estimator.plan(work, frozenset(range(1, 9)))
    estimator.keep({"title": "a", "stage": "encode", "segment": 1})
    estimator.feed(StageStarted(title="a", stage="encode", segment=9), 0.0)
    _, resumed = estimator.estimate(1.0)
    for number in (2, 3, 4):
        estimator.feed(StageStarted(title="a", stage="encode", segment=number), 1.0)
        estimator.feed(
            EncodingStarted(title="a", segment=number, segments=10, frames=1200, strategy="chunked"), 1.0
        )
    estimator2 = estimator.estimate(2.0)[1]
    assert resumed.seconds is not None
    assert estimator2.seconds is not None
    assert estimator2.seconds > 2 * resumed.seconds


def test_a_title_that_failed_or_is_left_alone_is_waited_for_no_longer() -> None:
    works = [title_work(name, frames=3000, segments=4) for name in "abc"]
    estimator = Estimator(Costs(), 2)
    for work in works:
        estimator.plan(work)
    _, before = estimator.estimate(1.0)
    estimator.feed(StageStarted(title="a", stage="probe"), 1.0)
    estimator.feed(ErrorEvent(title="a", stage="probe", message="broken"), 2.0)
    estimator.feed(TitleSkipped(title="b", reason="already AV1", remedy="--no-skip"), 2.0)
    titles, after = estimator.estimate(3.0)
    assert set(titles) == {"c"}
    assert after.seconds is not None
    assert before.seconds is not None
    assert after.seconds < 0.5 * before.seconds


def test_nothing_is_told_while_nothing_is_known() -> None:
    estimator = Estimator(Costs(), 2)
    estimator.expect(["a"])
    estimator.feed(StageStarted(title="a", stage="probe"), 0.0)
    assert estimator.estimate(1.0)[1].seconds is None


def test_thousands_of_segments_are_estimated_in_no_time() -> None:
    import time  # noqa: PLC0415  here alone

    estimator = Estimator(Costs(), 16)
    estimator.plan(title_work("a", frames=2_000_000, segments=5_000, slots=16))
    estimator.feed(StageStarted(title="a", stage="probe"), 0.0)
    began = time.process_time()
    estimator.estimate(1.0)
    assert time.process_time() - began < 1.0


def test_soon_before_the_end_what_is_known_is_told_at_once() -> None:
    """A wrong remaining time was let go of so slowly that short runs told it to their ends."""
    work = title_work("a", frames=300, target=False)
    estimator = Estimator(Costs(), 2)
    estimator.plan(work)
    now = 0.0
    for stage in ("probe", "crop", "fields", "elements", "subtitles", "segment"):
        estimator.feed(StageStarted(title="a", stage=stage), now)
        estimator.feed(StageComplete(title="a", stage=stage, seconds=0.1), now := now + 0.1)
    estimator.feed(StageStarted(title="a", stage="encode", segment=1), now)
    for _ in range(4):
        before = estimator.estimate(now := now + 1)[1]
    estimator.feed(StageComplete(title="a", stage="encode", segment=1, seconds=4.0), now)
    after = estimator.estimate(now)[1]
    estimator._told.clear()
    fresh = estimator.estimate(now)[1]
    assert before.seconds is not None
    assert after.seconds == pytest.approx(fresh.seconds, abs=0.1)
    assert after.seconds < before.seconds - 1


def test_only_the_frames_that_are_looked_at_count_for_fields() -> None:
    sizes = {
        frames: task.costs[0][1]
        for frames in (100, 960, 200_000)
        for task in tasks_of(title_work("a", frames=frames, target=False))
        if task.key[1] == "fields"
    }
    assert sizes[960] == pytest.approx(9.6 * sizes[100])
    assert sizes[200_000] == sizes[960]
