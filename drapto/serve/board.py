"""What the page shows: the titles in order, what each is at, what was asked for; and who is told of it."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections import Counter
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from drapto.errors import printable
from drapto.state.event_records import record
from drapto.state.events import (
    EncodingStarted,
    ErrorEvent,
    Progress,
    RunPaused,
    RunResumed,
    StageComplete,
    StageEvent,
    StageStarted,
    TitleSkipped,
)
from drapto.state.progress_events import QueueProgress, StageRunning, StageWaiting, TitleProgress
from drapto.words import count_text, encoded_at, left_text, percent_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from drapto.project import Project, Title
    from drapto.state.events import Event

State = Literal["waiting", "running", "finished", "failed", "skipped"]
Mode = Literal["idle", "running", "pausing", "ending"]

DONE: tuple[State, ...] = ("finished", "skipped")
"""The states of titles for which nothing is to be done."""

NONE: Mapping[str, str] = MappingProxyType({})

MOST_LISTENERS = 32
MOST_UNREAD = 2_000
"""Messages that a listener may be behind; who is further behind is told to begin anew."""

Message = tuple[str, dict[str, Any]]
"""The name of a message, and what it says."""


@dataclass
class Shown:
    """A title as it is shown.

    Attributes:
        title: The title.
        state: What it is at.
        stages: Those of its stages that run, each with how many of its tasks do.
        waits: Its tasks that have begun and wait, each with what it waits for.
        far: How much of its work is done, 0 to 1, and the seconds until it is finished, as far as is known.
        places: The segments that are encoded, each with the machine's name, which is empty for this one.
        failures: What failed, a line each, with the stage.
        note: What came of it last, in a few words.
    """

    title: Title
    state: State = "waiting"
    stages: dict[str, int] = field(default_factory=dict)
    waits: dict[tuple[str, int | None], str] = field(default_factory=dict)
    far: tuple[float | None, float | None] = (None, None)
    places: dict[int, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    note: str = ""

    @property
    def at_work(self) -> list[str]:
        """Those of its stages of which something works, and does not wait."""
        waiting = Counter(stage for stage, _ in self.waits)
        return [stage for stage, number in self.stages.items() if number > waiting[stage]]

    def stop(self) -> None:
        """Take in that nothing of it runs any more."""
        self.stages.clear()
        self.waits.clear()
        self.places.clear()
        self.far = (None, None)

    @property
    def away(self) -> dict[int, str]:
        """Those segments that are encoded on other machines."""
        return {segment: name for segment, name in self.places.items() if name}


class Board:
    """Any thread may use it.

    Args:
        project: The project.
        unfinished: The names of the titles of which something is left to do.
        skips: Why titles are left alone, by their names.
    """

    def __init__(self, project: Project, unfinished: Iterable[str], skips: Mapping[str, str] = NONE) -> None:
        self._lock = threading.RLock()
        self._listeners: set[queue.Queue[Message | None]] = set()
        self._shown = {title.name: Shown(title) for title in project.titles}
        self.mode: Mode = "idle"
        self._far = ""
        self.problem = ""
        self._again: set[str] = set()
        self.settled(unfinished, skips)

    @property
    def titles(self) -> list[Title]:
        """The titles, in the order in which they are worked on."""
        with self._lock:
            return [one.title for one in self._shown.values()]

    def title(self, name: str) -> Title | None:
        """Return a title by its name; None where there is none."""
        with self._lock:
            one = self._shown.get(name)
            return None if one is None else one.title

    def settled(self, unfinished: Iterable[str], skips: Mapping[str, str] = NONE) -> None:
        """Take in what is left to do, and what is left alone, when nothing runs."""
        left = set(unfinished)
        with self._lock:
            for name, one in self._shown.items():
                one.stop()
                if name in skips:
                    one.state, one.note = "skipped", skips[name].removeprefix("skipped: ")
                elif name not in left:
                    one.state = "finished"
                elif one.state != "failed":
                    one.state = "waiting"
        self.tell()

    def become(self, mode: Mode, problem: str = "") -> None:
        """Say what the server is at, and what keeps it from more."""
        with self._lock:
            self.mode, self.problem = mode, problem
            if mode == "idle":
                self._far = ""
        self.tell()

    def left(self) -> list[Title]:
        """Return the titles to work on, in order, and forget how they failed before."""
        with self._lock:
            self._again.clear()
            found = [one for one in self._shown.values() if one.state not in DONE]
            for one in found:
                one.failures.clear()
                one.state = "waiting"
            return [one.title for one in found]

    def retry(self, name: str) -> bool:
        """Have a title that failed tried again; return whether there is such a one."""
        with self._lock:
            one = self._shown.get(name)
            if one is None or one.state != "failed":
                return False
            one.state = "waiting"
            one.failures.clear()
            self._again.add(name)
        self.tell()
        return True

    @property
    def wants_more(self) -> bool:
        """Whether a title was asked for again while others were worked on."""
        with self._lock:
            return bool(self._again)

    def move(self, name: str, by: int) -> bool:
        """Put a title ``by`` places further down; return whether there is such a one."""
        with self._lock:
            names = list(self._shown)
            if name not in names:
                return False
            place = max(0, min(len(names) - 1, names.index(name) + by))
            names.remove(name)
            names.insert(place, name)
            self._shown = {one: self._shown[one] for one in names}
        self.tell()
        return True

    def __call__(self, event: Event) -> None:
        """Take in an event, and pass it on (the board listens to the bus)."""
        with self._lock:
            one = self._shown.get(event.title)
            if one is not None:
                _take_in(one, event)
            elif isinstance(event, QueueProgress):
                self._far = _far(event)
        self._send((event.name, record(event)))
        if not isinstance(event, Progress):
            self.tell()

    def snapshot(self) -> dict[str, Any]:
        """Return all that is shown, as JSON values."""
        with self._lock:
            mode, problem, far = self.mode, self.problem, self._far
            titles = [
                (one, one.at_work, encoded_at(one.away), list(one.failures)) for one in self._shown.values()
            ]
        return {
            "mode": mode,
            "far": far,
            "problem": problem,
            "titles": [_plain(*each) for each in titles],
        }

    def tell(self) -> None:
        """Tell all who listen that something has changed; each asks for the snapshot when it gets to it."""
        self._send(("state", {}))

    def listen(self) -> queue.Queue[Message | None] | None:
        """Return a line of messages, ``None`` ending it; None where too many listen."""
        line: queue.Queue[Message | None] = queue.Queue(MOST_UNREAD)
        with self._lock:
            if len(self._listeners) >= MOST_LISTENERS:
                return None
            self._listeners.add(line)
        return line

    def leave(self, line: queue.Queue[Message | None]) -> None:
        """Listen no more."""
        with self._lock:
            self._listeners.discard(line)

    def _send(self, message: Message) -> None:
        with self._lock:
            listeners = list(self._listeners)
        for line in listeners:
            try:
                line.put_nowait(message)
            except queue.Full:
                self.leave(line)
                with contextlib.suppress(queue.Empty):
                    line.get_nowait()
                line.put_nowait(None)


def _take_in(one: Shown, event: Event) -> None:
    match event:
        case StageWaiting():
            one.waits[event.stage, event.part] = event.waits_for
        case StageRunning():
            one.waits.pop((event.stage, event.part), None)
        case TitleProgress():
            one.far = event.fraction, event.seconds_left
        case RunPaused():
            one.note = event.reason
        case RunResumed():
            one.note = ""
        case _:
            _take_in_stage(one, event)


def _take_in_stage(one: Shown, event: Event) -> None:
    """Take in what begins, ends, fails, or is left alone."""
    match event:
        case StageStarted():
            if one.state == "waiting":  # what has failed, or only lacks its page, stays so
                one.state = "running"
            one.stages[event.stage] = one.stages.get(event.stage, 0) + 1
        case EncodingStarted():
            one.waits.pop(("encode", event.segment), None)
            one.places[event.segment] = event.where
        case StageComplete():
            _end(one, event)
            one.note = f"{event.stage}: {event.summary}" if event.summary else event.stage
            if event.stage == "validate" and event.part is None:
                one.state = "finished"
        case ErrorEvent():
            _end(one, event)
            one.failures.append(f"{event.stage}: {event.message}")
            one.state = "failed"
        case TitleSkipped():
            one.stop()
            one.state = "skipped"
            one.note = f"{event.reason}; to encode it all the same: {event.remedy}"


def _far(event: QueueProgress) -> str:
    """Return how far the run is, in words."""
    left = "" if event.seconds_left is None else f", {left_text(event.seconds_left)} left"
    return f"{event.finished} of {count_text(event.titles, 'title')}, {percent_text(event.fraction)}{left}"


def _end(one: Shown, event: StageEvent) -> None:
    one.waits.pop((event.stage, event.part), None)
    left = one.stages.get(event.stage, 1) - 1
    if left > 0:
        one.stages[event.stage] = left
    else:
        one.stages.pop(event.stage, None)
    if event.stage == "encode" and event.segment is not None:
        one.places.pop(event.segment, None)


def _plain(
    one: Shown, stages: Sequence[str], places: Sequence[str], failures: Sequence[str]
) -> dict[str, Any]:
    title = one.title
    fraction, seconds = one.far if one.state == "running" else (None, None)
    waits = ", ".join(sorted(set(one.waits.values()))) if one.state == "running" and not stages else ""
    return {
        "name": title.name,
        "shown": printable(title.source.stem),
        "state": one.state,
        "stages": list(stages),
        "places": [printable(line) for line in places],
        "waits_for": printable(waits),
        "progress": None if fraction is None else 100 * fraction,
        "left": "" if seconds is None else left_text(seconds),
        "failures": [printable(line) for line in failures],
        "note": printable(one.note),
        "report": title.report.is_file(),
    }
