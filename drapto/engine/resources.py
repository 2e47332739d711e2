"""What of this machine a run may use, from the settings and from what is there."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drapto.errors import SpaceError
from drapto.words import size_text

if TYPE_CHECKING:
    from pathlib import Path

MIB = 1 << 20

ENCODER_BASE = 324 * MIB
ENCODER_PER_PIXEL = 218
"""Memory of one SVT-AV1 encoder with its decoder, in bytes, and bytes per luma pixel, 10 bit, preset 6,
`lp=1`: peak resident size 525 MB at 1280x720 and 2,134 MB at 2160x3840 (SVT-AV1 4.2 in ffmpeg 9.0.2)."""


def usable_cores() -> int:
    """Return the processors that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cpu_slots(max_cpu: int) -> int:
    """Return how many one-core encoders ``max_cpu`` percent of this machine feeds, at least 1."""
    return max(1, round(usable_cores() * max_cpu / 100))


def encoder_memory(width: int, height: int) -> int:
    """Return the bytes that one encoder of a ``width`` x ``height`` picture needs at its peak."""
    return ENCODER_BASE + ENCODER_PER_PIXEL * width * height


@dataclass(frozen=True)
class CpuShare:
    """How the encoders of a title share the processors.

    Attributes:
        encoders: How many run side by side.
        lp: SVT-AV1's level of parallelism for each, which is also the CPU slots that each holds.
    """

    encoders: int
    lp: int

    def lp_with(self, left: int) -> int:
        """Return the level of parallelism of an encode that begins when ``left`` others have yet to.

        When the last ones run, the cores of those that have ended are idle, and threads use them, at no cost
        in bytes, which are the same for every `lp`. They hold no more slots than the others. Whichever of the
        last ones ends last must have them: an encode of one thread that begins just before one of many is
        left behind by it, and would end alone, on one core (measured on two: 10 s of 53 at half speed).
        """
        return self.lp * max(1, self.encoders // max(1, left - 1))


def share_cpu(*, slots: int, jobs: int, segments: int, memory: int, width: int, height: int) -> CpuShare:
    """Split ``slots`` processors between the encoders of one title.

    Many one-core encoders beat one many-core encoder in wall time and in CPU, so there are as many as the
    processors, the segments, the user's ``jobs`` and ``memory`` (bytes) allow; what is left over goes to
    `lp`.
    """
    allowed = max(1, min(jobs, memory // encoder_memory(width, height)))
    # every encoder holds at least this share, so that encoders of several titles together keep to the memory
    # too
    share = -(-slots // allowed)
    encoders = max(1, min(slots // share, segments))
    return CpuShare(encoders, slots // encoders)


class Throttle:
    """Keeps a stream of writes under a rate, over all threads of this process.

    Args:
        rate: Bytes per second.
    """

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._free_at = 0.0
        self._lock = threading.Lock()

    def spend(self, size: int) -> None:
        """Account for ``size`` bytes, and sleep where they come too fast."""
        with self._lock:
            now = time.monotonic()
            # up to one second's worth may burst, so that small writes are never slowed down
            self._free_at = max(self._free_at, now - 1.0) + size / self.rate
            wait = self._free_at - now
        if wait > 0:
            time.sleep(wait)


def require_space(folder: Path, needed: int, what: str, *, place: str = "output") -> None:
    """Refuse a job that the disk cannot hold.

    Args:
        folder: Where the job will write; its nearest existing parent is asked.
        needed: Bytes.
        what: What the bytes are for, for the message.
        place: ``work`` or ``output``: the directory that could be set to another disk.

    Raises:
        SpaceError: Less than ``needed`` bytes are free.
    """
    existing = folder
    while not existing.exists():
        existing = existing.parent
    import psutil  # noqa: PLC0415  not for a run that finds nothing to do

    free = psutil.disk_usage(os.fspath(existing)).free
    if free < needed:
        raise SpaceError(
            f"the disk is too small: {size_text(free)} free, {what} needs about {size_text(needed)}",
            path=folder,
            remedy=f"free some space, or set another {place} directory",
        )
