"""`drapto watch`: each file that arrives is encoded once, whatever happens in between."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests import clips

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("measured_processes")

FAST = ("--set", "encoding.preset=13", "--set", "quality.mode=crf", "--set", "encoding.crf.sd=50")
FAST += ("--set", "report.enabled=false")
PATIENCE = 120.0


def start(here: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "drapto", "watch", "in", "-o", "in/done", "--quiet", "1.5", *FAST]
    return subprocess.Popen(
        [*command, "--events", "events", *more],
        cwd=here,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def wait_for(what: Callable[[], bool], watching: subprocess.Popen[str]) -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        assert watching.poll() is None, watching.communicate()[0]
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.kill
def test_each_arrival_is_encoded_once_over_a_kill(ffmpeg: Path, tmp_path: Path) -> None:
    made = clips.make_clip(ffmpeg, tmp_path / "made.mkv", frames=24, size=(128, 96)).read_bytes()
    folder = tmp_path / "in" / "Show"
    folder.mkdir(parents=True)
    (folder / "a.mkv").write_bytes(made)
    watching = start(tmp_path)
    try:
        wait_for((tmp_path / "in" / "done" / "Show" / "a.mkv").is_file, watching)
        with (folder / "b.mkv").open("wb") as growing:
            for part in range(4):
                growing.write(made[part * len(made) // 4 : (part + 1) * len(made) // 4])
                growing.flush()
                time.sleep(0.7)
                assert not (tmp_path / "work" / "b").exists()
        watching.send_signal(signal.SIGKILL)
        watching.wait()
        (folder / "c.mkv").write_bytes(made + b"")
        (folder / "broken.mkv").write_bytes(b"no film" * 1000)
        watching = start(tmp_path, "--once")
        watching.communicate(timeout=PATIENCE)
        assert watching.returncode == 1  # one was broken
    finally:
        watching.kill()
    done = sorted(path.name for path in (tmp_path / "in" / "done" / "Show").iterdir())
    assert done == ["a.mkv", "b.mkv", "c.mkv"]
    lines = [json.loads(line) for line in (tmp_path / "events").read_text().splitlines()]
    encoded = [line["title"] for line in lines if line["event"] == "segment_complete"]
    assert sorted(encoded) == ["a", "b", "c"]


def test_two_of_them_do_not_watch_in_one_place(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    first = start(tmp_path)
    try:
        wait_for((tmp_path / "work" / ".drapto" / "watch.lock").is_file, first)
        time.sleep(0.3)
        second = subprocess.run(
            [sys.executable, "-m", "drapto", "watch", "in", "-o", "out"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert second.returncode == 3
        assert "another run works here" in second.stderr
        first.send_signal(signal.SIGTERM)
        assert first.wait(timeout=20) == 130
    finally:
        first.kill()
        first.communicate()
