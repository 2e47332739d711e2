"""What is running, and what there is to say of it: the display's memory, fed by the events."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from drapto.display.lines import Line
from drapto.display.rows import ENCODE, Row, label
from drapto.state.encode_data import PROGRESS, ProgressRecord
from drapto.state.events import (
    EncodingComplete,
    EncodingStarted,
    ErrorEvent,
    Progress,
    RunPaused,
    RunResumed,
    SegmentComplete,
    StageComplete,
    StageEvent,
    StageRetried,
    StageStarted,
    TitleSkipped,
)
from drapto.state.progress_events import QueueProgress, StageRunning, StageWaiting, TitleProgress
from drapto.words import count_text, size_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from drapto.state.events import Event

JOIN = "video"


@dataclass
class _Task:
    """A task that has begun.

    Attributes:
        last: Its last report.
        where: On which machine it runs; empty for this one.
        waits_for: What it waits for; empty where it does not.
        since: When it began to wait, monotonic seconds.
        waited: For how many seconds it has waited.
    """

    last: Progress | None = None
    where: str = ""
    waits_for: str = ""
    since: float = 0.0
    waited: float = 0.0

    def row(self, title: str, label: str) -> Row:
        if self.where:
            label = f"{label} on {self.where}"
        if self.last is None:
            return Row(title, label, None, 0.0, None, waits_for=self.waits_for)
        if (
            self.last.fraction >= 1 and self.last.stage == ENCODE
        ):  # its frames are encoded, but that is not all
            return Row(title, f"{label}: measuring", None, 0.0, None)
        # how long it still takes is told of its title, with what follows
        return Row(title, label, self.last.fraction or None, self.last.fps, None)

    def wait(self, what: str, now: float) -> None:
        self.waits_for, self.since = what, now

    def run(self, now: float) -> None:
        if self.waits_for:
            self.waited += now - self.since
            self.waits_for = ""


@dataclass
class _Encode:
    """A title's segments in this run.

    Attributes:
        begun, until: When the first of them began, and the last ended, monotonic seconds.
        active: Those that have begun.
        at_work: Those that work: what has begun may wait, for other titles, too.
        worked: For how many seconds one of them worked, up to ``since``.
        since: When the last of them began to work, or no longer did, monotonic seconds.
    """

    begun: float
    until: float
    active: set[int | None] = field(default_factory=set)
    at_work: set[int | None] = field(default_factory=set)
    worked: float = 0.0
    since: float = 0.0
    segments: int = 0
    frames: int = 0
    bytes: int = 0

    def work(self, segment: int | None, now: float) -> None:
        """Take in that a segment works from now on."""
        self._count(now)
        self.at_work.add(segment)

    def rest(self, segment: int | None, now: float) -> None:
        """Take in that a segment works no longer."""
        self._count(now)
        self.at_work.discard(segment)

    def _count(self, now: float) -> None:
        self.worked += now - self.since if self.at_work else 0.0
        self.since = now

    def line(self, title: str) -> Line:
        parts = [count_text(self.segments, "segment")]
        # of what works in another process, no more is heard than that it begins and ends
        seconds = self.worked or self.until - self.begun
        if self.frames:
            parts += [count_text(self.frames, "frame"), size_text(self.bytes)]
            if seconds > 0:
                parts.append(f"{self.frames / seconds:.1f} fps")
        return Line("done", title, ENCODE, ", ".join(parts), seconds)


@dataclass
class Board:
    """Follows the events of a run. Not safe for threads: the display locks it.

    Attributes:
        folders: The titles' ``encode_data`` directories, for how far a title's encode is as a whole.
        titles: Their names, in order.
    """

    folders: Mapping[str, Path] = field(default_factory=dict)
    titles: Sequence[str] = ()
    _tasks: dict[tuple[str, str, int | None], _Task] = field(default_factory=dict)
    _encodes: dict[str, _Encode] = field(default_factory=dict)
    _told: dict[str, TitleProgress] = field(default_factory=dict)
    _queue: QueueProgress | None = None
    _said: set[tuple[str, str]] = field(default_factory=set)
    _left: set[str] = field(default_factory=set)

    def feed(self, event: Event, now: float) -> list[Line]:
        """Take in ``event``, which happened at ``now`` (monotonic seconds); return what is to be said."""
        match event:
            case StageStarted() if event.title in self._left:
                pass  # it is not begun
            case StageStarted(stage="encode"):
                self._encodes.setdefault(event.title, _Encode(now, now)).active.add(event.segment)
            case StageStarted():
                self._tasks[_key(event)] = _Task()
            case EncodingStarted():  # not with its stage: it may have to wait for a processor
                self._tasks[event.title, ENCODE, event.segment] = _Task(where=event.where)
                if (encode := self._encodes.get(event.title)) is not None:
                    encode.work(event.segment, now)
            case StageWaiting() | StageRunning() | TitleProgress() | QueueProgress():
                self._told_of(event, now)
            case Progress() if _key(event) in self._tasks:
                self._tasks[_key(event)].last = event
            case SegmentComplete():
                if (encode := self._encodes.get(event.title)) is not None:
                    encode.frames += event.frames
                    encode.bytes += event.bytes
            case _:
                return self._said_of(event, now)
        return []

    def _told_of(
        self, event: StageWaiting | StageRunning | TitleProgress | QueueProgress, now: float
    ) -> None:
        """Take in how far all is, and what waits."""
        match event:
            case StageWaiting():
                self._tasks.setdefault(_key(event), _Task()).wait(event.waits_for, now)
                if event.stage == ENCODE and (encode := self._encodes.get(event.title)) is not None:
                    encode.rest(event.segment, now)
            case StageRunning() if _key(event) in self._tasks:
                self._tasks[_key(event)].run(now)
                if event.stage == ENCODE and (encode := self._encodes.get(event.title)) is not None:
                    encode.work(event.segment, now)
            case TitleProgress():
                self._told[event.title] = event
            case QueueProgress():
                self._queue = event

    def _said_of(self, event: Event, now: float) -> list[Line]:
        """Take in an event of which there may be something to say."""
        match event:
            case EncodingComplete():
                return self._encoded(event.title)
            case StageComplete():
                return self._complete(event, now)
            case ErrorEvent():
                return self._failed(event, now)
            case TitleSkipped():
                return self._skipped(event)
            case StageRetried() | RunPaused() | RunResumed():
                return [_held_up(event)]
        return []

    def _failed(self, event: ErrorEvent, now: float) -> list[Line]:
        self._ended(event, now)
        said = (event.title, event.message)
        if said in self._said:
            return []  # a full disk ends every segment that is tried
        self._said.add(said)
        return [Line("failure", event.title, label(event.stage, event.part), event.message)]

    def _skipped(self, event: TitleSkipped) -> list[Line]:
        self._left.add(event.title)
        waiting = [key for key, task in self._tasks.items() if key[0] == event.title and task.last is None]
        for key in waiting:
            del self._tasks[key]
        if (encode := self._encodes.get(event.title)) is not None:
            encode.active = {
                part for title, stage, part in self._tasks if (title, stage) == (event.title, ENCODE)
            }
        return [Line("skipped", event.title, "", f"skipped: {event.reason}")]

    def _ended(self, event: StageEvent, now: float) -> None:
        self._tasks.pop(_key(event), None)
        if event.stage == ENCODE and (encode := self._encodes.get(event.title)) is not None:
            encode.active.discard(event.segment)
            encode.rest(event.segment, now)

    def _complete(self, event: StageComplete, now: float) -> list[Line]:
        waited = task.waited if (task := self._tasks.get(_key(event))) is not None else 0.0
        self._ended(event, now)
        name = label(event.stage, event.part)
        notes = [Line("warning", event.title, name, note) for note in event.notes]
        if event.stage == ENCODE:
            # no line for each: a film has hundreds of segments
            encode = self._encodes.setdefault(event.title, _Encode(now - event.seconds, now))
            encode.segments += 1
            encode.until = now
            return notes
        if event.decode_part is not None:
            return notes  # the stage itself has a line
        before = self._encoded(event.title) if event.stage == JOIN else []
        seconds = max(0.0, event.seconds - waited)
        return [*before, Line("done", event.title, name, event.summary, seconds), *notes]

    def _encoded(self, title: str) -> list[Line]:
        encode = self._encodes.pop(title, None)
        return [encode.line(title)] if encode is not None and encode.segments else []

    def finish(self) -> list[Line]:
        """Return what is still to be said when the run ends."""
        self._tasks.clear()
        return [line for title in list(self._encodes) for line in self._encoded(title)]

    def rows(self) -> list[Row]:
        """Return what is at work: all titles, each as a whole, the tasks, oldest first; last what waits."""
        encoding = {title for (title, stage, _), task in self._tasks.items() if stage == ENCODE and task.last}
        tasks = [
            task.row(title, label(stage, part))
            for (title, stage, part), task in self._tasks.items()
            # the next segments always wait for those before them
            if not (task.waits_for and stage == ENCODE and title in encoding)
        ]
        return [*self.totals(), *sorted(tasks, key=lambda row: bool(row.waits_for))]

    def totals(self) -> list[Row]:
        """Return how far the run is, where it has several titles, and each title that is worked on."""
        at_work = dict.fromkeys([title for title, _, _ in self._tasks])
        at_work |= dict.fromkeys(title for title, encode in self._encodes.items() if encode.active)
        in_order = [*(title for title in self.titles if title in at_work), *at_work]
        found = [row for title in dict.fromkeys(in_order) if (row := self._total(title)) is not None]
        queue = self._queue
        if queue is not None and queue.titles > 1:
            done = f"{queue.finished} of {count_text(queue.titles, 'title')}"
            found.insert(0, Row("", done, queue.fraction, 0.0, queue.seconds_left, whole=True))
        return found

    def _total(self, title: str) -> Row | None:
        told = self._told.get(title)
        row = self._encoding(title)
        if told is None:
            return row
        if row is None:
            row = Row(title, "", None, 0.0, None, whole=True)
        return replace(row, fraction=told.fraction, left=told.seconds_left)

    def _encoding(self, title: str) -> Row | None:
        """Return how far a title's encode is; None where none runs."""
        folder, encode = self.folders.get(title), self._encodes.get(title)
        if folder is None or encode is None or not encode.active:
            return None
        progress = ProgressRecord.read_if_whole(folder / PROGRESS)
        if progress is None:
            return None
        return Row(
            title,
            f"{progress.segments_completed} of {count_text(progress.total_segments, 'segment')}",
            progress.total_progress / 100,
            sum(one.fps for one in progress.running.values()),
            None,
            whole=True,
        )


def _held_up(event: StageRetried | RunPaused | RunResumed) -> Line:
    """Return what is said of a run that waits, or does something again."""
    if isinstance(event, RunPaused):
        return Line("warning", event.title, "", f"paused: {event.reason}")
    if isinstance(event, RunResumed):
        return Line("progress", event.title, "", "goes on")
    again = f"tried again ({event.attempt + 1} of {event.attempts})"
    return Line("warning", event.title, label(event.stage, event.part), f"{event.message}; {again}")


def _key(event: StageEvent) -> tuple[str, str, int | None]:
    return event.title, event.stage, event.part
