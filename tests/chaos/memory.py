"""memory: a control group of a third of the memory that the encoders want together."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shlex
import shutil
import subprocess
import sys
import uuid
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from drapto.engine.machine import cgroup_folders
from tests import clips
from tests.chaos.trials import CODES, Outcome, faults_of, left_by, log_of, output_of
from tests.system.projects import ProjectDir, new_project

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from tests.chaos.trials import Chaos

DOES = (
    "eight encoders where their control group has a third of the memory that they want: as drapto finds "
    "it, and where it is told that there is plenty, so that the kernel kills"
)

ENCODERS = 8

WAYS = list(product(((640, 360), (960, 540), (1280, 720)), ("auto", "plenty")))

AS_IF = (
    "import drapto.engine.resources as resources; resources.usable_cores = lambda: {cores}; "
    "import sys; from doit.doit_cmd import DoitMain; sys.exit(DoitMain().run(sys.argv[1:]))"
)
"""doit on a machine that has as many processors."""


def trials(chaos: Chaos) -> int:
    """Return how many there are."""
    del chaos
    return 2 * len(WAYS)


@functools.cache
def _undisturbed(chaos: Chaos, size: tuple[int, int]) -> tuple[Path, bytes, int]:
    """Return a film of eight segments, what comes of it, and the most that an encoder of it takes, bytes."""
    source = clips.make_clip(
        chaos.ffmpeg, chaos.folder / f"{size[0]}.mkv", size=size, frames=24 * ENCODERS, keyint=24
    )
    folder = chaos.folder / f"undisturbed-{size[0]}"
    shutil.rmtree(folder, ignore_errors=True)
    project = new_project(folder, source, settings=_settings(chaos, "auto"))
    project.doit()
    known = json.loads((project.work(source.stem) / "encode_data" / "memory.json").read_text())
    return source, output_of(project, source.stem).read_bytes(), max(known["peaks"].values())


def _settings(chaos: Chaos, memory: str) -> str:
    given = '"auto"' if memory == "auto" else '"64 GiB"'
    return f"breaker_reset = 1\n[resources]\nmax_memory = {given}\n[tools]\nffmpeg = '{chaos.ffmpeg}'\n"


@contextlib.contextmanager
def _group(limit: int) -> Iterator[Path]:
    """Make a control group, of whichever version the machine has, whose memory is limited.

    Raises:
        OSError: It cannot be made, or limited.
    """
    folder = Path(cgroup_folders("memory")[0]) / f"drapto-chaos-{uuid.uuid4().hex[:8]}"
    folder.mkdir()
    try:
        first = folder / "memory.limit_in_bytes"
        (first if first.exists() else folder / "memory.max").write_text(str(limit))
        yield folder
    finally:
        folder.rmdir()


def trial(chaos: Chaos, name: str, number: int, chance: random.Random) -> Outcome:
    """Run in such a group."""
    del chance
    size, memory = WAYS[number % len(WAYS)]
    source, whole, peak = _undisturbed(chaos, size)
    limit = ENCODERS * peak // 3
    project = new_project(chaos.folder / name / "project", source, settings=_settings(chaos, memory))
    with _group(limit) as folder:
        code, said = _run_in(folder, project)
        used = _used(folder)
    killed = log_of(project).count("out of memory")
    what = f"{size[0]}x{size[1]}, {memory}: {limit >> 20} MiB, at most {used >> 20} used, {killed} killed"
    wrong = faults_of(code, said, CODES)
    if code:
        wrong.append(f"does not complete by itself ({code}): {said[-900:]}")
    elif output_of(project, source.stem).read_bytes() != whole:
        wrong.append("another film")
    else:
        wrong += left_by(project)
    return Outcome(what, "; ".join(wrong))


def _run_in(folder: Path, project: ProjectDir) -> tuple[int, str]:
    doit = [sys.executable, "-c", AS_IF.format(cores=ENCODERS)]
    command = f"echo $$ > {shlex.quote(str(folder / 'cgroup.procs'))} && exec {shlex.join(doit)}"
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=project.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env=os.environ,
        timeout=900,
    )
    return done.returncode, done.stdout


def _used(folder: Path) -> int:
    for name in ("memory.max_usage_in_bytes", "memory.peak"):
        with contextlib.suppress(OSError):
            return int((folder / name).read_text())
    return 0
