"""One run at a time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import psutil
import pytest

from drapto.errors import LockedError, UsageError
from drapto.state.lock import ProjectLock
from tests.processes import alive_after

if TYPE_CHECKING:
    from pathlib import Path

HOLD = """
import sys, time
from pathlib import Path
from drapto.state.lock import ProjectLock
lock = ProjectLock(Path(sys.argv[1]))
lock.acquire()
print("held", flush=True)
time.sleep(60)
"""


def test_taken_given_back_and_taken_again(tmp_path: Path) -> None:
    lock = ProjectLock(tmp_path / "state" / "lock")
    assert lock.acquire()
    assert lock.acquire()
    assert lock.path.read_text() == str(os.getpid())
    lock.release()
    assert lock.path.read_text() == ""
    assert lock.acquire()
    lock.release()
    lock.release()


def test_the_holder_is_named_and_a_killed_one_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(LockedError, match=rf"\(pid {other.pid}\); wait for it"):
            ProjectLock(path).acquire()
        other.kill()
    lock = ProjectLock(path)
    assert not lock.acquire()
    assert not lock.acquire()
    lock.release()


def test_a_lock_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"file: cannot be locked \(.*\); check its disk"):
        ProjectLock(tmp_path / "file" / "lock").acquire()


def test_another_handle_of_the_same_run_gets_it_too(tmp_path: Path) -> None:
    first, second = ProjectLock(tmp_path / "lock"), ProjectLock(tmp_path / "lock")
    assert first.acquire()
    assert second.acquire()
    second.release()
    assert first.path.read_text() == str(os.getpid())
    first.release()


SLOW_WORKER = """
import fcntl, sys, time
with open(sys.argv[1], "a+") as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    print("held", flush=True)
    time.sleep(0.5)
    file.truncate(0)
    file.write(sys.argv[2])
    file.flush()
    time.sleep(60)
"""


@pytest.mark.parametrize("before", ["", "99999999"])
def test_a_worker_that_has_it_and_has_not_said_so_yet_is_of_this_run(before: str, tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_text(before)
    command = [sys.executable, "-c", SLOW_WORKER, str(path), str(os.getpid())]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        assert ProjectLock(path).acquire()
        other.kill()


def test_who_did_not_begin_leaves_what_the_run_before_left(tmp_path: Path) -> None:
    lock = ProjectLock(tmp_path / "lock")
    lock.path.write_text("999999")
    assert not lock.acquire()
    lock.release(ended_well=False)
    assert not lock.acquire()
    lock.release()
    assert lock.acquire()
    lock.release()


WORKERS = """
import multiprocessing, sys, time
from pathlib import Path
from drapto.state.lock import ProjectLock
context = multiprocessing.get_context("fork")
lock = ProjectLock(Path(sys.argv[1]))
if sys.argv[2] == "held":
    lock.acquire()
worker = context.Process(target=time.sleep, args=(20,))
worker.start()
print(worker.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("state", ["held", "free"])
def test_an_idle_worker_dies_with_the_run_whose_lock_it_holds(state: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", WORKERS, str(tmp_path / "lock"), state]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        worker = psutil.Process(int(other.stdout.readline()))
        other.kill()
    alive = alive_after(1, [worker])
    assert bool(alive) == (state == "free")  # another program's forks are its own affair
    worker.kill() if alive else None


ORPHANS = """
import multiprocessing, sys, time
from pathlib import Path
from drapto.state.lock import ProjectLock
lock = ProjectLock(Path(sys.argv[1]))
lock.acquire()
lock.__class__.is_held = False  # a worker that is not bound to its run
worker = multiprocessing.get_context("fork").Process(target=time.sleep, args=(60,))
worker.start()
print(worker.pid, flush=True)
time.sleep(60)
"""


def test_a_lock_whose_run_has_died_names_those_who_hold_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with subprocess.Popen([sys.executable, "-c", ORPHANS, str(path)], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        worker = int(other.stdout.readline())
        other.kill()
    try:
        with pytest.raises(
            LockedError, match=rf"main process \(pid {other.pid}\) has ended, but not its pid {worker};"
        ):
            ProjectLock(path).acquire()
    finally:
        os.kill(worker, signal.SIGKILL)
