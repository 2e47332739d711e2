"""Run a program to its end, kill it in the middle and run it again, run it on what is finished."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

from bench.peers.programs import bounded
from bench.timing import Timed, timed

if TYPE_CHECKING:
    from bench.peers.programs import Job, Peer

PATIENCE = 3.0
"""Seconds after which a child of a killed program counts as left running."""


@dataclass(frozen=True)
class Resumed:
    """What a kill cost.

    Attributes:
        killed_at: Seconds into the first run.
        again: What the second run took.
        left: How many processes of the first one were still running some seconds after it was killed.
    """

    killed_at: float
    again: Timed
    left: int


def whole(peer: Peer, job: Job, cores: set[int]) -> Timed:
    """Run a job from nothing to its end; raise `RuntimeError` where it fails."""
    shutil.rmtree(job.folder, ignore_errors=True)
    job.folder.mkdir(parents=True)
    peer.prepare(job)
    return timed(bounded(peer.command(job)), job.folder, cores=cores)


def idle(peer: Peer, job: Job, cores: set[int]) -> Timed:
    """Run the same command on a finished job."""
    return timed(bounded(peer.command(job)), job.folder, cores=cores)


def resume(peer: Peer, job: Job, cores: set[int], *, after: float) -> Resumed:
    """Kill a job with SIGKILL, the program alone as the kernel would for lack of memory, and run it again."""
    shutil.rmtree(job.folder, ignore_errors=True)
    job.folder.mkdir(parents=True)
    peer.prepare(job)
    began = time.monotonic()
    with (job.folder / "bench.log").open("ab") as log:
        child = subprocess.Popen(
            peer.command(job),
            cwd=job.folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=lambda: os.sched_setaffinity(0, cores),  # noqa: PLW1509  as in bench.timing
            process_group=0,
        )
        time.sleep(after)
        if child.poll() is not None:
            raise RuntimeError(f"{peer.name} had ended before it was killed, after {after:.0f} s")
        family = psutil.Process(child.pid).children(recursive=True)
        child.kill()
        child.wait()
    killed_at = time.monotonic() - began
    _, alive = psutil.wait_procs(family, timeout=PATIENCE)
    for one in alive:
        one.send_signal(signal.SIGKILL)
    psutil.wait_procs(alive, timeout=PATIENCE)
    return Resumed(killed_at, timed(bounded(peer.command(job)), job.folder, cores=cores), len(alive))
