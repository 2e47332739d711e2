"""Runs that are simulated: the events, with times, of a machine of another speed than expected."""

from __future__ import annotations

import heapq
import math
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from drapto.progress.costs import Costs
from drapto.progress.estimate import Estimator
from drapto.progress.work import DECODE, SegmentWork, TitleWork, tasks_of
from drapto.state.events import EncodingStarted, Progress, SegmentComplete, StageComplete, StageStarted
from drapto.state.progress_events import StageRunning, StageWaiting

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from drapto.progress.work import Key, TaskWork
    from drapto.state.events import Event

PARTS = (0.22, 0.26, 0.26, 0.26)
"""How a segment is divided where there is a target."""

FIRST_PASS = 0.8
"""Where there is a target, the part of an encode's time after which all of its frames were encoded once."""

STARTUP = 0.12
"""Of an encode's time: how long it takes until its first frames are written."""


def title_work(
    name: str,
    *,
    frames: int,
    size: tuple[int, int] = (1280, 720),
    segments: int = 1,
    target: bool = True,
    preset: int = 6,
    audio: int = 1,
    slots: int = 2,
) -> TitleWork:
    """Return what is to be done for a title of 24 frames a second."""
    each = frames // segments
    tried = {segments // 4, segments // 2} if target and segments >= 4 else set()
    works = [
        SegmentWork(
            number,
            each,
            each / 24,
            slots=max(1, slots // segments),
            anchor=number in tried,
            measured=each // 5,
        )
        for number in range(1, segments + 1)
    ]
    parts = [[one.index for one in works[first::16]] for first in range(min(16, segments))]
    return TitleWork(
        title=name,
        frames=frames,
        width=size[0],
        height=size[1],
        bytes=frames * 20_000,
        audio=dict.fromkeys(range(audio), frames / 24),
        segments=works,
        parts=parts,
        preset=preset,
        target=target,
        shown=2.07,
        known=True,
    )


@dataclass
class Machine:
    """A machine and what its work really takes.

    Attributes:
        slots: Its processors.
        factors: How many times as long as expected each kind of work takes; ``""``: every other.
        spread: How unlike their efforts segments are: the deviation of the logarithm of what each takes.
        seed: Of the chance in it.
    """

    slots: int = 2
    factors: Mapping[str, float] = field(default_factory=dict)
    spread: float = 0.15
    seed: int = 1

    def seconds(self, task: TaskWork, chance: random.Random) -> tuple[float, float]:
        """Return how long a task runs, and what part of that it measures."""
        costs = Costs()
        each = [(kind, self._factor(kind) * costs.seconds(kind, size)) for kind, size in task.costs]
        whole = sum(cost for _, cost in each)
        if task.key[1] == "encode":
            whole *= math.exp(chance.gauss(0, self.spread))
        measuring = sum(cost for kind, cost in each if kind == "measure") / sum(cost for _, cost in each)
        return whole / max(1, min(task.slots, self.slots)), measuring

    def _factor(self, kind: str) -> float:
        return self.factors.get(kind.partition(" ")[0], self.factors.get("", 1.0))


@dataclass
class _Run:
    machine: Machine
    works: Sequence[TitleWork]
    events: list[tuple[float, Event]] = field(default_factory=list)

    def told(self) -> list[tuple[float, Event]]:
        chance = random.Random(self.machine.seed)
        tasks = {task.key: task for work in self.works for task in tasks_of(work)}
        order = {key: number for number, key in enumerate(tasks)}
        waits = {key: {one for one in task.after if one in tasks} for key, task in tasks.items()}
        ready = [(order[key], key) for key, before in waits.items() if not before]
        heapq.heapify(ready)
        at_work: list[tuple[float, int, Key]] = []
        free, now = self.machine.slots, 0.0
        waiting: set[Key] = set()
        while ready or at_work:
            held = []
            while ready:
                number, key = heapq.heappop(ready)
                wants = min(tasks[key].slots, self.machine.slots)
                if wants and (held or wants > free):
                    if not held:
                        self._waiting(key, now, waiting)
                    held.append((number, key))
                    continue
                free -= wants
                seconds, share = self.machine.seconds(tasks[key], chance)
                self._begin(tasks[key], now, seconds, share, waiting)
                heapq.heappush(at_work, (now + seconds, number, key))
            ready = held
            heapq.heapify(ready)
            now, number, key = heapq.heappop(at_work)
            free += min(tasks[key].slots, self.machine.slots)
            for other, before in waits.items():
                if key in before:
                    before.remove(key)
                    if not before:
                        heapq.heappush(ready, (order[other], other))
        return sorted(self.events, key=lambda pair: pair[0])

    def _waiting(self, key: Key, now: float, waiting: set[Key]) -> None:
        if key not in waiting:
            waiting.add(key)
            self._tell(now, StageStarted(**place(key)))
            self._tell(now, StageWaiting(**place(key), waits_for="a processor"))

    def _tell(self, now: float, event: Event) -> None:
        self.events.append((now, event))

    def _begin(self, task: TaskWork, now: float, seconds: float, share: float, waiting: set[Key]) -> None:
        key, where = task.key, place(task.key)
        if key in waiting:
            self._tell(now, StageRunning(**where))
        else:
            self._tell(now, StageStarted(**where))
        end = now + seconds
        if key[1] == "encode":
            self._encode(task, now, seconds, share)
        self._tell(end, StageComplete(**where, seconds=seconds))

    def _encode(self, task: TaskWork, now: float, seconds: float, share: float) -> None:
        title, _, number = task.key
        assert number is not None
        work = next(one for one in self.works if one.title == title)
        frames = next(one.frames for one in work.segments if one.index == number)
        self._tell(
            now,
            EncodingStarted(
                title=title,
                segment=number,
                segments=len(work.segments),
                frames=frames,
                strategy="chunked",
                threads=task.slots,
            ),
        )
        at = 0.5
        while at < seconds:
            far, part = reached(at / seconds, share)
            first = int(frames * part)
            here = Progress(**place(task.key), frame=int(frames * far), frames=frames, first=first)
            self._tell(now + at, here)
            at += 0.5
        cpu = seconds * task.slots
        done = SegmentComplete(
            title=title,
            segment=number,
            frames=frames,
            bytes=1,
            seconds=seconds,
            crf=30,
            cpu_seconds=cpu * (1 - share),
            measuring_cpu_seconds=cpu * share,
        )
        self._tell(now + seconds, done)


def reached(time: float, share: float) -> tuple[float, float]:
    """Return how far the frames are that an encode tells of, and where the part begins that they are of.

    Args:
        time: The part of its time that is over.
        share: The part of its work that is measuring; 0 where there is no target.
    """
    if not share:
        return max(0.0, time - STARTUP) / (1 - STARTUP), 0.0
    if time > FIRST_PASS:  # the third part is encoded again, and measured
        *before, again, _ = PARTS
        return sum(before) + again * (time - FIRST_PASS) / (1 - FIRST_PASS), sum(before)
    time /= FIRST_PASS
    first = 0.0
    for size in PARTS:
        encoding = size * (1 - share)
        if time < first + encoding:
            return first + size * max(0.0, (time - first) / encoding - STARTUP) / (1 - STARTUP), first
        if time < first + size:
            return first + size, first
        first += size
    return 1.0, 1 - PARTS[-1]


def place(key: Key) -> dict[str, object]:
    """Return which task it is, as events say it."""
    title, stage, part = key
    names = {"encode": "segment", "audio": "track", DECODE: "decode_part"}
    where: dict[str, object] = {"title": title, "stage": "validate" if stage == DECODE else stage}
    return where if part is None else {**where, names[stage]: part}


@dataclass(frozen=True)
class Told:
    """What was told at a moment: seconds since the run began; and when all ended."""

    now: float
    end: float
    fraction: float
    seconds: float | None

    @property
    def done(self) -> float:
        """The part of the run's time that has passed."""
        return self.now / self.end

    @property
    def error(self) -> float:
        """How far what was told is off, over all of the run's time."""
        return math.inf if self.seconds is None else abs(self.now + self.seconds - self.end) / self.end


def simulate(
    machine: Machine,
    works: Sequence[TitleWork],
    costs: Costs | None = None,
    *,
    every: float = 1.0,
    most: float = math.inf,
) -> Iterator[tuple[Estimator, dict[str, Told], Told]]:
    """Yield what is told of each title, and of all, each second of a run.

    Args:
        machine: It runs there.
        works: The titles.
        costs: What their work is expected to cost.
        every: Seconds from one time to the next.
        most: How many times at most, spread over the whole of a long run.
    """
    events = _Run(machine, works).told()
    end = events[-1][0]
    every = max(every, end / most)
    ends = {work.title: max(t for t, one in events if one.title == work.title) for work in works}
    estimator = Estimator(costs or Costs(), machine.slots)
    estimator.expect(work.title for work in works)
    for work in works:
        estimator.plan(work)
    at = every
    for now, event in events:
        while at <= now and at < end:
            titles, whole = estimator.estimate(at)
            yield (
                estimator,
                {name: Told(at, ends[name], one.fraction, one.seconds) for name, one in titles.items()},
                Told(at, end, whole.fraction, whole.seconds),
            )
            at += every
        estimator.feed(event, now)
