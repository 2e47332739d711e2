"""Faults of a cluster, for `tests.chaos`: one thing of it is killed at some moment, and starts anew."""

from __future__ import annotations

import atexit
import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from tests import clips
from tests.clusters import Cluster, encoders
from tests.system.killing import start

if TYPE_CHECKING:
    import random

    from tests.chaos import Chaos

VICTIMS = ("worker", "worker", "scheduler", "drapto", "runner", "encoder")

SEGMENTS = 8

_shared: dict[str, tuple[Cluster, Chaos]] = {}


def cluster_killed(chaos: Chaos, name: str, chance: random.Random) -> tuple[str, str]:
    """Kill a worker, the scheduler, drapto, a runner or an encoder while a film is on a cluster."""
    from tests.chaos import judged, run  # noqa: PLC0415  which imports this

    cluster, own = _prepared(chaos)
    project = own.project(name, more=_engine(cluster))
    began = time.monotonic()
    child = start(project)
    time.sleep(chance.uniform(0.3, max(1.0, own.seconds)))
    victim = chance.choice(VICTIMS)
    hit = _kill(cluster, victim, child.pid, str(project.root), chance)
    code = child.wait(timeout=300)
    what = f"{victim} after {time.monotonic() - began:.1f} s in all{'' if hit else ', nobody there'}"
    if code and victim != "drapto":
        return what, f"exit code {code}: {run(project)[1][-600:]}"
    wrong = judged(own, project, 130 if code else 0, "")
    left = [one.pid for one in encoders(project.root)]
    lying = [str(path) for path in cluster.scratch()]
    if (project.root / "work" / ".drapto" / "cluster").exists():
        lying.append("copies of the work directory")
    return what, "; ".join(filter(None, (wrong, f"encoders: {left}" if left else "", ", ".join(lying))))


def _engine(cluster: Cluster) -> str:
    return f'[engine]\nname = "dask"\ndask.scheduler = "{cluster.address}"\n'


def _prepared(chaos: Chaos) -> tuple[Cluster, Chaos]:
    """Return a cluster of two workers, and a film of eight segments with what comes of it on one machine."""
    from tests.chaos import output_of, run  # noqa: PLC0415  which imports this

    key = str(chaos.folder)
    if key not in _shared:
        folder = chaos.folder / "on-a-cluster"
        source = clips.make_clip(
            chaos.ffmpeg, folder / "film.mkv", frames=24 * SEGMENTS, size=(320, 180), keyint=24
        )
        own = replace(chaos, folder=folder, source=source)
        alone = own.project("undisturbed")
        run(alone)
        cluster = Cluster(folder / "cluster")
        atexit.register(cluster.close)
        cluster.schedule()
        cluster.work("one")
        cluster.work("two")
        usual = own.project("usual", more=_engine(cluster))
        began = time.monotonic()
        run(usual)
        whole = output_of(alone).read_bytes()
        _shared[key] = cluster, replace(own, whole=whole, seconds=time.monotonic() - began)
    return _shared[key]


def _kill(cluster: Cluster, victim: str, run: int, root: str, chance: random.Random) -> bool:
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
        found = encoders(Path(root))
    else:
        worker = psutil.Process(cluster.processes[name].pid)
        found = [one for one in worker.children() if "drapto.cluster.runner" in " ".join(one.cmdline())]
    if found:
        os.kill(chance.choice(found).pid, signal.SIGKILL)
    return bool(found)
