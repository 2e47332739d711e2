"""Runs that lack something of the machine: they wait, or end with exit code 4, and the next one goes on."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests import clips, forks
from tests.faulty import faulty
from tests.system.projects import ProjectDir, new_project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MIB = 1 << 20


@pytest.fixture(scope="module")
def source(ffmpeg: Path, clip_cache: Path) -> Path:
    return clips.make_clip(ffmpeg, clip_cache / "lacking" / "clip.mkv", frames=30, size=(128, 96))


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """Mount a small file system."""
    folder.mkdir(parents=True)
    if os.geteuid() != 0:
        pytest.skip("only root may mount a file system")
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("a file system cannot be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def on_small_disk(source: Path, folder: Path, wait: str) -> tuple[ProjectDir, Path]:
    project = new_project(folder / "project", source)
    (folder / "disk" / "filler").write_bytes(bytes(12 * MIB))
    project.configure(
        f'temp_dir = "{folder}/disk/work"\n[resources]\ndisk_reserve = "6 MiB"\ndisk_wait = "{wait}"\n'
    )
    return project, folder / "disk" / "filler"


def free_when_paused(work: Path, filler: Path) -> None:
    until = time.monotonic() + 50
    while time.monotonic() < until:
        if any("paused: " in log.read_text() for log in work.glob(".drapto/logs/run-*.log")):
            break
        time.sleep(0.1)
    filler.unlink()


def test_a_run_pauses_where_the_disk_is_at_its_reserve_and_goes_on(source: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "16m"):
        project, filler = on_small_disk(source, tmp_path, "60 s")
        helper = threading.Thread(target=free_when_paused, args=(tmp_path / "disk" / "work", filler))
        helper.start()
        said = project.doit().output
        helper.join()
        assert "paused: " in said
        assert "goes on" in said


def test_it_ends_where_no_room_comes_and_the_next_run_goes_on(source: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "16m"):
        project, filler = on_small_disk(source, tmp_path, "0.5 s")
        done = forks.run("drapto", "run", cwd=project.root, apart=True)
        assert done.returncode == 4, done.stdout
        assert "the disk is full" in done.stdout
        assert project.doit(status=4).output.count("the disk is full") >= 1
        filler.unlink()
        project.doit()


def test_without_memory_a_run_ends_with_its_own_code_and_remembers(
    source: Path, ffmpeg: Path, tmp_path: Path
) -> None:
    program = faulty(tmp_path, ffmpeg, "memory", "libsvtav1", "-frames:v 30", times=2)
    project = new_project(tmp_path / "project", source)
    project.configure(f"max_attempts = 2\nbreaker_reset = 0\n[tools]\nffmpeg = '{program}'\n")
    said = project.doit(status=4).output
    assert "ffmpeg ran out of memory" in said
    assert "resources.max_memory" in said
    assert "Nothing was written" not in said
    learnt = json.loads((project.work() / "encode_data" / "memory.json").read_text())
    assert learnt["kills"] == 2
    status = forks.run("drapto", "status", cwd=project.root)
    assert "segment 1: 2 attempts, of which: out of memory (2)" in status.stdout
    project.doit()
    record = json.loads((project.work() / "encode_data" / "encoding.json").read_text())
    [segment] = record["segments"]
    assert segment["status"] == "completed"
    assert [one["cause"] for one in segment["history"]] == ["out of memory"] * 2


def test_a_broken_tool_is_named(source: Path, ffmpeg: Path, tmp_path: Path) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text(
        f'#!/bin/sh\ncase "$*" in *"-frames:v 30"*)\n'
        f'echo "ffmpeg: error while loading shared libraries: libx.so.1" >&2; exit 127;; esac\n'
        f'exec {ffmpeg} "$@"\n'
    )
    program.chmod(0o755)
    project = new_project(tmp_path / "project", source)
    project.configure(f"[tools]\nffmpeg = '{program}'\n")
    said = project.doit(status=4).output
    assert "ffmpeg does not work" in said
    assert "tried again" not in said
