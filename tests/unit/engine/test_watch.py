"""Work in drapto's own process that shows no sign of life."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from drapto.engine import atomic, watch
from drapto.engine.causes import STALLED_DISK, exit_code, of_error
from drapto.engine.execution import Call, EngineSettings, LocalEngine, Needs
from drapto.engine.process import run
from drapto.engine.watch import GivenUpError, excused, require_wanted, watched
from drapto.errors import StageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 0.8


def read_first_byte(source: Path) -> bytes:
    with source.open("rb") as file:
        return file.read(1)


def write_when_it_comes(source: Path, target: Path) -> None:
    with atomic.replacing(target) as partial:
        partial.write_bytes(b"begun")
        partial.write_bytes(read_first_byte(source))


def report_for_ever(report: Callable[[object], None]) -> None:
    while True:
        time.sleep(0.05)
        report("still here")


@pytest.fixture
def silent(tmp_path: Path) -> Iterator[Path]:
    """A pipe that somebody has opened and writes nothing to, as a file of a server that does not answer."""
    path = tmp_path / "film.mkv"
    os.mkfifo(path)
    handle = os.open(path, os.O_RDWR)
    yield path
    os.close(handle)


@pytest.fixture
def engine(tmp_path: Path) -> LocalEngine:
    return LocalEngine(EngineSettings(tmp_path / "engine", cpus=1, memory=1 << 30, patience=PATIENCE))


def test_a_read_that_never_returns_is_given_up_and_named(engine: LocalEngine, silent: Path) -> None:
    began = time.monotonic()
    with pytest.raises(StageError) as raised:
        engine.run(Call.of(read_first_byte, source=silent), Needs(cpus=1), lambda _report: None)
    assert PATIENCE <= time.monotonic() - began < 10 * PATIENCE
    assert str(raised.value).startswith(f"{silent}: stalled: nothing could be read from it")
    assert of_error(raised.value) is STALLED_DISK
    assert exit_code(1, {STALLED_DISK.name}) == 4
    # what it held is free again
    engine.run(Call.of(read_first_byte, source=Path(__file__)), Needs(cpus=1), lambda _report: None)


def test_a_file_that_cannot_even_be_opened_is_named(engine: LocalEngine, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "film.mkv")
    with pytest.raises(StageError, match=r"film\.mkv: stalled"):
        engine.run(Call.of(read_first_byte, source=tmp_path / "film.mkv"), Needs(), lambda _report: None)


def test_what_was_given_up_puts_no_file_under_its_name(
    engine: LocalEngine, silent: Path, tmp_path: Path
) -> None:
    target = tmp_path / "target"
    with pytest.raises(StageError):
        engine.run(Call.of(write_when_it_comes, source=silent, target=target), Needs(), lambda _report: None)
    assert list(tmp_path.glob("*.partial"))
    silent.open("wb").write(b"x")
    until = time.monotonic() + 10
    while list(tmp_path.glob(".*.partial")) and time.monotonic() < until:
        time.sleep(0.02)
    assert not list(tmp_path.glob(".*.partial"))
    assert not target.exists()


def test_a_call_that_tells_nobody_ends(engine: LocalEngine) -> None:
    told: list[object] = []

    def hear(report: object) -> None:
        told.append(report)

    with pytest.raises(StageError):  # twenty sleeps a second are no work
        engine.run(Call.of(report_for_ever), Needs(), hear)
    count = len(told)
    time.sleep(0.3)
    assert len(told) <= count + 1


def test_a_child_that_is_watched_itself_and_the_flush_of_a_file_may_take_their_time() -> None:
    def wait_for_a_child() -> str:
        run(["sleep", f"{2 * PATIENCE}"])
        return "ended"

    def flush() -> str:
        with excused():
            time.sleep(2 * PATIENCE)
        return "flushed"

    assert watched(wait_for_a_child, PATIENCE) == "ended"
    assert watched(flush, PATIENCE) == "flushed"
    assert watched(flush, PATIENCE, paused=lambda: True) == "flushed"


def test_what_computes_is_at_work() -> None:
    def compute() -> int:
        until, count = time.monotonic() + 2.5 * PATIENCE, 0
        while time.monotonic() < until:
            count += 1
        return count

    assert watched(compute, PATIENCE) > 0


def test_what_is_raised_and_returned_comes_through() -> None:
    def fail() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        watched(fail, PATIENCE)
    assert watched(lambda: 5, 0) == 5


def test_only_the_thread_that_was_given_up_is_ended(silent: Path) -> None:
    ended = threading.Event()

    def read() -> None:
        try:
            read_first_byte(silent)
            with contextlib.suppress(Exception):  # it is no exception that anything handles
                require_wanted()
        except GivenUpError:
            ended.set()

    with pytest.raises(StageError, match="stalled"):
        watched(read, PATIENCE)
    require_wanted()
    silent.open("wb").write(b"x")
    assert ended.wait(10)


def test_a_thread_that_ends_before_its_work_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch._Worker, "_run", lambda _self: None)
    with pytest.raises(RuntimeError, match="ended before the call"):
        watched(lambda: 1, 0.4)
