"""Whether a child still lives: what it says, what it computes, what it reads and writes.

A child that hangs, on a disk that is gone or in a deadlock of its own, never ends by itself, and would hold
its slot for ever. Words alone are no sign: ffmpeg reports twice a second from a thread that does nothing
else, also where all others are stuck. So who reads the reports says when something has *changed* (`heard`),
and where nothing does, the kernel is asked what the child and all that it started have computed and moved.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

CPU_SHARE = 0.005
"""Of a processor, that something at work takes at least. An ffmpeg that waits for its input takes
0.0004, a shell in a loop of ``sleep 1`` 0.0008 (25 s each); a sixtieth is what one of 60 at work gets."""

BYTES_A_SECOND = 4096
"""That something at work moves at least: the reports of an ffmpeg that is stuck are 600, an Opus track of
6 kbit/s that is made in real time 750, but that one computes, too."""

SPIN = 12
"""How many times as long a child that computes, and reports no progress, is borne. The first frames of a slow
preset take minutes, not hours."""

LOOK = 8
"""The kernel is asked so often in the time that a child may be silent, from the first quarter of it on."""


PATIENCE = 300.0
"""Seconds without any sign of life after which a child is killed, where nothing else is asked for."""

AT_ONCE = 30.0
"""Seconds for what answers at once: ``-version`` takes 0.05 s, 0.9 s with nothing in the disk's cache."""


def patience(wanted: float | Literal["auto"]) -> float:
    """Return the seconds that ``processing.stall_timeout`` means."""
    return PATIENCE if wanted == "auto" else wanted


@dataclass(frozen=True)
class Limits:
    """When a child is given up.

    Attributes:
        patience: Seconds without a sign of life (`vitals`) after which it is killed; 0: never.
        seconds: Seconds after which it is killed whatever it does, for what should answer at once.
    """

    patience: float = PATIENCE
    seconds: float | None = None


USUAL = Limits()

INSTANT = Limits(seconds=AT_ONCE)
"""For questions."""


class Vitals:
    """Tells when a child has shown no sign of life for too long. Not safe for threads.

    Args:
        pid: The child.
        patience: Seconds without any sign; 0 or less: for ever.
        reports: Whether it reports its progress, so that computing without any is a sign of a fault, too.
    """

    def __init__(self, pid: int, patience: float, *, reports: bool = False) -> None:
        self._pid = pid
        self._patience = patience
        self._reports = reports
        now = time.monotonic()
        self._heard = self._alive = self._looked = self._asked = now
        self._base: tuple[float, float, int] | None = None

    def heard(self) -> None:
        """Take in that it got on."""
        self._heard = time.monotonic()
        self.spoke()

    def spoke(self) -> None:
        """Take in that it said something, which may be the same complaint for ever."""
        self._alive = time.monotonic()
        self._base = None

    def has_stalled(self) -> bool:
        """Return whether it has been without a sign of life for too long; cheap, to be called often."""
        now = time.monotonic()
        if self._patience <= 0:
            return False
        gap, self._asked = now - self._asked, now
        if gap > max(5.0, self._patience / 2):
            # nobody asked for so long: drapto itself was stopped, or the machine slept
            self.heard()
            return False
        if self._reports and now - self._heard > SPIN * self._patience:
            return True
        if now - self._alive < self._patience / 4 or now - self._looked < self._patience / LOOK:
            return False
        self._looked = now
        return self._look(now)

    def _look(self, now: float) -> bool:
        cpu, moved = usage(self._pid)
        if self._base is None:
            self._base = (now, cpu, moved)
            return False
        since, cpu_before, moved_before = self._base
        seconds = now - since
        if cpu - cpu_before >= CPU_SHARE * seconds or moved - moved_before >= BYTES_A_SECOND * seconds:
            self._alive, self._base = now, None
            return False
        return now - self._alive >= self._patience


def usage(pid: int) -> tuple[float, int]:
    """Return the CPU seconds, and the bytes moved, of a process and of all that it started."""
    import psutil  # noqa: PLC0415  only where something is silent

    cpu, moved = 0.0, 0
    try:
        first = psutil.Process(pid)
        family = [first, *first.children(recursive=True)]
    except psutil.Error:
        return 0.0, 0
    for one in family:
        try:
            times = one.cpu_times()
            cpu += times.user + times.system + times.children_user + times.children_system
            if hasattr(one, "io_counters"):
                counters = one.io_counters()
                moved += counters.read_chars + counters.write_chars
        except psutil.Error:
            continue
    return cpu, moved


def family_of(pid: int) -> list[int]:
    """Return what a process has started and still runs, the process itself last."""
    import psutil  # noqa: PLC0415  only where something is killed

    try:
        return [*(one.pid for one in psutil.Process(pid).children(recursive=True)), pid]
    except psutil.Error:
        return [pid]
