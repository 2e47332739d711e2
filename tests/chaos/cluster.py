"""cluster: a worker, the scheduler, drapto, a runner or an encoder of it is killed at a random moment."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from typing import IO, TYPE_CHECKING

import psutil

from tests import clips
from tests.chaos.trials import Outcome, judged, output_of, run
from tests.clusters import Cluster, await_encoder, encoders
from tests.system.killing import hear_signals

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from tests.chaos.trials import Chaos
    from tests.system.projects import ProjectDir

VICTIMS = ("worker", "worker", "scheduler", "drapto", "runner", "encoder")

DOES = "a worker, the scheduler, drapto, a runner or an encoder of a cluster is killed, and started anew"

SEGMENTS, SLOTS = 8, 2

HUNG = 400.0
"""Seconds after the kill. A worker may take 300 s to show that it may be used."""

AT_WORK = 0.7
"""The share of the kills that come while segments are encoded, from the first encoder's start on: a run takes
most of its time to begin and to end."""

_shared: dict[str, tuple[Cluster, Chaos]] = {}

_at_work: dict[str, float] = {}
"""Seconds from the first encoder's start to the end of a run that nobody disturbs, by the folder."""


def trials(chaos: Chaos) -> int:
    """Return how many kills there are."""
    del chaos
    return 50


def trial(chaos: Chaos, name: str, number: int, chance: random.Random) -> Outcome:
    """Kill a worker, the scheduler, drapto, a runner or an encoder while a film is on a cluster.

    Every other trial is of workers that see none of the run's files, and are sent what they need.
    """
    cluster, own = _prepared(chaos)
    shutil.rmtree(own.folder / name, ignore_errors=True)
    pushed = bool(number % 2)
    project = own.project(name, more=_engine(cluster, pushed=pushed))
    # where encoders write
    place = cluster.folder / "scratch" if pushed else project.root
    began = time.monotonic()
    with (project.root / "said.log").open("wb") as said:
        child = _started(project, said)
        if chance.random() < AT_WORK:
            await_encoder(place)
            time.sleep(chance.uniform(0.0, _at_work[str(chaos.folder)]))
        else:
            time.sleep(chance.uniform(0.3, max(1.0, own.seconds)))
        before = _finished(project)
        victim = chance.choice(VICTIMS)
        hit = _kill(cluster, victim, child.pid, place, chance)
        what = f"{victim} after {time.monotonic() - began:.1f} s, {len(before)} finished"
        what += ", files sent" if pushed else ""
        what += "" if hit else ", nobody there"
        try:
            code = child.wait(timeout=HUNG)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGABRT)
            child.wait()
            (project.root / "cluster.log").write_text(cluster.stacks())
            del _shared[str(chaos.folder)]
            return Outcome(what, f"did not end within {HUNG:.0f} s: {project.root}/*.log")
    if code and victim != "drapto":
        return Outcome(what, f"exit code {code}: {(project.root / 'said.log').read_text()[-600:]}")
    wrong = judged(project, own.whole, 130 if code else 0, "")
    wrong += [f"encoder left: {one.pid}" for one in encoders(place)]
    until = time.monotonic() + 3  # a worker that starts anew removes what the killed one left
    while cluster.scratch() and time.monotonic() < until:
        time.sleep(0.1)
    wrong += [f"left on a worker: {path}" for path in cluster.scratch()]
    if (project.root / "work" / ".drapto" / "cluster").exists():
        wrong.append("copies of the work directory are left")
    wrong += _again(project, before)
    if not wrong:
        shutil.rmtree(own.folder / name)
    return Outcome(what, "; ".join(wrong))


def _started(project: ProjectDir, said: IO[bytes]) -> subprocess.Popen[bytes]:
    """Begin a run that tells where it is when it is aborted."""
    return subprocess.Popen(
        [sys.executable, "-m", "doit"],
        cwd=project.root,
        stdout=said,
        stderr=said,
        env=os.environ | {"PYTHONFAULTHANDLER": "1"},
        process_group=0,
        preexec_fn=hear_signals,  # noqa: PLW1509  as there
    )


def _finished(project: ProjectDir) -> dict[str, int]:
    """Return which segments are finished by doit's own record, and when they were written."""
    done = [one[-4:] for one in project.finished() if one.startswith("encode:film:")]
    encoded = project.root / "work" / "film" / "encoded"
    return {name: (encoded / f"{name}.mkv").stat().st_mtime_ns for name in done}


def _again(project: ProjectDir, before: dict[str, int]) -> list[str]:
    """Return what was encoded again beyond what was under way: on two slots, two segments."""
    work = project.root / "work" / "film"
    wrong = [
        f"segment {name} was finished, and encoded again"
        for name, written in before.items()
        if (work / "encoded" / f"{name}.mkv").stat().st_mtime_ns != written
    ]
    record = json.loads((work / "encode_data" / "encoding.json").read_text())
    attempts = sum(one["attempts"] for one in record["segments"])
    if attempts > SEGMENTS + SLOTS:
        wrong.append(f"{attempts} attempts at {SEGMENTS} segments")
    return wrong


def _engine(cluster: Cluster, *, pushed: bool = False) -> str:
    transfer = 'transfer = "push"\n' if pushed else ""
    return f'[engine]\nname = "dask"\n{transfer}dask.scheduler = "{cluster.address}"\n'


def _prepared(chaos: Chaos) -> tuple[Cluster, Chaos]:
    """Return a cluster of two workers, and a film of eight segments with what comes of it on one machine."""
    key = str(chaos.folder)
    if key not in _shared:
        folder = chaos.folder / "on-a-cluster"
        source = clips.make_clip(
            chaos.ffmpeg, folder / "film.mkv", frames=48 * SEGMENTS, size=(640, 360), keyint=48
        )
        # two workers and drapto itself on a busy machine: what stalls is not what is tried here
        own = replace(chaos, folder=folder, source=source, stall_timeout=60)
        alone = own.project("undisturbed")
        code, said = run(alone)
        assert code == 0, said
        cluster = Cluster(folder / "cluster")
        atexit.register(cluster.close)
        cluster.schedule()
        cluster.work("one")
        cluster.work("two")
        usual = own.project("usual", more=_engine(cluster))
        began = time.monotonic()
        with (usual.root / "said.log").open("wb") as log:
            child = _started(usual, log)
            await_encoder(usual.root)
            at_work = time.monotonic()
            code = child.wait()
        assert code == 0, (usual.root / "said.log").read_text()
        _at_work[key] = time.monotonic() - at_work
        whole = output_of(alone).read_bytes()
        _shared[key] = cluster, replace(own, whole=whole, seconds=time.monotonic() - began)
    return _shared[key]


def _kill(cluster: Cluster, victim: str, run: int, place: Path, chance: random.Random) -> bool:
    """Kill a victim and start it anew where it is the cluster's; return whether there was one."""
    if victim == "drapto":
        os.kill(run, signal.SIGKILL)
        return True
    if victim == "scheduler":
        cluster.kill("scheduler")
        cluster.schedule()
        return True
    name = chance.choice(["one", "two"])
    if victim == "worker":
        cluster.kill(name)
        cluster.work(name, wait=False)
        return True
    if victim == "encoder":
        found = encoders(place)
    else:
        worker = psutil.Process(cluster.processes[name].pid)
        found = [one for one in worker.children() if "drapto.cluster.runner" in " ".join(one.cmdline())]
    if found:
        os.kill(chance.choice(found).pid, signal.SIGKILL)
    return bool(found)
