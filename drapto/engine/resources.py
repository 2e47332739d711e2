"""What of this machine a run may use, from the settings and from what is there."""

from __future__ import annotations

import fcntl
import heapq
import os
import struct
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drapto.engine import process
from drapto.engine.machine import usable_cores
from drapto.engine.private import open_private
from drapto.errors import SpaceError
from drapto.words import size_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MIB = 1 << 20

ENCODER_BASE = 324 * MIB
ENCODER_PER_PIXEL = 218
"""Memory of one SVT-AV1 encoder with its decoder, in bytes, and bytes per luma pixel, 10 bit, preset 6,
`lp=1`: peak resident size 525 MB at 1280x720 and 2,134 MB at 2160x3840 (SVT-AV1 4.2 in ffmpeg 9.0.2)."""


def cpu_slots(max_cpu: int) -> int:
    """Return how many one-core encoders ``max_cpu`` percent of this machine feeds, at least 1."""
    return max(1, round(usable_cores() * max_cpu / 100))


def encoder_memory(width: int, height: int) -> int:
    """Return the bytes that one encoder of a ``width`` x ``height`` picture needs at its peak."""
    return ENCODER_BASE + ENCODER_PER_PIXEL * width * height


DELAY = 0.25
"""Of a mean encode's time: how much later than expected others may end. Efforts are met within 20 %; a last
small encode that got two threads took 2 s from the one that still ran beside it (13 segments on 2 cores)."""


@dataclass(frozen=True)
class Allotment:
    """How the encoders of a title share the processors.

    Attributes:
        encoders: How many run side by side.
        lp: SVT-AV1's level of parallelism for each, which is also the CPU slots that each holds.
    """

    encoders: int
    lp: int

    def lp_of(self, efforts: Sequence[float]) -> list[int]:
        """Return the level of parallelism of each encode, where they begin in this order.

        When the last ones run, the cores of those that have ended are idle, and threads use them, at no cost
        in bytes, which are the same for every `lp`. But threads cost processor time (10 % for two, measured),
        and an encode of many leaves nothing to one of one thread beside it. So only what is sure to run
        beside idle cores for most of its time gets them. It holds no more slots than the others.

        Args:
            efforts: How long each takes, in any unit.
        """
        if not efforts:
            return []
        spans = _schedule(efforts, self.encoders)
        late = DELAY * sum(efforts) / len(efforts)
        last_start = max((start for start, _ in spans), default=0.0)
        ends = sorted(end for _, end in spans if end > last_start)
        shares = []
        for start, end in spans:
            sure = self._idle_beside(start, end, max(start + late, last_start), ends)
            idle = self._idle_beside(start, end, max(start, last_start), ends)
            shares.append(self.lp * (1 + (round(idle) if round(sure) else 0)))
        return shares

    def _idle_beside(self, start: float, end: float, begin: float, ends: Sequence[float]) -> float:
        """Return an encode's share of the cores that idle from ``begin`` on, the mean over its time."""
        total = 0.0
        for running, stop in zip(range(len(ends), 0, -1), ends, strict=True):
            until = min(stop, end)
            if until > begin:
                total += (until - begin) * (self.encoders - running) / running
                begin = until
        return total / (end - start) if end > start else 0.0


def _schedule(efforts: Sequence[float], encoders: int) -> list[tuple[float, float]]:
    """Return when each job begins and ends, where the next one begins as soon as an encoder is free."""
    free = [0.0] * encoders
    spans = []
    for effort in efforts:
        start = heapq.heappop(free)
        heapq.heappush(free, start + effort)
        spans.append((start, start + effort))
    return spans


def allot_cpus(*, slots: int, jobs: int, segments: int, memory: int, need: int) -> Allotment:
    """Split ``slots`` processors between the encoders of one title.

    Many one-core encoders beat one many-core encoder in wall time and in CPU, so there are as many as the
    processors, the segments, the user's ``jobs`` and ``memory`` (bytes) allow, of which each takes ``need``;
    what is left over goes to `lp`.
    """
    allowed = max(1, min(jobs, memory // need))
    # every encoder holds at least this share, so that encoders of several titles together keep to the memory
    # too
    share = -(-slots // allowed)
    encoders = max(1, min(slots // share, segments))
    return Allotment(encoders, slots // encoders)


BATCH = MIB
"""Bytes that a copy may write before it accounts for them; a twentieth of a second, if less."""

PAUSE = 0.2
"""Seconds between two looks whether a copy may go on, where a disk was full."""

_CLOCK = struct.Struct("=dd")
"""When the file was last written, and when all that is accounted for is written; monotonic seconds."""


@dataclass(frozen=True)
class DiskRate:
    """How fast drapto itself may write: all copies of a run together, in whichever thread or process.

    Attributes:
        rate: Bytes per second.
        clock: The file by which they agree. It is made when it is first used, and may be deleted.
    """

    rate: int
    clock: Path

    def throttle(self) -> Throttle:
        """Return what keeps one copy under the rate."""
        return Throttle(self)


class Throttle:
    """Keeps one copy's writes, together with those of all others that share its clock, under a rate.

    Args:
        disk: The rate and the clock.
    """

    def __init__(self, disk: DiskRate) -> None:
        self._disk = disk
        self._batch = min(BATCH, disk.rate // 20)
        self._unpaid = 0

    def spend(self, size: int) -> None:
        """Account for ``size`` bytes, and sleep where all copies together write too fast."""
        while process.is_paused():
            time.sleep(PAUSE)
        self._unpaid += size
        if self._unpaid > self._batch:
            seconds, self._unpaid = self._unpaid / self._disk.rate, 0
            if (wait := _book(self._disk.clock, seconds)) > 0:
                time.sleep(wait)


def _book(clock: Path, seconds: float) -> float:
    """Book ``seconds`` of the disk; return how long to wait for them, which is done without the lock.

    `time.monotonic` is the same in all processes, and begins anew when the machine does.
    """
    clock.parent.mkdir(parents=True, exist_ok=True)
    handle = open_private(clock)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        now = time.monotonic()
        text = os.pread(handle, _CLOCK.size, 0)
        written, free_at = _CLOCK.unpack(text) if len(text) == _CLOCK.size else (now, 0.0)
        if not written <= now:
            free_at = 0.0  # from before the machine was started, or damaged
        # up to one second's worth may burst, so that small writes are never slowed down
        free_at = max(free_at, now - 1.0) + seconds
        os.pwrite(handle, _CLOCK.pack(now, free_at), 0)
    finally:
        os.close(handle)
    return float(free_at - now)


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
        error = SpaceError(
            f"the disk is too small: {size_text(free)} free, {what} needs about {size_text(needed)}",
            path=folder,
            remedy=f"free some space, or set another {place} directory",
        )
        error.final = True
        raise error
