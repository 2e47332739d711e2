"""A worker of a cluster: what it has, its runners, its files; and how Dask's own worker becomes one.

``dask worker --preload drapto.cluster.worker`` is what `drapto cluster worker` starts, and what Slurm and
Kubernetes start (docs/cluster.md). The worker finds out itself what it has to give.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import threading
import time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distributed.diagnostics.plugin import WorkerPlugin

from drapto import tools
from drapto.cluster.runners import Runners
from drapto.engine.machine import memory_budget, usable_cores
from drapto.versions import Versions, versions_of

if TYPE_CHECKING:
    from distributed import Worker

GIB = 1 << 30

ENCODE, MEMORY = "encode", "mem_gb"
"""Dask resources: one-core encoders side by side, and GiB of memory for them."""

CALL, LEASE = "drapto-call-", "drapto-lease-"
"""What the keys of Dask tasks begin with: a call, and the room for its files."""

NICE, SCRATCH = "DRAPTO_WORKER_NICE", "DRAPTO_WORKER_SCRATCH"
"""Environment variables: the niceness of what a worker runs, and where files that are sent to it lie."""


OWN_SCRATCH = "drapto-worker-"
"""What the name of a worker's own directory begins with."""

NEW_SCRATCH = "drapto-new-"
"""The same until it is locked."""

JUST_MADE = 60.0
"""Seconds in which a new directory may not be locked yet by the worker that made it."""


class Here:
    """What the calls of a worker share.

    Args:
        name: The worker's name.
        scratch: Its own directory.
        nice: Of what it runs, as nice(1).
    """

    def __init__(self, name: str, scratch: Path, nice: int) -> None:
        self.name = name
        self.scratch = scratch
        self.runners = Runners(nice)

    @cached_property
    def ffmpeg(self) -> Path:
        """The worker's own ffmpeg.

        Raises:
            ToolMissingError: There is none that can do the work.
        """
        return tools.require(tools.find_tools()).ffmpeg

    def versions(self) -> Versions:
        """Return the versions of all that decides the bytes."""
        return versions_of(self.ffmpeg)

    def close(self) -> None:
        """End all calls; remove the files."""
        self.runners.close()
        shutil.rmtree(self.scratch, ignore_errors=True)


_here: Here | None = None


def here() -> Here:
    """Return what this worker's calls share."""
    assert _here is not None, "no worker of drapto's: start it with --preload drapto.cluster.worker"  # noqa: S101
    return _here


def resources(slots: int | None = None, memory: int | None = None) -> dict[str, float]:
    """Return what this machine has to give.

    Args:
        slots: Encoders side by side; one for each processor by default.
        memory: Bytes for them; most of what is free by default.
    """
    given = memory_budget("auto") if memory is None else memory
    return {ENCODE: float(slots or usable_cores()), MEMORY: round(given / GIB, 2)}


def own_scratch(parent: Path) -> Path:
    """Make a worker's own directory; remove those of workers that were killed.

    A worker's is locked as long as it lives: the lock ends with it, however that was. It has its name only
    once it is locked.
    """
    for left in (*parent.glob(f"{OWN_SCRATCH}*"), *parent.glob(f"{NEW_SCRATCH}*")):
        with contextlib.suppress(OSError):
            is_new = left.name.startswith(NEW_SCRATCH) and time.time() - left.stat().st_mtime < JUST_MADE
            handle = None if is_new else _locked(left)
            if handle is not None:
                shutil.rmtree(left, ignore_errors=True)
                os.close(handle)
    made = Path(tempfile.mkdtemp(prefix=f"{NEW_SCRATCH}{os.getpid()}-", dir=parent))
    _locked(made)
    return made.rename(parent / made.name.replace(NEW_SCRATCH, OWN_SCRATCH, 1))


def _locked(folder: Path) -> int | None:
    """Lock a directory until this process ends; None where another process has it, or it can't be locked."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle


class CallPlugin(WorkerPlugin):
    """Ends what is cancelled, and removes the files of what is given up."""

    name = "drapto"

    def __init__(self, shared: Here) -> None:
        self._here = shared

    def transition(self, key: Any, start: str, finish: str, **more: Any) -> None:  # noqa: ANN401  Dask's
        """Hear of each change of a task's state."""
        del more
        if not isinstance(key, str):
            return
        if key.startswith(CALL) and start == "executing" and finish not in {"memory", "error"}:
            self._here.runners.kill(key.removeprefix(CALL))
        elif key.startswith(LEASE) and start == "memory":
            folder = self._here.scratch / key.removeprefix(LEASE)
            threading.Thread(target=shutil.rmtree, args=(folder, True), daemon=True).start()

    def teardown(self, worker: Worker) -> None:
        """End all calls when the worker ends."""
        del worker
        self._here.close()


async def dask_setup(worker: Worker) -> None:
    """Make a worker of Dask's one of drapto's; Dask calls it, before the worker registers itself."""
    global _here  # noqa: PLW0603  a process is one worker
    scratch = own_scratch(Path(os.environ.get(SCRATCH) or tempfile.gettempdir()))
    _here = Here(str(worker.name), scratch, int(os.environ.get(NICE, "0")))
    state = worker.state
    for name, amount in resources().items():
        if name not in state.total_resources:
            state.total_resources[name] = state.available_resources[name] = amount
    await worker.plugin_add(CallPlugin(_here), name=CallPlugin.name)
