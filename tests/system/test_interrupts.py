"""Ctrl-C while Python still loads a run, and when the run is over: one line, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests import clips
from tests.system.killing import hear_signals
from tests.system.projects import ProjectDir, new_project

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("measured_processes")

AT_IMPORT = """
import importlib.abc, os, signal, sys

class Interrupting(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == {module!r}:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)
        return None

sys.meta_path.insert(0, Interrupting())
"""
"""Interrupts a process when it begins to import a module."""

IN_CALLBACK = """
import importlib.abc, os, signal, sys, weakref

class Interrupting(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == {module!r}:
            sys.meta_path.remove(self)
            lock = Interrupting()
            other = weakref.ref(lock, lambda _: os.kill(os.getpid(), signal.SIGINT))
            del lock
        return None

sys.meta_path.insert(0, Interrupting())
"""
"""The same in a callback, as Python's import system has some: what is raised there is shown and forgotten."""

AT_CALL = """
import os, signal, sys

def interrupt(frame, event, argument):
    if frame.f_code.co_name == {function!r}:
        sys.setprofile(None)
        os.kill(os.getpid(), signal.SIGINT)

sys.setprofile(interrupt)
"""
"""Interrupts a process when it calls a function."""

AT_FORK = """
import os, signal

told = []

def interrupt():
    if not told:
        told.append(1)
        os.kill(os.getpid(), signal.SIGTERM)

os.register_at_fork(after_in_parent=interrupt)
"""
"""Interrupts a process in what Python calls when it forks: what is raised there is shown and forgotten."""

IN_LIBRARY = """
import os, signal
import drapto.cli.titles as titles

def chosen(*_):
    try:
        os.kill(os.getpid(), signal.SIGINT)
        while True:
            pass
    except KeyboardInterrupt as error:
        raise RuntimeError("broken") from error

titles.chosen = chosen
"""
"""Interrupts a process in what makes another error of it, as libraries in Rust do."""

AT_EXIT = """
import atexit, os, signal

atexit.register(lambda: os.kill(os.getpid(), signal.SIGINT))
"""


@pytest.fixture(scope="module")
def source(ffmpeg: Path, clip_cache: Path) -> Path:
    return clips.make_clip(
        ffmpeg, clip_cache / "interrupts" / "clip.mkv", frames=24, size=(128, 96), keyint=24
    )


def interrupted(project: ProjectDir, command: str, code: str) -> tuple[int, str]:
    """Run a command in a Python that does something at its start; return its exit code and what it said."""
    folder = project.root / "site"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(code)
    done = subprocess.run(
        [sys.executable, "-m", *command.split()],
        cwd=project.root,
        env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        preexec_fn=hear_signals,
        timeout=60,
    )
    return done.returncode, done.stdout


LOADED = [
    *(("doit", name) for name in ("drapto.engine", "drapto.rules", "pydantic", "drapto.rules.graph")),
    *(("doit list", name) for name in ("drapto.rules.graph",)),
    *(("drapto run", name) for name in ("click", "drapto.cli.run", "pydantic", "drapto.rules.graph", "doit")),
]


@pytest.mark.parametrize("how", [AT_IMPORT, IN_CALLBACK], ids=["import", "callback"])
@pytest.mark.parametrize(("command", "module"), LOADED)
def test_ctrl_c_while_modules_are_loaded(
    command: str, module: str, how: str, source: Path, tmp_path: Path
) -> None:
    project = new_project(tmp_path / "project", source)
    code, said = interrupted(project, command, how.format(module=module))
    assert code == 130, said
    again = f"interrupted; to resume: {command}\n"
    assert again in said
    assert len(said.split("\n")) == 2 or said.startswith("\nerror: "), said  # click ends the line of ^C
    assert "Traceback" not in said


@pytest.mark.parametrize("function", ["complete_model_class", "validate", "open_project", "default_tasks"])
def test_ctrl_c_before_a_run_begins(function: str, source: Path, tmp_path: Path) -> None:
    project = new_project(tmp_path / "project", source)
    code, said = interrupted(project, "drapto run clip", AT_CALL.format(function=function))
    assert (code, said.lstrip("\n")) == (130, "error: interrupted; to resume: drapto run clip\n")


def test_ctrl_c_while_a_module_takes_long_to_load(source: Path, tmp_path: Path) -> None:
    project = new_project(tmp_path / "project", source)
    slow = AT_IMPORT.replace(
        "        return None", "            import time; time.sleep(300)\n        return None"
    )
    code, said = interrupted(project, "drapto run", slow.format(module="drapto.rules.graph"))
    assert (code, said) == (130, "error: interrupted; to resume: drapto run\n")


def test_an_interrupt_where_python_forgets_what_is_raised(source: Path, tmp_path: Path) -> None:
    project = new_project(tmp_path / "project", source)
    code, said = interrupted(project, "doit -P process", AT_FORK)
    assert (code, said) == (130, "interrupted; to resume: doit -P process\n")


def test_an_error_that_a_library_makes_of_an_interrupt_is_none(source: Path, tmp_path: Path) -> None:
    project = new_project(tmp_path / "project", source)
    code, said = interrupted(project, "drapto run clip", IN_LIBRARY)
    assert (code, said) == (130, "error: interrupted; to resume: drapto run clip\n")


@pytest.mark.parametrize("command", ["doit probe", "drapto status"])
def test_ctrl_c_when_all_is_done(command: str, source: Path, tmp_path: Path) -> None:
    project = new_project(tmp_path / "project", source)
    code, said = interrupted(project, command, AT_EXIT)
    assert code == 0, said
    assert "Traceback" not in said


def test_an_ignored_interrupt_stays_ignored(source: Path, tmp_path: Path) -> None:
    project = new_project(tmp_path / "project", source)
    ignore = f"import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n{AT_IMPORT}"
    code, said = interrupted(project, "doit list", ignore.format(module="drapto.rules.graph"))
    assert code == 0, said


def test_a_program_that_uses_drapto_keeps_its_handler() -> None:
    code = (
        "import signal; before = signal.getsignal(signal.SIGINT); import drapto; drapto.encode; "
        "from drapto import rules; rules.run; assert signal.getsignal(signal.SIGINT) is before"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
