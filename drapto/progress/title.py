"""What a run knows of one title's work: what is done, what runs since when, and what is left."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from drapto.progress.rounds import Rounds
from drapto.progress.work import DECODE, tasks_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drapto.progress.costs import Costs
    from drapto.progress.work import Key, TaskWork, TitleWork
    from drapto.state.events import StageEvent

ENCODES = ("encode", "calibrate")
"""Stages whose work is alike: how long the one takes tells of the other."""

BELIEVED, BELIEVED_BESIDE = 4.0, 1.5
"""From the inverse of this on, how fast a running task is itself is all that counts: the first where nothing
of its kind has ended in this run, the second where something has."""

OVERDUE = 0.4
"""What is still left of a task that takes longer than expected, over what it has taken."""

ROUND_OVERDUE = 0.15
"""The same of an encode to a target that takes longer than its own parts so far have promised."""


def key_of(event: StageEvent) -> Key:
    """Return which task an event is about."""
    stage = DECODE if event.decode_part is not None else event.stage
    return event.title, stage, event.part


@dataclass
class Begun:
    """A task that runs.

    Attributes:
        since: When it began to work, monotonic seconds; None while it waits.
        waits_for: What it waits for; empty where it does not.
        fraction: How far it is by its own word, 0 to 1; 0 where it says nothing.
        first: When it first said so, and how far it was then: an encoder tells of no frame for a while.
        slots: The processors that it holds; 0 where that is as planned.
        odd: Whether it was tried again, held up, or is elsewhere: how long it takes teaches nothing.
        rounds: Of an encode to a target, how its parts are encoded and measured; None of all else.
    """

    since: float | None
    waits_for: str = ""
    fraction: float = 0.0
    first: tuple[float, float] | None = None
    slots: int = 0
    odd: bool = False
    rounds: Rounds | None = None

    def elapsed(self, now: float) -> float:
        """Return for how many seconds it has worked."""
        return 0.0 if self.since is None else max(0.0, now - self.since)

    def reach(self, fraction: float, now: float, part: float = 0.0) -> None:
        """Take in how far it is, and where the part of a segment begins that is encoded, 0 to 1."""
        if self.rounds is not None:
            self.rounds.tell(fraction, part, now)
        if fraction > self.fraction:
            self.first = self.first or (now, fraction)
            self.fraction = fraction

    def own_total(self, now: float) -> float | None:
        """Return how many seconds it takes by how fast it is itself; None where that cannot be said yet."""
        if self.rounds is not None:
            return None if self.since is None else self.rounds.total(self.since)
        if self.first is None or self.fraction <= self.first[1]:
            return None
        speed = (self.fraction - self.first[1]) / max(1e-3, now - self.first[0])
        return self.elapsed(now) + (1 - self.fraction) / speed


@dataclass
class TitleState:
    """One title in a run.

    Attributes:
        name: Its name.
        work: What is to be done for it; None while nothing is known.
        there: The segments of which an encoded file was there when the run began.
        ended: Whether nothing more is done for it: it is finished, has failed, or is left alone.
        failed: Whether a stage failed.
        begun: The tasks that run, or wait.
        done: The tasks that are done.
        spent: What was spent on those that were done in this run, slot seconds.
        kept, remade: How many segments' files that were there were up to date, and how many were not.
    """

    name: str
    work: TitleWork | None = None
    there: frozenset[int] = frozenset()
    ended: bool = False
    failed: bool = False
    begun: dict[Key, Begun] = field(default_factory=dict)
    done: set[Key] = field(default_factory=set)
    spent: dict[Key, float] = field(default_factory=dict)
    kept: int = 0
    remade: int = 0
    _tasks: dict[Key, TaskWork] = field(default_factory=dict)
    _costs: dict[Key, float] = field(default_factory=dict)

    def learn_work(self, work: TitleWork, there: frozenset[int], costs: Costs) -> None:
        """Take in what is to be done, as it is known now."""
        if not self.work:
            self.there = there
        self.work = work
        self._tasks = {task.key: task for task in tasks_of(work)}
        self._costs = {key: task.cost(costs) for key, task in self._tasks.items()}

    def task(self, key: Key) -> TaskWork | None:
        """Return a task; None where it is none that was planned."""
        return self._tasks.get(key)

    def cost(self, key: Key) -> float:
        """Return what a task was predicted to take, slot seconds; 0 where it was not planned."""
        return self._costs.get(key, 0.0)

    @property
    def tasks(self) -> Iterator[TaskWork]:
        """All planned tasks, in order."""
        return iter(self._tasks.values())

    @property
    def active(self) -> bool:
        """Whether anything of it works now."""
        return any(one.since is not None for one in self.begun.values())

    def settled(self) -> set[Key]:
        """Return the tasks that are done, as far as that is known.

        doit tells of what is up to date when it comes to it. What comes before a task that has begun is done;
        and so are segments whose files were there, while more of these were found up to date than not.
        """
        found = set(self.done)
        if self.kept >= self.remade:
            found |= {(self.name, "encode", index) for index in self.there}
        behind = [*self.begun, *self.done]
        while behind:
            task = self._tasks.get(behind.pop())
            for key in () if task is None else task.after:
                if key not in found:
                    found.add(key)
                    behind.append(key)
        return found - self.begun.keys()

    def searches(self, key: Key) -> bool:
        """Return whether a task encodes to a target: how far its frames are says little of its end."""
        return key[1] in ENCODES and self.work is not None and self.work.target

    def rounds(self, now: float) -> Rounds | None:
        """Return the rounds of an encode that begins; None where there is no target."""
        return Rounds(self.work.again, now) if self.work is not None and self.work.target else None

    def own_total(self, key: Key, begun: Begun, now: float) -> float | None:
        """Return how many seconds a running task takes by how fast it is itself; None: that says nothing."""
        return None if self.searches(key) and begun.rounds is None else begun.own_total(now)

    def slots(self, key: Key) -> int:
        """Return the processors that a task holds."""
        begun, task = self.begun.get(key), self._tasks.get(key)
        return (begun.slots if begun else 0) or (task.slots if task else 0)


def group_of(key: Key) -> str:
    """Return which tasks take as much longer, or shorter, than predicted as this one."""
    return "encode" if key[1] in ENCODES else key[1]


def left_of(begun: Begun, expected: float, now: float, own: float | None, *, alone: bool) -> float:
    """Return for how many seconds a running task goes on.

    Args:
        begun: The task.
        expected: How many seconds it takes by what is known of others.
        now: Monotonic seconds.
        own: How many it takes by how fast it is itself; None where that says nothing.
        alone: Whether nothing of its kind has ended in this run.
    """
    elapsed, total = begun.elapsed(now), expected
    if own is not None:
        weight = min(1.0, (BELIEVED if alone else BELIEVED_BESIDE) * begun.fraction)
        total = (1 - weight) * expected + weight * own
    soon = OVERDUE * elapsed if own is None else 0.0
    if begun.rounds is not None and own is not None and elapsed >= total:
        soon = ROUND_OVERDUE * elapsed
    return max(total - elapsed, min(soon, OVERDUE * expected) if elapsed < expected else soon, 0.05)
