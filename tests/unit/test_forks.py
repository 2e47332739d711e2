"""Runs that are forks: they end, say and see what those do that are started as users start them."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from tests import forks

if TYPE_CHECKING:
    from pathlib import Path

DODO = """
import os, sys, threading, time
DOIT_CONFIG = {"verbosity": 2, "backend": "json"}

def say():
    print(os.getcwd(), sys.argv[1:], os.environ.get("DRAPTO_SAID"), sys.path[0], __name__, os.getppid())
    print("to stderr", file=sys.stderr)

def late():
    threading.Thread(target=lambda: (time.sleep(0.2), print("late"))).start()

def task_say():
    return {"actions": [say]}

def task_late():
    return {"actions": [late]}

def task_fail():
    return {"actions": [lambda: False]}

def task_killed():
    return {"actions": [lambda: os.kill(os.getpid(), 9)]}

def task_imports():
    return {"actions": [lambda: __import__("beside").say()]}
"""


@pytest.fixture(params=["1", "0"])
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """A directory, for runs that are forks and for others."""
    monkeypatch.setenv("TESTS_FORK", request.param)
    (tmp_path / "dodo.py").write_text(DODO)
    return tmp_path


def test_it_sees_what_it_is_given(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAPTO_SAID", "this")
    done = forks.run("doit", "-v2", "say", cwd=here, apart=True)
    said = done.stdout.splitlines()[-1]
    assert said.startswith(f"{here} ['-v2', 'say'] this {here} dodo ")
    is_started = os.environ["TESTS_FORK"] == "0" or sys.platform != "linux"
    assert (int(said.split()[-1]) == os.getpid()) == is_started
    assert (done.stderr, done.returncode) == ("to stderr\n", 0)
    assert "to stderr" in forks.run("doit", "say", cwd=here).stdout


def test_how_it_ends(here: Path) -> None:
    assert forks.run("doit", "fail", cwd=here).returncode == 1
    assert forks.run("doit", "missing", cwd=here).returncode == 3
    assert forks.run("doit", "killed", cwd=here).returncode == -9
    assert forks.run("drapto", "--version", cwd=here).stdout.startswith("drapto ")
    done = forks.run("doit", "late", cwd=here)
    assert done.stdout.splitlines()[-1] == "late", "its threads end before it does"


def test_what_python_reads_at_its_start_is_read(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "site").mkdir()
    (here / "site" / "beside.py").write_text("def say(): print('imported')")
    assert "No module named 'beside'" in forks.run("doit", "imports", cwd=here).stdout
    monkeypatch.setenv("PYTHONPATH", str(here / "site"))
    assert "imported" in forks.run("doit", "imports", cwd=here).stdout
    monkeypatch.setenv("LC_ALL", "C")
    said = forks.run("doit", "say", cwd=here).stdout.splitlines()
    assert said[1].endswith(f" {os.getpid()}"), "it is started"
