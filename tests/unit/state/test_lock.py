"""One run at a time."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from drapto.errors import LockedError
from drapto.state.lock import ProjectLock

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
    lock.release()


def test_another_handle_of_the_same_run_gets_it_too(tmp_path: Path) -> None:
    first, second = ProjectLock(tmp_path / "lock"), ProjectLock(tmp_path / "lock")
    assert first.acquire()
    assert second.acquire()
    second.release()
    assert first.path.read_text() == str(os.getpid())
    first.release()
