"""Children that hang are found, those that only are quiet are left alone."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from drapto.engine import process
from drapto.engine.context import _progress_reader
from drapto.engine.vitals import Limits
from drapto.errors import StalledError

if TYPE_CHECKING:
    from pathlib import Path

QUICK = Limits(patience=0.8)
HARDLY = Limits(patience=0.3)
"""For what is to be killed, however slow the machine is."""


def shell(text: str) -> list[str]:
    return ["/bin/sh", "-c", text]


@pytest.mark.parametrize(
    "hang",
    [
        "sleep 60",
        "sleep 60 & wait",
        "echo begun; sleep 60",
        "kill -STOP $$",
    ],
)
def test_a_silent_child_is_killed(hang: str, tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    began = time.monotonic()
    with pytest.raises(
        StalledError, match=r"clip\.mkv: sh showed no sign of life for 0\.3 s, and was killed"
    ):
        process.run(shell(hang), limits=HARDLY, about=tmp_path / "clip.mkv", log=log)
    assert 0.25 < time.monotonic() - began < 5
    assert "showed no sign of life" in log.read_text()


def test_what_it_started_is_killed_with_it(tmp_path: Path) -> None:
    with pytest.raises(StalledError):
        process.run(shell(f"sleep 987 & echo $! > {tmp_path}/pid; wait"), limits=HARDLY)
    pid = int((tmp_path / "pid").read_text())
    until = time.monotonic() + 2
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.parametrize(
    "busy",
    [
        "import time; until = time.time() + 2\nwhile time.time() < until: pass",
        "import sys, time\nfor _ in range(4): print('x', file=sys.stderr, flush=True); time.sleep(0.5)",
        "import os, time\nfor _ in range(20): open('/dev/null', 'wb').write(bytes(20000)); time.sleep(0.1)",
    ],
)
def test_one_that_computes_speaks_or_moves_bytes_is_left_alone(busy: str) -> None:
    process.run([sys.executable, "-c", busy], limits=QUICK)


def test_reports_of_nothing_new_are_no_sign_of_life() -> None:
    report = "echo frame=5; echo total_size=9; echo progress=continue"
    with pytest.raises(StalledError):
        process.run(
            shell(f"while :; do {report}; sleep 0.1; done"),
            on_line=_progress_reader(lambda _: None),
            limits=HARDLY,
        )


def test_reports_of_progress_are() -> None:
    report = "echo frame=$i; echo progress=continue"
    process.run(
        shell(f"for i in 1 2 3 4 5; do {report}; sleep 0.5; done"),
        on_line=_progress_reader(lambda _: None),
        limits=QUICK,
    )


def test_a_question_is_bounded_whatever_the_child_does() -> None:
    with pytest.raises(StalledError, match=r"did not answer within 0\.5 s"):
        process.run([sys.executable, "-c", "while True: pass"], limits=Limits(seconds=0.5))


def test_paused_children_are_not_taken_for_hung() -> None:
    began = time.monotonic()
    threading.Timer(0.2, process.pause).start()
    threading.Timer(2.4, process.resume).start()
    process.run(shell("for i in 1 2 3; do sleep 0.2; done"), limits=QUICK)
    assert time.monotonic() - began > 2.3


def test_a_killed_child_says_so() -> None:
    with pytest.raises(process.ToolFailedError, match="was killed by signal 9") as caught:
        process.run(shell("kill -KILL $$"))
    assert caught.value.cause == "killed"


def test_priority() -> None:
    process.set_priority(process.Priority(nice=7))
    try:
        # the shell may be quicker than its priority is set
        done = process.run(shell("sleep 0.2; cut -d' ' -f19 /proc/$$/stat"))
    finally:
        process.set_priority(process.Priority())
    assert done.stdout.strip() == b"7"
