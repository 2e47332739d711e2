"""Run a program to its end, kill it in the middle and run it again, run it on what is finished."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from bench.peers.peer import bounded
from bench.timing import Timed, timed

if TYPE_CHECKING:
    from bench.peers.peer import Job, Peer

PATIENCE = 3.0
"""Seconds after which a child of a killed program counts as left running."""


TRIES = 4
"""How often a program is run to be killed: half as long each time."""


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
    """Kill a job with SIGKILL, the program alone as the kernel would for lack of memory, and run it again.

    Args:
        peer: The program.
        job: What it does.
        cores: Where it may run.
        after: Seconds until it is killed; where it has ended by then, it is tried again with half of them.

    Raises:
        RuntimeError: It is never running when it is to be killed, or the second run fails.
    """
    for earlier in range(TRIES):
        shutil.rmtree(job.folder, ignore_errors=True)
        job.folder.mkdir(parents=True)
        peer.prepare(job)
        began = time.monotonic()
        left = _killed(peer, job, cores, after / 2**earlier)
        if left is not None:
            killed_at = time.monotonic() - began
            alive = _still_alive(left)
            return Resumed(killed_at, timed(bounded(peer.command(job)), job.folder, cores=cores), alive)
    raise RuntimeError(f"{peer.name} had ended before it was killed, after {after:.0f} s")


def _killed(peer: Peer, job: Job, cores: set[int], after: float) -> list[psutil.Process] | None:
    """Kill a program after some seconds; return its children, or None where it had ended by itself."""
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
            return None
        family = psutil.Process(child.pid).children(recursive=True)
        child.kill()
        child.wait()
    return family


def end_leftovers(jobs: Path) -> int:
    """End what runs in the jobs' folders since an earlier bench was killed; return how many processes.

    They would take the processor from what is measured, and write where it writes.
    """
    found = []
    for one in psutil.process_iter():
        try:
            if jobs.resolve() in Path(one.cwd(), "here").parents:
                found.append(one)
        except psutil.Error:  # it has ended, or is somebody else's
            continue
    for one in found:
        one.send_signal(signal.SIGKILL)
    psutil.wait_procs(found, timeout=PATIENCE)
    return len(found)


def _still_alive(family: list[psutil.Process]) -> int:
    """Return how many processes go on some seconds after their parent was killed, and end them."""
    _, alive = psutil.wait_procs(family, timeout=PATIENCE)
    for one in alive:
        one.send_signal(signal.SIGKILL)
    psutil.wait_procs(alive, timeout=PATIENCE)
    return len(alive)
