"""The bench beside drapto's peers with a program that is there: run, killed in the middle, run again."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import psutil

from bench.peers import running, scoring
from bench.peers.peer import Job
from bench.peers.programs import Plain
from tests import clips

if TYPE_CHECKING:
    from pathlib import Path


def test_a_program_is_run_killed_and_run_again(ffmpeg: Path, tmp_path: Path) -> None:
    film = clips.make_clip(ffmpeg, tmp_path / "film.mkv", frames=48, size=(160, 96))
    job = Job(film, tmp_path / "job", preset=13, crf=40.0, target=93.0)
    cores = os.sched_getaffinity(0)
    usual = running.whole(Plain(ffmpeg), job, cores)
    again = running.resume(Plain(ffmpeg), job, cores, after=usual.wall / 2)
    # that it ran when it was killed, `resume` sees to; nothing of it runs on, and the job is whole in the end
    assert again.left == 0
    assert scoring.worth(ffmpeg, job.output, film, every=5, scratch=tmp_path).lost == 0


def test_what_a_killed_bench_left_running_is_ended(tmp_path: Path) -> None:
    (tmp_path / "jobs" / "one").mkdir(parents=True)
    with (
        subprocess.Popen(["sleep", "60"], cwd=tmp_path / "jobs" / "one") as inside,
        subprocess.Popen(["sleep", "60"], cwd=tmp_path) as outside,
    ):
        assert running.end_leftovers(tmp_path / "jobs") == 1
        assert outside.poll() is None
        outside.kill()
        assert not psutil.pid_exists(inside.pid)
