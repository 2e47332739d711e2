"""When jobs end that share a machine: the first that is ready begins as soon as processors are free."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence


@dataclass(frozen=True)
class Job:
    """Work that is left.

    Attributes:
        key: What tells it from the others.
        title: The title that it belongs to.
        seconds: How long it takes, or still takes, on the clock.
        slots: The processors that it holds meanwhile; 0 for what waits for the disk.
        after: The jobs that end before it begins; those that are not among the jobs have ended.
        running: Whether it has begun.
    """

    key: Hashable
    title: str
    seconds: float
    slots: int = 0
    after: tuple[Hashable, ...] = ()
    running: bool = False


class _Machine:
    """The processors, what they run, and who stands in line for them."""

    def __init__(self, jobs: Sequence[Job], slots: int) -> None:
        self._jobs = jobs
        self._slots = slots
        self._free = slots
        self._queue: list[int] = []
        self._at_work: list[tuple[float, int]] = []
        self.now = 0.0

    @property
    def busy(self) -> bool:
        """Whether anything is left to run."""
        return bool(self._queue or self._at_work)

    def _wanted(self, number: int) -> int:
        return min(self._jobs[number].slots, self._slots)

    def ready(self, number: int) -> None:
        """Have a job begin, or stand in line."""
        if self._jobs[number].running or not self._jobs[number].slots:
            self._begin(number)
        else:
            heapq.heappush(self._queue, number)

    def _begin(self, number: int) -> None:
        self._free -= self._wanted(number)
        heapq.heappush(self._at_work, (self.now + self._jobs[number].seconds, number))

    def next_end(self) -> int:
        """Have all begin that can; return the job that ends next."""
        # who wants several waits for them, and those behind it wait with it
        while self._queue and (self._wanted(self._queue[0]) <= self._free or not self._at_work):
            self._begin(heapq.heappop(self._queue))
        self.now, number = heapq.heappop(self._at_work)
        self._free += self._wanted(number)
        return number


def ends(jobs: Sequence[Job], slots: int) -> dict[str, float]:
    """Return in how many seconds the last job of each title ends.

    Args:
        jobs: In the order in which they begin, where several can.
        slots: How many processors there are.
    """
    numbers = {job.key: number for number, job in enumerate(jobs)}
    waits = [0] * len(jobs)
    behind: list[list[int]] = [[] for _ in jobs]
    for number, job in enumerate(jobs):
        for key in () if job.running else job.after:
            if (before := numbers.get(key)) is not None:
                waits[number] += 1
                behind[before].append(number)
    machine = _Machine(jobs, slots)
    found: dict[str, float] = {}
    for number, count in enumerate(waits):
        if not count:
            machine.ready(number)
    while machine.busy:
        ended = machine.next_end()
        found[jobs[ended].title] = machine.now
        for number in behind[ended]:
            waits[number] -= 1
            if not waits[number]:
                machine.ready(number)
    return found
