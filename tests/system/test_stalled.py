"""A disk that does not answer: what hangs in drapto itself is named, and the run ends with exit code 4."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tests import clips
from tests.system.projects import new_project
from tests.system.test_seams import DODO

if TYPE_CHECKING:
    from pathlib import Path

STAGE = """
from drapto.rules import Rule, Stage, task


def read(source):
    with open(source, "rb") as file:
        return file.read(1)


def build(work):
    return work.run(read, source=work.project.root / "silent").decode()


def tasks(project, title, known):
    rule = Rule("thumbnails", build, settings={}, file_dep=[title.source], targets=[title.work / "never"])
    yield task(project, title, rule)


STAGE = Stage("thumbnails", "a read that never returns", needs="source", tasks=tasks)
"""


def test_a_read_that_never_returns_ends_its_stage_alone(
    ffmpeg: Path, clip_cache: Path, tmp_path: Path
) -> None:
    source = clips.make_clip(ffmpeg, clip_cache / "stalled" / "clip.mkv", frames=24, size=(128, 96))
    project = new_project(tmp_path / "project", source, settings="stall_timeout = 1\n")
    (project.root / "thumbnails.py").write_text(STAGE)
    (project.root / "dodo.py").write_text(DODO)
    silent = project.root / "silent"
    os.mkfifo(silent)
    handle = os.open(silent, os.O_RDWR)
    try:
        said = project.doit(status=4).output
    finally:
        os.close(handle)
    assert f"{silent}: stalled: nothing could be read from it, or written to it, for 1.0 s" in said
    assert "check the disk, or the network" in said
    assert "Traceback" not in said
    assert (project.root / "output" / "clip.mkv").is_file(), "its other stages went on"
    assert "tried again" not in said
