"""What a run has done, title by title: for its results, its history, and those whom it tells."""

from __future__ import annotations

import os
import resource
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from drapto.engine import spent
from drapto.engine.spent import Spent
from drapto.state import relay

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from drapto.state.events import ErrorEvent, Event, TitleSkipped


@dataclass
class Ran:
    """What a run did for one title.

    Attributes:
        title: Its name.
        worked: For how many seconds something of it worked, up to `since`.
        since: When the last step of it began, or ended, monotonic seconds.
        at_work: The steps that work now.
        duration: How long it plays, seconds; None where it was not probed in this run.
        frames: How many frames this run encoded of it.
        notes: What its stages had to say, a line each, each once.
        failures: The failures, each message once.
        skipped: Why it was left alone; None where it was not.
        validated: Whether its finished file was validated, and published.
        hooks: Which commands that it was told to failed, a line each.
    """

    title: str
    since: float
    worked: float = 0.0
    at_work: set[tuple[object, ...]] = field(default_factory=set)
    duration: float | None = None
    frames: int = 0
    notes: list[str] = field(default_factory=list)
    failures: list[ErrorEvent] = field(default_factory=list)
    skipped: TitleSkipped | None = None
    validated: bool = False
    hooks: list[str] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """How long the run worked on it, wall-clock seconds: not while it waited for its turn."""
        return self.worked

    def work(self, event: Event, now: float) -> None:
        """Take in what begins to work on it, waits, or ends, at ``now``, monotonic seconds."""
        from drapto.state.events import (  # noqa: PLC0415  as in `feed`
            EncodingStarted,
            ErrorEvent,
            StageComplete,
            StageEvent,
            StageStarted,
        )
        from drapto.state.progress_events import StageRunning, StageWaiting  # noqa: PLC0415  as in `feed`

        if self.at_work:
            self.worked += now - self.since
        self.since = now
        if isinstance(event, StageEvent):
            step = (event.stage, event.part, event.decode_part)
            # what begins of a title that is left alone ends at once, unheard
            if isinstance(event, StageStarted | StageRunning) and self.skipped is None:
                self.at_work.add(step)
            elif isinstance(event, StageWaiting | StageComplete | ErrorEvent):
                self.at_work.discard(step)
        elif isinstance(event, EncodingStarted):
            self.at_work.add(("encode", event.segment, None))

    @property
    def ended(self) -> bool:
        """Whether it was finished, failed, or was left alone."""
        return bool(self.validated or self.failures or self.skipped)

    @property
    def published(self) -> bool:
        """Whether its output is what this run made it."""
        return not self.failures and (self.skipped is None or self.skipped.copied)

    def feed(self, event: Event) -> None:
        """Take in what happened to it."""
        from drapto.state.events import (  # noqa: PLC0415  a run with nothing to do has no events
            AnalysisComplete,
            ErrorEvent,
            HookFailed,
            SegmentComplete,
            StageComplete,
            TitleSkipped,
        )

        match event:
            case AnalysisComplete():
                self.duration = event.seconds
            case SegmentComplete():
                self.frames += event.frames
            case ErrorEvent():
                # a full disk ends every segment that is tried
                if all(event.message != one.message for one in self.failures):
                    self.failures.append(event)
            case TitleSkipped():
                self.skipped = event
                self.at_work.clear()
            case HookFailed():
                self.hooks.append(event.message)
            case StageComplete():
                self.notes += [note for note in event.notes if note not in self.notes]
                self.validated |= event.stage == "validate" and event.decode_part is None


UNCOUNTED = frozenset({"file_discovered", "progress", "title_progress", "queue_progress"})
"""Events that say nothing that is counted, and are many: every title is discovered, few have work to do."""


class Tally:
    """A subscriber that counts; any thread may call it.

    In a worker of doit's process runner it passes on what happens, to be counted in the main process.

    Args:
        logs: Each title's directory of logs, by its name: what its programs took is counted by it.

    Attributes:
        began: When the run began.
    """

    def __init__(self, logs: Mapping[str, Path]) -> None:
        self.began = datetime.now(UTC)
        self._logs = logs
        self._since = self._until = time.monotonic()
        self._cpu = self._cpu_seconds = _cpu()
        self._ran: dict[str, Ran] = {}
        self._lock = threading.Lock()
        self._pid = os.getpid()
        for folder in logs.values():
            spent.forget(folder)
        self._deaf = relay.listen(self)

    def __call__(self, event: Event) -> None:
        """Take in what happened."""
        if event.name in UNCOUNTED:
            return
        if os.getpid() != self._pid:
            relay.pass_on(event)
            return
        now = time.monotonic()
        with self._lock:
            ran = self._ran.setdefault(event.title, Ran(event.title, now))
            ran.work(event, now)
            ran.feed(event)

    def close(self) -> None:
        """Take in that the run has ended."""
        if os.getpid() == self._pid:
            self._deaf()
        self._until, self._cpu_seconds = time.monotonic(), _cpu()

    @property
    def ran(self) -> tuple[Ran, ...]:
        """What was done for each title to which anything happened, in the order in which it began."""
        with self._lock:
            return tuple(self._ran.values())

    def of(self, title: str) -> Ran | None:
        """Return what was done for a title; None where nothing was."""
        with self._lock:
            return self._ran.get(title)

    def spent(self, title: str) -> Spent:
        """Return what the programs that ran for a title took, on a cluster's workers, too."""
        folder = self._logs.get(title)
        return Spent() if folder is None else spent.spent(folder)

    @property
    def seconds(self) -> float:
        """How long the run took, wall-clock seconds; once it has ended."""
        return self._until - self._since

    @property
    def cpu_seconds(self) -> float:
        """Processor seconds of this process and of all programs that it ran; once it has ended."""
        return self._cpu_seconds - self._cpu


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
