"""How far a run is and how long it goes on: from its events, from what work costs, and from its own pace.

What is left is scheduled as the run will (`drapto.progress.schedule`), each task with what it costs on this
machine (`costs`), times how much longer the same kind of work has taken in this very run. So encodes,
measurements, checks and what follows the last encode all count, side by side or in turn as they will be.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from drapto.progress.pace import Pace
from drapto.progress.schedule import Job, ends
from drapto.progress.title import Begun, TitleState, group_of, key_of, left_of
from drapto.progress.work import DECODE
from drapto.state.events import (
    EncodingStarted,
    ErrorEvent,
    Event,
    Progress,
    RunPaused,
    SegmentComplete,
    StageComplete,
    StageEvent,
    StageRetried,
    StageStarted,
    TitleSkipped,
)
from drapto.state.progress_events import StageRunning, StageWaiting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from drapto.progress.costs import Costs
    from drapto.progress.times import Measured
    from drapto.progress.work import Key, TitleWork

STEADY = 0.35
"""The least part of a new estimate in the one that is told, once there were a few: pace is noisy."""

SOON = 3.0
"""Seconds: where no more are left, a new estimate is told as it is. The few seconds by which it leaps are no
surprise, and the old one would be told until the end."""

JITTER = 0.05
"""By how much a fraction may become less without its being told."""

LEAST = 1.0
"""Seconds that are told at least while anything is left."""

ENDING = 0.3
"""Seconds that a run takes to end."""


@dataclass(frozen=True)
class Left:
    """How far a title, or the whole run, is: a fraction, and seconds that are left; None: not known yet."""

    fraction: float
    seconds: float | None


@dataclass
class Estimator:
    """Follows a run's events; ``now`` is monotonic seconds. Not safe for threads.

    Attributes:
        costs: What work costs here.
        slots: How many processors the run has.
        titles: In the order in which they are worked on.
        measured: What this run has taught of costs.
    """

    costs: Costs
    slots: int
    titles: dict[str, TitleState] = field(default_factory=dict)
    measured: list[Measured] = field(default_factory=list)
    _segments: dict[Key, SegmentComplete] = field(default_factory=dict)
    _told: dict[str, tuple[float, float, int]] = field(default_factory=dict)
    _reached: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._pace = Pace(self.costs, self.slots)

    def expect(self, names: Iterable[str]) -> None:
        """Take in which titles the run works on."""
        for name in names:
            self.titles.setdefault(name, TitleState(name))

    def plan(self, work: TitleWork, there: frozenset[int] = frozenset()) -> None:
        """Take in what is to be done for a title, as it is known now."""
        self.titles.setdefault(work.title, TitleState(work.title)).learn_work(work, there, self.costs)

    def leave(self, name: str) -> None:
        """Take in that nothing is to be done for a title."""
        if (title := self.titles.get(name)) is not None and not title.begun and not title.done:
            title.ended = True

    def keep(self, place: Mapping[str, object]) -> None:
        """Take in that a task is up to date; ``place`` says which, as events do."""
        event = StageStarted(**place)  # type: ignore[arg-type]  # the fields of an event
        if (title := self.titles.get(event.title)) is not None:
            title.done.add(key_of(event))
            title.kept += event.stage == "encode" and event.part in title.there

    def feed(self, event: Event, now: float) -> None:
        """Take in what happened."""
        title = self.titles.get(event.title)
        if title is None:
            return
        if isinstance(event, TitleSkipped):
            title.ended = True
        elif isinstance(event, RunPaused):
            for state in self.titles.values():
                for begun in state.begun.values():
                    begun.odd = True
        elif isinstance(event, EncodingStarted):
            self._encoding(title, event, now)
        elif isinstance(event, SegmentComplete):
            self._segments[title.name, "encode", event.segment] = event
        elif isinstance(event, StageEvent):
            self._stage(title, event, now)

    def _encoding(self, title: TitleState, event: EncodingStarted, now: float) -> None:
        begun = title.begun.setdefault((title.name, "encode", event.segment), Begun(now))
        begun.since, begun.waits_for, begun.slots = now, "", event.threads
        begun.odd = begun.odd or bool(event.where)
        begun.rounds = title.rounds(now)

    def _stage(self, title: TitleState, event: StageEvent, now: float) -> None:
        key = key_of(event)
        if isinstance(event, StageStarted):
            # a title is finished without its page
            title.ended = title.ended and event.stage == "report"
            title.done.discard(key)
            title.remade += event.stage == "encode" and event.part in title.there
            title.begun[key] = Begun(now)
        elif isinstance(event, StageComplete):
            self._complete(title, key, now)
        elif isinstance(event, ErrorEvent):
            title.begun.pop(key, None)
            title.failed = title.ended = True
        elif (begun := title.begun.get(key)) is not None:
            match event:
                case StageWaiting():
                    begun.since, begun.waits_for = None, event.waits_for
                case StageRunning():
                    begun.since, begun.waits_for = now, ""
                case Progress():
                    begun.reach(event.fraction, now, event.first / event.frames if event.frames else 0.0)
                case StageRetried():
                    begun.odd, begun.fraction, begun.rounds = True, 0.0, None

    def _complete(self, title: TitleState, key: Key, now: float) -> None:
        begun = title.begun.pop(key, None)
        slots = max(1, begun.slots if begun and begun.slots else title.slots(key))
        title.done.add(key)
        task = title.task(key)
        if begun is not None and begun.since is not None:
            title.spent[key] = slots * begun.elapsed(now)
            if task is not None and not begun.odd:
                self._pace.ended(title, key, slots * begun.elapsed(now))
                self._learn(title, key, title.spent[key])
        if key[1] in ("validate", "report") and (title.work is None or self._finished(title)):
            title.ended = True

    def _finished(self, title: TitleState) -> bool:
        return not title.begun and {task.key for task in title.tasks} <= title.settled()

    def _learn(self, title: TitleState, key: Key, spent: float) -> None:
        """Note what a task has taught of costs."""
        task, work = title.task(key), title.work
        if task is None or work is None or task.side_by_side > 1:
            return
        if not work.known and key[1] in ("encode", DECODE):
            return  # how it is cut is an estimate itself
        if key[1] != "encode":
            [(kind, size)] = task.costs
            self.measured.append((kind, size, spent))
            return
        segment = self._segments.pop(key, None)
        if segment is None:
            return
        encoding = segment.encodes * segment.cpu_seconds
        total = encoding + segment.measuring_cpu_seconds
        share = segment.measuring_cpu_seconds / total if total > 0 else 0.0
        (kind, size), *measuring = task.costs
        self.measured.append((kind, size, spent * (1 - share)))
        self.measured.append((f"size {work.quality}", work.pixels(segment.frames), float(segment.bytes)))
        if measuring and share > 0:
            self.measured.append((*measuring[0], spent * share))

    def estimate(self, now: float) -> tuple[dict[str, Left], Left]:
        """Return how far each title is that is worked on, and how far all of them are."""
        jobs: list[Job] = []
        done_left: dict[str, tuple[float, float]] = {}
        for title in self.titles.values():
            if title.work is not None and not (title.ended and not title.begun):
                ratios = self._pace.ratios(title, now)
                jobs += self._jobs(title, ratios, now)
                done_left[title.name] = self._amounts(title, ratios, now)
        when = ends(jobs, self.slots)
        found = {}
        for name, (done, left) in done_left.items():
            found[name] = self._tell(name, done, left, when.get(name, 0.0), now)
        return found, self._whole(done_left, when, now)

    def _whole(
        self, done_left: Mapping[str, tuple[float, float]], when: Mapping[str, float], now: float
    ) -> Left:
        """Return how far all titles are; one of which nothing is known counts like the mean of the others."""
        over = [title for title in self.titles.values() if title.ended and title.spent and not title.begun]
        done = sum(done for done, _ in done_left.values()) + sum(sum(one.spent.values()) for one in over)
        left = sum(left for _, left in done_left.values())
        unknown = sum(title.work is None and not title.ended for title in self.titles.values())
        if not done_left and unknown:
            return Left(0.0, None)
        more = 0.0
        if unknown:
            mean = sum(map(sum, done_left.values())) / len(done_left)
            more = unknown * mean
        seconds = max(when.values(), default=0.0) + more / self.slots + ENDING
        return self._tell("", done, left + more, seconds, now)

    def _tell(self, name: str, done: float, left: float, seconds: float, now: float) -> Left:
        """Return what is told: it does not leap, nor say that nothing is left while something is."""
        before = self._told.get(name)
        if before is not None and before[2] > 2:  # noqa: PLR2004  the first few are better than any before
            expected = max(0.0, before[0] - (now - before[1]))
            new = max(STEADY, min(1.0, SOON / max(LEAST, seconds)))
            seconds = new * seconds + (1 - new) * expected if expected else seconds
        self._told[name] = (seconds, now, before[2] + 1 if before else 1)
        fraction = done / (done + left) if done + left > 0 else 0.0
        reached = self._reached.get(name, 0.0)
        if reached - JITTER < fraction < reached:
            fraction = reached  # a bar that trembles says nothing; one that was wrong is put right
        self._reached[name] = fraction
        return Left(min(0.999, max(0.0, fraction)), max(LEAST, seconds))

    def _jobs(self, title: TitleState, ratios: Mapping[str, float], now: float) -> list[Job]:
        jobs, settled = [], title.settled()
        for task in title.tasks:
            key, begun = task.key, title.begun.get(task.key)
            if begun is None and (title.failed or key in settled):
                continue
            slots = min(self.slots, title.slots(key))
            seconds = ratios[group_of(key)] * title.cost(key) / max(1, slots)
            running = begun is not None and begun.since is not None
            if begun is not None and running:
                seconds = self._left(title, key, begun, seconds, now)
            jobs.append(Job(key, title.name, seconds, slots, task.after, running))
        return jobs

    def _left(self, title: TitleState, key: Key, begun: Begun, expected: float, now: float) -> float:
        """Return for how many seconds a running task goes on that is expected to take so many."""
        own = title.own_total(key, begun, now)
        return left_of(begun, expected, now, own, alone=self._pace.is_new(title, key))

    def _amounts(self, title: TitleState, ratios: Mapping[str, float], now: float) -> tuple[float, float]:
        """Return what is done of a title, and what is left, in slot seconds."""
        done = left = 0.0
        settled = title.settled()
        for task in title.tasks:
            key, begun = task.key, title.begun.get(task.key)
            cost = ratios[group_of(key)] * title.cost(key)
            if begun is not None:
                slots = max(1, min(self.slots, title.slots(key)))
                spent = slots * begun.elapsed(now)
                done += spent
                left += (
                    slots * self._left(title, key, begun, cost / slots, now)
                    if begun.since is not None
                    else cost
                )
            elif key in settled:
                done += title.spent.get(key, cost)
            elif not title.failed:
                left += cost
        return done, left
