"""What is running, and what there is to say of it: the display's memory, fed by the events."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from drapto.display.lines import Line
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
from drapto.words import count_text, size_text, time_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from drapto.state.events import Event

ENCODE = "encode"
JOIN = "video"

SETTLING = 5.0
"""Seconds of encoding before a title's remaining time is worth saying."""


@dataclass(frozen=True)
class Row:
    """A running task, or a title's encode as a whole.

    Attributes:
        label: What it is: stage and number; for a whole title, how many segments are done.
        title: The title's name.
        fraction: How much is done, 0 to 1; None where that is not known.
        fps: Frames per second; 0 where frames are not counted.
        left: Seconds to go; None where that is not known.
        whole: True for a title's encode as a whole.
    """

    title: str
    label: str
    fraction: float | None
    fps: float
    left: float | None
    whole: bool = False


@dataclass
class _Task:
    """A running task: when it began (monotonic seconds), its last report, and on which machine it runs."""

    since: float
    last: Progress | None = None
    where: str = ""

    def row(self, title: str, label: str, now: float) -> Row:
        if self.where:
            label = f"{label} on {self.where}"
        if self.last is None:
            return Row(title, label, None, 0.0, None)
        done = self.last.fraction
        left = (now - self.since) * (1 - done) / done if done > 0 else None
        return Row(title, label, done or None, self.last.fps, left)


@dataclass
class _Encode:
    """A title's segments in this run; ``since`` and ``until`` are monotonic seconds."""

    since: float
    until: float
    active: set[int | None] = field(default_factory=set)
    segments: int = 0
    frames: int = 0
    bytes: int = 0

    def line(self, title: str) -> Line:
        parts = [count_text(self.segments, "segment")]
        seconds = self.until - self.since
        if self.frames:
            parts += [count_text(self.frames, "frame"), size_text(self.bytes)]
            if seconds > 0:
                parts.append(f"{self.frames / seconds:.1f} fps")
        return Line("done", title, ENCODE, ", ".join(parts), seconds)


@dataclass
class _Speed:
    """When a title's progress was first looked at (monotonic seconds), and how many frames were done then."""

    since: float
    frames: int


@dataclass
class Board:
    """Follows the events of a run. Not safe for threads: the display locks it.

    Attributes:
        folders: The titles' ``encode_data`` directories, for how far a title's encode is as a whole.
    """

    folders: Mapping[str, Path] = field(default_factory=dict)
    _tasks: dict[tuple[str, str, int | None], _Task] = field(default_factory=dict)
    _encodes: dict[str, _Encode] = field(default_factory=dict)
    _speeds: dict[str, _Speed] = field(default_factory=dict)
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
                self._tasks[_key(event)] = _Task(now)
            case EncodingStarted():  # not with its stage: it may have to wait for a processor
                self._tasks[event.title, ENCODE, event.segment] = _Task(now, where=event.where)
            case Progress() if _key(event) in self._tasks:
                self._tasks[_key(event)].last = event
            case SegmentComplete():
                if (encode := self._encodes.get(event.title)) is not None:
                    encode.frames += event.frames
                    encode.bytes += event.bytes
            case _:
                return self._said_of(event, now)
        return []

    def _said_of(self, event: Event, now: float) -> list[Line]:
        """Take in an event of which there may be something to say."""
        match event:
            case EncodingComplete():
                return self._encoded(event.title)
            case StageComplete():
                return self._complete(event, now)
            case ErrorEvent():
                return self._failed(event)
            case TitleSkipped():
                return self._skipped(event)
            case StageRetried() | RunPaused() | RunResumed():
                return [_held_up(event)]
        return []

    def _failed(self, event: ErrorEvent) -> list[Line]:
        self._ended(event)
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

    def _ended(self, event: StageEvent) -> None:
        self._tasks.pop(_key(event), None)
        if event.stage == ENCODE and event.title in self._encodes:
            self._encodes[event.title].active.discard(event.segment)

    def _complete(self, event: StageComplete, now: float) -> list[Line]:
        self._ended(event)
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
        return [*before, Line("done", event.title, name, event.summary, event.seconds), *notes]

    def _encoded(self, title: str) -> list[Line]:
        encode = self._encodes.pop(title, None)
        self._speeds.pop(title, None)
        return [encode.line(title)] if encode is not None and encode.segments else []

    def finish(self) -> list[Line]:
        """Return what is still to be said when the run ends."""
        self._tasks.clear()
        return [line for title in list(self._encodes) for line in self._encoded(title)]

    def rows(self, now: float) -> list[Row]:
        """Return what runs now: each title that is being encoded as a whole, then the tasks, oldest first."""
        tasks = [
            task.row(title, label(stage, part), now) for (title, stage, part), task in self._tasks.items()
        ]
        return [*self.totals(now), *tasks]

    def totals(self, now: float) -> list[Row]:
        """Return how far each title is whose encode is running, from its ``progress.json``."""
        running = [title for title, encode in self._encodes.items() if encode.active]
        return [row for title in running if (row := self._total(title, now)) is not None]

    def _total(self, title: str, now: float) -> Row | None:
        folder = self.folders.get(title)
        progress = None if folder is None else ProgressRecord.read_if_whole(folder / PROGRESS)
        if progress is None:
            return None
        done = progress.frames_completed + sum(one.frame for one in progress.running.values())
        speed = self._speeds.setdefault(title, _Speed(now, done))
        elapsed, gained = now - speed.since, done - speed.frames
        settled = elapsed >= SETTLING and gained > 0
        return Row(
            title,
            f"{progress.segments_completed} of {count_text(progress.total_segments, 'segment')}",
            progress.total_progress / 100,
            sum(one.fps for one in progress.running.values()),
            (progress.total_frames - done) * elapsed / gained if settled else None,
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


def label(stage: str, part: int | None) -> str:
    """Return a stage with the number of its segment, as the segment's files are named, or of its track."""
    if part is None:
        return stage
    return f"{stage} {part:04d}" if stage == ENCODE else f"{stage} {part}"


def progress_lines(rows: Sequence[Row]) -> list[Line]:
    """Return a line for each title that is being encoded, for an output that is no terminal."""
    return [Line("progress", row.title, ENCODE, row_text(row)) for row in rows if row.whole]


def row_text(row: Row) -> str:
    """Return how far a title is, in words."""
    parts = [f"{100 * (row.fraction or 0):.1f} %", row.label]
    if row.fps:
        parts.append(f"{row.fps:.1f} fps")
    if row.left is not None:
        parts.append(f"{time_text(row.left)} left")
    return ", ".join(parts)
