"""Follows a run: tells about once a second how far it is, and keeps what it teaches of costs."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from drapto.progress import record, times
from drapto.progress.estimate import Estimator
from drapto.state.events import ErrorEvent, StageComplete, StageStarted
from drapto.state.progress_events import QueueProgress, TitleProgress

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from drapto.progress.estimate import Left
    from drapto.progress.title import TitleState
    from drapto.state.bus import Bus
    from drapto.state.events import Event

EVERY = 1.0
"""Seconds between two reports; longer where one takes long, as of titles with thousands of segments."""

IDLE_SHARE = 30
"""Times as long as a report keeps a processor busy that is waited before the next one."""

LONGEST_WAIT = 10.0
"""Seconds between two reports, however long one takes: the first of a run has modules to load, too."""

WRITE_EVERY = 2.0
"""Seconds between two states that are written for others to read."""

LOOKS = 0.2
"""Seconds of a report that go to finding out what titles need."""

TELLS_MORE = ("probe", "crop", "fields", "segment")
"""Stages after which more is known of a title's work."""


class Follower:
    """A subscriber of a run's bus. Any thread may call it; in a worker of doit's processes it does nothing.

    Args:
        bus: Where it hears, and tells, what happens.
        names: The titles that are worked on, in order.
        find: Called with a title and whether something of it runs; returns what is to be done for it, and the
            segments that are encoded; None where that cannot be said, `FINISHED` where nothing is left.
        slots: How many processors the run has.
        folder: The project's state directory.
        given: Settings that were given for this run alone.
    """

    FINISHED = "finished"

    def __init__(
        self,
        bus: Bus,
        names: Sequence[str],
        find: Callable[[str, bool], Any],
        *,
        slots: int,
        folder: Path,
        given: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        self._bus = bus
        self._find = find
        self._folder = folder
        self._given = given
        self._estimator = Estimator(times.load(), slots)
        self._estimator.expect(names)
        self._unknown: dict[str, None] = dict.fromkeys(names)
        self._lock = threading.RLock()
        self._pid = os.getpid()
        self._me = record.me()
        self._since = time.time()
        self._written = -WRITE_EVERY
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._report, name="drapto-progress", daemon=True)
        self._thread.start()

    def __call__(self, event: Event) -> None:
        """Take in what happened.

        Raises:
            OSError: Why a title failed cannot be written down.
        """
        if os.getpid() != self._pid or isinstance(event, TitleProgress | QueueProgress):
            return
        with self._lock:
            self._estimator.feed(event, time.monotonic())
            known = event.title in self._estimator.titles
            if known and isinstance(event, StageStarted | StageComplete) and event.stage in TELLS_MORE:
                self._unknown[event.title] = None
        if isinstance(event, ErrorEvent):
            record.note_failure(
                self._folder,
                event.title,
                stage=event.stage,
                part=event.part,
                cause=event.cause,
                error=event.message,
            )
        elif isinstance(event, StageComplete) and event.stage == "validate" and event.part is None:
            record.forget_failure(self._folder, event.title)
            record.note_given(self._folder, event.title, self._given)

    def keep(self, place: Mapping[str, object]) -> None:
        """Take in that a task is up to date; ``place`` says which, as events do."""
        with self._lock:
            self._estimator.keep(place)

    def close(self) -> None:
        """End, and remember what the run has taught."""
        if os.getpid() != self._pid:
            return
        self._over.set()
        self._thread.join(timeout=5.0)
        record.remove_running(self._folder)
        with self._lock:
            measured, self._estimator.measured = self._estimator.measured, []
        if measured:
            times.add(measured)

    def _report(self) -> None:
        wait = EVERY / 4
        while not self._over.wait(wait):
            began, worked = time.monotonic(), time.thread_time()
            self._look()
            self._tell()
            # of a busy machine, how long it takes says nothing of what it costs
            costly = min(LONGEST_WAIT, IDLE_SHARE * (time.thread_time() - worked - LOOKS))
            wait = max(EVERY - (time.monotonic() - began), costly, 0.1)

    def _look(self) -> None:
        """Find out what is to be done, for as many titles as there is time for."""
        until = time.monotonic() + LOOKS
        while self._unknown and time.monotonic() < until:
            with self._lock:
                name = next(iter(self._unknown))
                del self._unknown[name]
                begun = bool(self._estimator.titles[name].begun)
            with contextlib.suppress(Exception):  # what is wrong with a title, its stages say
                found = self._find(name, begun)
                with self._lock:
                    if found == self.FINISHED:
                        self._estimator.leave(name)
                    elif found is not None:
                        self._estimator.plan(*found)

    def _tell(self) -> None:
        now = time.monotonic()
        with self._lock:
            titles, whole = self._estimator.estimate(now)
            states = list(self._estimator.titles.values())
            count = sum(not state.ended or bool(state.spent) or state.failed for state in states)
            over = sum(state.ended and (bool(state.spent) or state.failed) for state in states)
        for name, left in titles.items():
            self._bus.publish(TitleProgress(title=name, fraction=left.fraction, seconds_left=left.seconds))
        if count:
            self._bus.publish(
                QueueProgress(
                    fraction=whole.fraction, seconds_left=whole.seconds, titles=count, finished=over
                )
            )
        if now - self._written >= WRITE_EVERY:
            self._written = now
            with contextlib.suppress(OSError), self._lock:
                record.write_running(self._folder, self._state(states, titles, whole))

    def _state(self, states: Sequence[TitleState], titles: Mapping[str, Left], whole: Left) -> dict[str, Any]:
        """Return what is written for others: the titles of which something is left, in order."""
        left = [state for state in states if not state.ended or state.begun]
        left.sort(key=lambda state: not state.begun)
        return {
            **self._me,
            "started": self._since,
            "updated": time.time(),
            "fraction": round(whole.fraction, 4),
            "seconds_left": None if whole.seconds is None else round(whole.seconds, 1),
            "titles": {
                state.name: _told(state, titles.get(state.name)) for state in left[: record.MOST_TITLES]
            },
        }


def _told(state: TitleState, left: Left | None) -> dict[str, Any]:
    begun = list(state.begun.items())[: record.MOST_STAGES]
    return {
        "state": "running" if state.active else "waiting",
        "fraction": None if left is None else round(left.fraction, 4),
        "seconds_left": None if left is None or left.seconds is None else round(left.seconds, 1),
        "stages": [
            {"stage": stage, "part": part, "waits_for": one.waits_for} for (_, stage, part), one in begun
        ],
    }
