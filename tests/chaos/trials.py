"""What all trials share: a film, what comes of it undisturbed, and what is asked of every run."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from tests import clips
from tests.chaos.forked import in_child
from tests.system.killing import survivors
from tests.system.projects import ProjectDir, new_project

if TYPE_CHECKING:
    import random
    from pathlib import Path

SETTINGS = """stall_timeout = 3
breaker_reset = 0
[encoding.crf]
sd = 40
[tools]
ffmpeg = '{ffmpeg}'
"""

FRAMES = 36

CODES = frozenset({0, 1, 4, 130, -signal.SIGKILL})
"""How a run may end that had begun."""

LONGEST = 600.0
"""Seconds after which a run counts as hung."""


@dataclass(frozen=True)
class Chaos:
    """What all trials share.

    Attributes:
        folder: Where they lie.
        ffmpeg: The real program.
        source: The film.
        whole: What comes of it undisturbed.
        seconds: How long that takes.
        stall_timeout: Seconds without a sign of life after which drapto gives a child up.
    """

    folder: Path
    ffmpeg: Path
    source: Path
    whole: bytes
    seconds: float
    stall_timeout: int = 3

    @property
    def finished(self) -> Path:
        """The project that ran undisturbed."""
        return self.folder / "undisturbed" / "project"

    def project(self, name: str, ffmpeg: Path | None = None, more: str = "") -> ProjectDir:
        """Return a new project."""
        project = new_project(self.folder / name / "project", self.source)
        settings = SETTINGS.replace("stall_timeout = 3", f"stall_timeout = {self.stall_timeout}")
        project.configure(settings.format(ffmpeg=ffmpeg or self.ffmpeg) + more)
        return project


@dataclass(frozen=True)
class Outcome:
    """What came of a trial.

    Attributes:
        what: What was done.
        wrong: What is wrong with what came of it; empty where nothing is.
    """

    what: str
    wrong: str = ""


class Kind(Protocol):
    """A kind of trials: a module."""

    DOES: str
    """What is done, for the table."""

    def trials(self, chaos: Chaos) -> int:
        """Return how many trials are the whole of it."""

    def trial(self, chaos: Chaos, name: str, number: int, chance: random.Random) -> Outcome:
        """Do trial ``number``, in the folder ``name``."""


def prepare(folder: Path) -> Chaos:
    """Make the film, and encode it undisturbed."""
    ffmpeg = clips.find_ffmpeg()
    source = clips.make_tracks(ffmpeg, folder / "film.mkv", frames=FRAMES)
    chaos = Chaos(folder, ffmpeg, source, b"", 0.0)
    project = chaos.project("undisturbed")
    began = time.monotonic()
    code, said = run(project)
    assert code == 0, said
    return replace(chaos, whole=output_of(project).read_bytes(), seconds=time.monotonic() - began)


def output_of(project: ProjectDir, title: str = "film") -> Path:
    """Return the finished film."""
    return project.root / "output" / f"{title}.mkv"


def run(project: ProjectDir, *arguments: str, environ: dict[str, str] | None = None) -> tuple[int, str]:
    """Run doit to its end; return its exit code, and what it said; -1 where it had not ended by itself."""
    command = [sys.executable, "-m", "doit", *arguments]
    child = subprocess.Popen(
        command,
        cwd=project.root,
        env=None if environ is None else {**os.environ, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        process_group=0,
    )
    try:
        said, _ = child.communicate(timeout=LONGEST)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        return -1, f"did not end within {LONGEST:.0f} s: {child.communicate()[0]}"
    return child.returncode, said


def rerun(project: ProjectDir, begun: Path | None = None) -> tuple[int, str]:
    """Do the same in a fork of this process, where nothing depends on how doit is started.

    Args:
        project: The project.
        begun: A file that gets the names of the tasks that were begun, a line each.
    """
    ended = in_child(project.root, seconds=LONGEST, begun=begun)
    if ended.code is None:
        return -1, f"did not end within {LONGEST:.0f} s: {ended.said}"
    return ended.code, ended.said


def judged(
    project: ProjectDir, whole: bytes, code: int, said: str, *, codes: frozenset[int] = CODES
) -> list[str]:
    """Return what is wrong with a run and what it left; nothing where nothing is.

    Args:
        project: The project.
        whole: What comes of its film undisturbed.
        code: How the run ended.
        said: What it said.
        codes: How it may end.
    """
    wrong = faults_of(code, said, codes)
    if code:
        code, said = rerun(project)
        wrong += faults_of(code, said)
    if code:
        wrong.append(f"the next run ends with {code}: {said[-900:]}")
    elif output_of(project).read_bytes() != whole:
        wrong.append("another film")
    return wrong + left_by(project)


def faults_of(code: int, said: str, codes: frozenset[int] = CODES) -> list[str]:
    """Return what is wrong with how a run ended."""
    wrong = []
    if re.search(r"Traceback|internal error", said):
        wrong.append(f"a traceback: {said[-900:]}")
    if code not in codes:
        wrong.append(f"exit code {code}: {said[-600:]}")
    return wrong


def left_by(project: ProjectDir) -> list[str]:
    """Return what is wrong with what is there when all is done."""
    wrong = []
    if left := survivors(project.root, 2.0):
        wrong.append(f"left running: {left}")
    begun = project.root.parent / "begun-at-last"
    code, said = rerun(project, begun)
    if code or begun.exists():
        tasks = begun.read_text().split() if begun.exists() else []
        wrong.append(f"not up to date afterwards ({code}, {tasks}): {said[-300:]}")
    return wrong + [f"left lying: {path}" for path in project.root.rglob("*.partial")]


def log_of(project: ProjectDir) -> str:
    """Return all that the runs of a project have written down."""
    logs = sorted(project.root.glob("work/.drapto/logs/run-*.log"))
    return "".join(log.read_text(errors="replace") for log in logs)
