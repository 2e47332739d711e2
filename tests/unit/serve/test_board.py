"""What the page of `drapto serve` shows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from drapto.serve.board import MOST_LISTENERS, MOST_UNREAD, Board
from drapto.state.events import EncodingStarted, ErrorEvent, Progress, RunPaused, StageComplete, StageStarted
from drapto.state.progress_events import QueueProgress, StageRunning, StageWaiting, TitleProgress
from tests import known

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def board(tmp_path: Path) -> Board:
    project = known.project_in(tmp_path, names=["a", "b", "c\u202e"])
    return Board(project, {title.name for title in project.titles[:2]} | {project.titles[2].name})


def states(board: Board) -> dict[str, str]:
    return {one["name"]: one["state"] for one in board.snapshot()["titles"]}


def test_events_are_taken_in(board: Board) -> None:
    board(StageStarted(title="a", stage="encode", segment=1))
    board(StageStarted(title="a", stage="encode", segment=2))
    board(StageComplete(title="a", stage="encode", segment=1, seconds=1.0, summary="24 frames"))
    shown = board.snapshot()["titles"][0]
    assert (shown["state"], shown["stages"], shown["note"]) == ("running", ["encode"], "encode: 24 frames")
    board(StageComplete(title="a", stage="validate", seconds=1.0, decode_part=1))
    assert states(board)["a"] == "running"
    board(StageComplete(title="a", stage="validate", seconds=1.0))
    board(StageStarted(title="a", stage="report"))
    assert states(board)["a"] == "finished"
    board(ErrorEvent(title="b", stage="probe", message="is damaged"))
    assert board.snapshot()["titles"][1]["failures"] == ["probe: is damaged"]
    board(StageStarted(title="b", stage="encode"))
    assert states(board)["b"] == "failed"
    board(RunPaused(title="unknown", reason="full"))


def test_the_machine_of_each_segment_is_shown(board: Board) -> None:
    def begin(segment: int, where: str) -> None:
        board(StageStarted(title="a", stage="encode", segment=segment))
        started = {"segment": segment, "segments": 3, "frames": 24, "strategy": "chunked"}
        board(EncodingStarted(title="a", where=where, **started))

    def places() -> object:
        return board.snapshot()["titles"][0]["places"]

    begin(1, "two")
    begin(3, "two")
    begin(2, "one\u202e")
    assert places() == ["one\\u202e encodes segment 2", "two encodes segments 1, 3"]
    begin(1, "")  # again, and here
    board(StageComplete(title="a", stage="encode", segment=3, seconds=1.0))
    assert places() == ["one\\u202e encodes segment 2"]
    board(ErrorEvent(title="a", stage="encode", segment=2, message="failed"))
    assert places() == []


def test_what_waits_says_so_and_how_long_it_takes_is_told(board: Board) -> None:
    def shown() -> dict[str, object]:
        return board.snapshot()["titles"][0]  # type: ignore[no-any-return]

    board(StageStarted(title="a", stage="crop"))
    board(StageStarted(title="a", stage="encode", segment=1))
    board(StageWaiting(title="a", stage="encode", segment=1, waits_for="a processor"))
    assert (shown()["stages"], shown()["waits_for"]) == (["crop"], "")
    board(StageComplete(title="a", stage="crop", seconds=1.0))
    assert (shown()["stages"], shown()["waits_for"]) == ([], "a processor")
    board(StageRunning(title="a", stage="encode", segment=1))
    board(TitleProgress(title="a", fraction=0.25, seconds_left=71.0))
    assert (shown()["stages"], shown()["progress"], shown()["left"]) == (["encode"], 25.0, "1:10")
    board(QueueProgress(fraction=0.1, seconds_left=7500.0, titles=3, finished=1))
    assert board.snapshot()["far"] == "1 of 3 titles, 10 %, 2:05 h left"
    board.become("idle")
    board.settled(["a"])
    assert (board.snapshot()["far"], shown()["progress"], shown()["left"]) == ("", None, "")


def test_a_snapshot_is_json_whatever_names_hold(board: Board) -> None:
    assert json.loads(json.dumps(board.snapshot()))["titles"][2]["shown"] == "c\\u202e"


def test_titles_are_put_in_order(board: Board) -> None:
    last = board.titles[2].name
    assert board.move(last, -5)
    assert [title.name for title in board.titles] == [last, "a", "b"]
    assert board.move(last, 1)
    assert [title.name for title in board.titles] == ["a", last, "b"]
    assert not board.move("nobody", 1)


def test_what_failed_is_tried_again_and_nothing_else(board: Board) -> None:
    assert not board.retry("a")
    assert not board.retry("nobody")
    board(ErrorEvent(title="a", stage="probe", message="is damaged"))
    assert board.retry("a")
    assert board.wants_more
    assert [title.name for title in board.left()][:2] == ["a", "b"]
    assert not board.wants_more
    assert board.snapshot()["titles"][0]["failures"] == []


def test_what_is_left_to_do_is_taken_in_at_the_end(board: Board) -> None:
    board(ErrorEvent(title="a", stage="probe", message="is damaged"))
    board(StageStarted(title="b", stage="probe"))
    board.settled(["a", "b"])
    assert list(states(board).values()) == ["failed", "waiting", "finished"]


def test_listeners_are_told_and_those_too_far_behind_are_dropped(board: Board) -> None:
    line = board.listen()
    assert line is not None
    board(StageStarted(title="a", stage="probe"))
    assert [line.get_nowait() for _ in range(2)][1] == ("state", {})
    for frame in range(MOST_UNREAD + 1):
        board(Progress(title="a", stage="encode", frame=frame))
    messages = [line.get_nowait() for _ in range(line.qsize())]
    assert messages[-1] is None
    board(StageStarted(title="a", stage="probe"))
    assert line.empty()
    assert all(board.listen() for _ in range(MOST_LISTENERS))
    assert board.listen() is None
