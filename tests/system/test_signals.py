"""A signal ends a run within seconds, whatever its children do, and the next run sweeps up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from tests import clips
from tests.faulty import faulty
from tests.system.killing import hear_signals, survivors
from tests.system.projects import ProjectDir, new_project

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("measured_processes")


@pytest.fixture(scope="module")
def source(ffmpeg: Path, clip_cache: Path) -> Path:
    return clips.make_clip(ffmpeg, clip_cache / "signals" / "clip.mkv", frames=60, size=(128, 96), keyint=24)


def hanging(source: Path, ffmpeg: Path, folder: Path, times: int = 9) -> ProjectDir:
    """Return a project whose encoders hang, the first ones."""
    program = faulty(folder, ffmpeg, "hang", "libsvtav1", "-frames:v 24", times=times)
    project = new_project(folder / "project", source)
    project.configure(f"[tools]\nffmpeg = '{program}'\n")
    return project


def begun(project: ProjectDir, command: list[str]) -> subprocess.Popen[str]:
    """Start a run, and return it once an encoder hangs and has left a temporary file."""
    run = subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=project.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
        preexec_fn=hear_signals,  # noqa: PLW1509  nothing in this process holds a lock over a fork
    )
    until = time.monotonic() + 90
    while not (project.root.parent / "count").exists():
        assert time.monotonic() < until
        assert run.poll() is None, run.communicate()[0]
        time.sleep(0.05)
    (project.work() / "encoded").mkdir(exist_ok=True)
    (project.work() / "encoded" / ".0001.mkv.123-0123abcd.partial").write_text("of the killed encoder")
    return run


@pytest.mark.parametrize(
    ("command", "number"),
    [
        ("doit", signal.SIGINT),
        ("doit -P process", signal.SIGTERM),
        ("drapto run", signal.SIGHUP),
        ("doit", signal.SIGKILL),
    ],
)
def test_a_signal_ends_all_within_seconds(
    command: str, number: signal.Signals, source: Path, ffmpeg: Path, tmp_path: Path
) -> None:
    project = hanging(source, ffmpeg, tmp_path)
    run = begun(project, command.split())
    began = time.monotonic()
    os.kill(run.pid, number)
    said = run.communicate()[0]
    assert time.monotonic() - began < 5
    assert run.returncode == (-number if number == signal.SIGKILL else 130), said
    assert "Traceback" not in said
    assert survivors(project.root, 2.0) == []
    assert list(project.root.rglob("*.partial"))
    project.doit("probe")
    assert not list(project.root.rglob("*.partial"))


def test_what_a_killed_worker_encoded_is_encoded_by_another(
    source: Path, ffmpeg: Path, tmp_path: Path
) -> None:
    project = hanging(source, ffmpeg, tmp_path, times=1)
    run = begun(project, ["doit", "-P", "process"])
    hung = [one for one in psutil.Process(run.pid).children(recursive=True) if "-nostdin" in one.cmdline()]
    encoder = next(one for one in hung if "libsvtav1" in one.cmdline())
    worker = encoder.parent()
    assert worker is not None
    worker.kill()
    said = run.communicate(timeout=120)[0]
    assert run.returncode == 0, said
    assert f"process {worker.pid}, was ended by signal 9" in said
    assert (project.root / "output" / "clip.mkv").exists()
    project.doit("probe")
    assert not list(project.root.rglob("*.partial"))
    assert survivors(project.root, 2.0) == []
