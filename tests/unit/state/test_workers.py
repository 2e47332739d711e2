"""Workers of doit's process runner that end, at work or waiting: the run goes on, or says why not."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from doit.runner import JobHold

from drapto.state.doit_plugins.workers import WatchedRunner

if TYPE_CHECKING:
    from pathlib import Path

DODO = """
import os, pathlib, signal, sys, time
from doit.task import Task
from drapto.state.doit_plugins import bound_reporter, keep_order, workers
from drapto.state.bus import Bus
from drapto.state.events import ErrorEvent, StageRetried

workers.LOOK_EVERY, workers.LOOKS = 0.1, 3
HOW, WHICH = os.environ["HOW"], os.environ["WHICH"].split()
keep_order()
bus = Bus()
TOLD = (ErrorEvent, StageRetried)
bus.subscribe(lambda event: isinstance(event, TOLD) and print(event.name, event.message))
DOIT_CONFIG = {
    "num_process": int(os.environ["WORKERS"]), "par_type": "process", "verbosity": 2, "continue": True,
    "reporter": bound_reporter(bus=bus),
}


def end():
    if HOW == "exit":
        os._exit(7)
    if HOW.startswith("idle "):
        siblings = pathlib.Path(f"/proc/{os.getppid()}/task/{os.getppid()}/children").read_text().split()
        other = next(one for one in siblings if int(one) != os.getpid())
        os.kill(int(other), getattr(signal, HOW.split()[1]))
        time.sleep(0.2)
        return
    os.kill(os.getpid(), getattr(signal, HOW))


def work(name, wait=0.0):
    time.sleep(wait)
    with open("tried", "a") as tried:
        tried.write(name + "\\n")
    if name in WHICH and (os.environ["ALWAYS"] or pathlib.Path("tried").read_text().count(name) == 1):
        end()
    with open("done", "a") as done:
        done.write(name + "\\n")


def task_graph():
    for number in range(4):
        meta = {"title": "a", "stage": "encode", "segment": number}
        yield Task(f"part:{number}", [(work, [f"part:{number}", 0.05])], meta=meta)
    last = [f"part:{number}" for number in range(4)]
    yield Task("join", [(work, ["join"])], task_dep=last, meta={"title": "a", "stage": "video"})
    yield Task("other", [(work, ["other"])], meta={"title": "b", "stage": "probe"})
"""

ALL = {"part:0", "part:1", "part:2", "part:3", "join", "other"}


def run(
    folder: Path, how: str, *which: str, workers: int = 3, always: bool = False
) -> tuple[int, str, list[str]]:
    """Run; return the exit code, what was said, and what was done."""
    (folder / "dodo.py").write_text(DODO)
    given = {"HOW": how, "WHICH": " ".join(which), "WORKERS": str(workers), "ALWAYS": "x" if always else ""}
    finished = subprocess.run(
        [sys.executable, "-m", "doit"],
        cwd=folder,
        env={**os.environ, **given},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=60,
    )
    done = (folder / "done").read_text().split() if (folder / "done").exists() else []
    return finished.returncode, finished.stdout, done


@pytest.mark.parametrize("how", ["SIGKILL", "SIGSEGV", "SIGTERM", "SIGSTOP", "exit"])
@pytest.mark.parametrize("task", ["part:1", "join"])
def test_what_a_worker_was_at_when_it_ended_is_done_by_another(how: str, task: str, tmp_path: Path) -> None:
    code, said, done = run(tmp_path, how, task)
    assert code == 0, said
    assert sorted(done) == sorted(ALL)
    assert said.count("stage_retried its worker, process ") == 1
    how_said = {"exit": "ended with status 7", "SIGSTOP": "was stopped by a signal, and was not continued"}
    assert how_said.get(how, "was ended by signal") in said


def test_a_task_that_ends_its_worker_each_time_fails_and_the_rest_goes_on(tmp_path: Path) -> None:
    code, said, done = run(tmp_path, "SIGKILL", "part:2", workers=4, always=True)
    assert code == 1, said
    assert sorted(done) == sorted(ALL - {"part:2", "join"})
    assert said.count("stage_retried") == 2
    assert said.count("part:2: its worker, process ") == 1
    assert "was ended by signal 9; run again" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("workers", [1, 2])
def test_where_no_worker_is_left_the_run_ends_and_says_so(workers: int, tmp_path: Path) -> None:
    code, said, done = run(tmp_path, "SIGKILL", "part:0", "part:1", workers=workers, always=True)
    assert code == 1, said
    assert "no worker is left" in said
    assert "join" not in done
    assert "Traceback" not in said
    code, said, done = run(tmp_path, "SIGKILL", workers=workers)
    assert code == 0, said
    assert set(done) == ALL


@pytest.mark.parametrize("signal", ["SIGKILL", "SIGSTOP"])
def test_a_worker_that_ends_or_is_stopped_while_it_waits_is_not_missed(signal: str, tmp_path: Path) -> None:
    code, said, done = run(tmp_path, f"idle {signal}", "join", workers=3)
    assert code == 0, said
    assert sorted(done) == sorted(ALL)


def test_an_interrupt_while_workers_are_started_leaves_none(monkeypatch: pytest.MonkeyPatch) -> None:
    runner = WatchedRunner(None, object(), num_process=3)
    given = iter([JobHold(), JobHold()])

    def next_job(_: object) -> JobHold:
        for job in given:
            return job
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "get_next_job", next_job)
    crew = runner.Queue()
    with pytest.raises(KeyboardInterrupt):
        runner._run_start_processes(crew, crew)
    workers = [worker.process for worker in crew._workers]
    assert len(workers) == 2
    for worker in workers:
        worker.join(20)
        assert worker.exitcode


TELLING = """
import pathlib, time
from doit.task import Task
from drapto.state import relay
from drapto.state.doit_plugins import keep_order
from drapto.state.events import ErrorEvent

keep_order()
DOIT_CONFIG = {"num_process": 2, "par_type": "process", "verbosity": 2}
relay.listen(lambda event: print(event.message, pathlib.Path("ended").exists()))


def work():
    relay.pass_on(ErrorEvent(title="a", stage="encode", message="heard, and ended is"))
    time.sleep(1)
    pathlib.Path("ended").touch()


def task_graph():
    yield Task("part:0", [work])
    yield Task("part:1", [lambda: None])
"""


def test_what_happens_in_a_worker_is_heard_when_it_happens(tmp_path: Path) -> None:
    (tmp_path / "dodo.py").write_text(TELLING)
    done = subprocess.run(
        [sys.executable, "-m", "doit"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout.count("heard, and ended is False")) == (0, 1), done
