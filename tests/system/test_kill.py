"""Runs that are killed at random moments, and resumed."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests import clips
from tests.system.killing import start, survivors
from tests.system.projects import ProjectDir, new_project

if TYPE_CHECKING:
    from pathlib import Path

SEED = 20
TIMES = 10
SETTINGS = "[encoding.crf]\nsd = 20\n"

pytestmark = pytest.mark.kill


@pytest.fixture(scope="module")
def source(ffmpeg: Path, clip_cache: Path) -> Path:
    return clips.make_clip(ffmpeg, clip_cache / "kill" / "clip.mkv", frames=96, size=(480, 270), keyint=24)


@pytest.fixture(scope="module")
def undisturbed(source: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[ProjectDir, float]:
    """A project that ran to its end, and how many seconds that took."""
    project = new_project(tmp_path_factory.mktemp("whole"), source, settings=SETTINGS)
    started = time.monotonic()
    project.doit()
    return project, time.monotonic() - started


def artifacts(project: ProjectDir) -> dict[str, tuple[int, bytes]]:
    """Return the time and the content of every file under a target's name."""
    files = [*project.work().rglob("*.mkv"), *project.work().glob("*.json"), *project.work().glob("*.txt")]
    files += [*(project.work() / "decoded").glob("*.json")]
    files += [*(project.work() / "encoded").glob("*.json"), project.work() / "encode_data" / "segments.json"]
    files += (project.root / "output").glob("*.mkv")
    return {
        str(path.relative_to(project.root)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in files
        if path.exists() and not path.name.startswith(".")
    }


def targets_of(task: str) -> list[str]:
    """Return what a task writes, as the design names it."""
    stage, title, *part = task.split(":")
    work = f"work/{title}"
    return {
        "probe": [
            f"{work}/{name}" for name in ("probe.json", "timestamps.txt", "keyframes.txt", "dynamic.txt")
        ],
        "crop": [f"{work}/crop.json"],
        "fields": [f"{work}/fields.json"],
        "segment": [f"{work}/encode_data/segments.json", f"{work}/planned.txt"],
        "encode": [f"{work}/encoded/{number}.{kind}" for number in part for kind in ("mkv", "json")],
        "elements": [f"{work}/elements.mkv"],
        "video": [f"{work}/video.mkv"],
        "mux": [f"{work}/muxed.mkv"],
        "validate": [f"{work}/decoded/{int(number):02d}.json" for number in part[1:]]
        if part
        else [f"{work}/validation.json", f"output/{title}.mkv"],
    }[stage]


RUNNERS = [
    *(("thread", number) for number in range(TIMES)),
    *(("process", number) for number in range(1, TIMES, 2)),
]


@pytest.mark.parametrize(("runner", "number"), RUNNERS)
def test_killed_and_resumed(
    runner: str, number: int, source: Path, undisturbed: tuple[ProjectDir, float], tmp_path: Path
) -> None:
    whole, seconds = undisturbed
    moment = random.Random(SEED + number).uniform(0.15, 1.0) * seconds
    project = new_project(tmp_path / "p", source, settings=SETTINGS)
    run = start(project, "-P", runner)
    time.sleep(moment)
    if number < TIMES // 2:
        run.kill()
    else:
        os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    assert survivors(project.root) == []

    expected = artifacts(whole)
    left = artifacts(project)
    for name, (_, content) in left.items():
        if name.endswith(".mkv"):
            assert content == expected[name][1], f"{name} is not whole"
        elif name.endswith(".json"):
            json.loads(content)
    finished = project.finished()

    project.doit()
    resumed = artifacts(project)
    again = [name for task in finished for name in targets_of(task) if resumed[name][0] != left[name][0]]
    assert again == [], f"run again although finished: {again}"
    assert resumed["work/clip/video.mkv"][1] == expected["work/clip/video.mkv"][1]
    assert resumed["output/clip.mkv"][1] == expected["output/clip.mkv"][1]
    assert list(project.root.rglob("*.partial")) == []
    assert project.executed() == set()


@pytest.mark.parametrize("runner", ["thread", "process"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_run_tidily(
    runner: str, number: signal.Signals, source: Path, undisturbed: tuple[ProjectDir, float], tmp_path: Path
) -> None:
    project = new_project(tmp_path / "p", source, settings=SETTINGS)
    run = start(project, "-P", runner)
    while run.poll() is None and not list(project.work().glob("encoded/.*.partial")):
        time.sleep(0.01)
    run.send_signal(number)
    assert run.wait(20) == 130
    assert survivors(project.root) == []
    finished = project.finished()
    assert "segment:clip" in finished
    assert not project.executed() & finished
    video = (project.work() / "video.mkv").read_bytes()
    assert video == (undisturbed[0].work() / "video.mkv").read_bytes()
