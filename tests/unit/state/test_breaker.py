"""When a run stops beginning what only fails."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from drapto.state.breaker import MOST_OPENINGS, Admission, Breaker

if TYPE_CHECKING:
    from pathlib import Path

RESET = 0.2
GO = Admission()


@pytest.fixture
def breaker(tmp_path: Path) -> Breaker:
    return Breaker(tmp_path / "state" / "breaker", RESET)


def fail(
    breaker: Breaker, *tasks: str, title: str = "film", cause: str = "killed", alone: bool = True
) -> bool:
    return [breaker.failed(task, title, cause, alone=alone) for task in tasks][-1]


def test_without_failures_nothing_is_written(breaker: Breaker, tmp_path: Path) -> None:
    assert breaker.admit("encode:film:0001", "film") == GO
    breaker.passed()
    assert list(tmp_path.iterdir()) == []


def test_three_alike_in_a_row_stop_what_would_begin(tmp_path: Path) -> None:
    breaker = Breaker(tmp_path / "breaker", 600)
    assert not fail(breaker, "a", "b")
    assert breaker.admit("d", "film") == GO
    assert fail(breaker, "c")
    assert breaker.admit("d", "film").wait > 0


def test_a_success_or_another_cause_between_breaks_the_row(breaker: Breaker) -> None:
    fail(breaker, "a", "b")
    breaker.passed()
    assert not fail(breaker, "c", "d")
    assert not fail(breaker, "e", cause="stalled")
    assert not fail(breaker, "f", cause="stalled")
    assert breaker.admit("g", "film") == GO


def test_one_task_that_fails_again_and_again_stops_no_other(breaker: Breaker) -> None:
    assert not fail(breaker, "a", "a", "a", "a")
    assert breaker.admit("b", "film") == GO


def test_after_a_while_one_is_tried_and_all_go_on_when_it_succeeds(breaker: Breaker) -> None:
    fail(breaker, "a", "b", "c")
    time.sleep(RESET + 0.05)
    assert breaker.admit("d", "film") == GO
    assert breaker.admit("e", "film").wait > 0, "one alone is tried"
    assert breaker.admit("d", "film") == GO, "which may ask again"
    breaker.passed()
    assert breaker.admit("e", "film") == GO


def test_a_run_of_which_nothing_succeeds_ends(breaker: Breaker) -> None:
    assert fail(breaker, "a", "b", "c")
    for number in range(MOST_OPENINGS):
        time.sleep(RESET + 0.02)
        assert breaker.admit(f"try {number}", "film") == GO
        assert fail(breaker, f"try {number}")
    assert breaker.admit("last", "film").refused == "killed"


def test_a_title_that_fails_alone_is_given_up_alone(breaker: Breaker) -> None:
    assert not fail(breaker, "a", "b", "c", title="bad", alone=False)
    assert breaker.admit("d", "bad").refused == "killed"
    assert breaker.admit("e", "good") == GO


def test_what_fails_across_titles_is_the_machine_s(breaker: Breaker) -> None:
    fail(breaker, "a", title="one", alone=False)
    fail(breaker, "b", title="two", alone=False)
    assert fail(breaker, "c", title="three", alone=False)
    assert breaker.admit("d", "four").wait > 0


def test_another_process_sees_the_same_and_a_new_run_begins_anew(breaker: Breaker, tmp_path: Path) -> None:
    fail(breaker, "a", "b", "c")
    other = Breaker(tmp_path / "state" / "breaker", RESET)
    assert other.admit("d", "film").wait > 0
    other.begin()
    assert breaker.admit("d", "film") == GO


def test_a_damaged_file_stops_nothing(breaker: Breaker, tmp_path: Path) -> None:
    fail(breaker, "a", "b", "c")
    (tmp_path / "state" / "breaker").write_text("nonsense")
    assert breaker.admit("d", "film") == GO
