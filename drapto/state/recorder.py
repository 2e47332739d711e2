"""Keeps ``encode_data`` from the events, whichever thread or process they happen in."""

from __future__ import annotations

import contextlib
import fcntl
import secrets
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from drapto.engine import atomic
from drapto.state.encode_data import (
    ENCODING,
    PROGRESS,
    EncodingRecord,
    ProgressRecord,
    Running,
    follow_plan,
    record_event,
    summarise,
)
from drapto.state.events import EncodingComplete, EncodingStarted, ErrorEvent, Progress, SegmentComplete
from drapto.video.plan import SegmentPlan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from drapto.state.events import Event

PLAN = "segments.json"
LOCK = ".lock"

WRITE_EVERY = 1.0
"""Seconds between two writes of a title's progress by one process. A write takes 0.25 ms of CPU."""


class Recorder:
    """A subscriber that writes down what becomes of the titles' segments.

    Every update reads the files, changes them and writes them under a lock on a file beside them, so that
    threads and processes that update at once lose nothing. A change of a segment's status is on the disk when
    the event's publisher goes on; progress between two such changes is written at most every `WRITE_EVERY`
    seconds and never waits for the disk: after a power cut it is worth nothing, and the statuses rebuild it.

    Until a title has a segment plan there is nothing to record.

    Args:
        folders: The titles' ``encode_data`` directories by title name.
        run: Identifies this run; a process forked from it shares it, the next run has another.
    """

    def __init__(self, folders: Mapping[str, Path], run: str | None = None) -> None:
        self._folders = dict(folders)
        self._run = run or secrets.token_hex(8)
        self._running: dict[str, dict[int, Running]] = {}
        self._written: dict[str, float] = {}
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        """Write down ``event``, where it is about a segment of a title that is known here.

        Raises:
            OSError: The files cannot be written.
        """
        folder = self._folders.get(event.title)
        if folder is None:
            return
        match event:
            case Progress(stage="encode", segment=int(number)):
                self._report(folder, event, number)
            case EncodingStarted(segment=number) | SegmentComplete(segment=number):
                self._change(folder, event, number)
            case ErrorEvent(stage="encode", segment=int(number)):
                self._change(folder, event, number)
            case EncodingComplete():
                self._change(folder, event, None)

    def _report(self, folder: Path, event: Progress, number: int) -> None:
        now = time.monotonic()
        with self._lock:
            mine = self._running.setdefault(event.title, {})
            mine[number] = Running(frame=event.frame, fps=event.fps, bytes=event.bytes)
            if now - self._written.get(event.title, -WRITE_EVERY) < WRITE_EVERY:
                return
            self._written[event.title] = now
        if not (folder / ENCODING).exists():
            return
        with _locked(folder):
            before = ProgressRecord.read_if_whole(folder / PROGRESS) or _rebuilt(folder)
            if before is not None:
                # looked up under the files' lock: what completes meanwhile is gone, or is written after
                running = {**before.running, **self._mine(event.title)}
                _write_progress(folder, before.with_running(running, _now()))

    def _change(self, folder: Path, event: Event, number: int | None) -> None:
        with self._lock:
            mine = self._running.setdefault(event.title, {})
            if number is None:
                mine.clear()
            else:
                mine.pop(number, None)
        if not (folder / PLAN).exists():
            return
        with _locked(folder):
            plan = SegmentPlan.read_if_whole(folder / PLAN)
            if plan is None:
                return
            now = _now()
            record = follow_plan(plan, EncodingRecord.read_if_whole(folder / ENCODING), self._run, now)
            record = record_event(record, event, now).write(folder / ENCODING)
            progress = ProgressRecord.read_if_whole(folder / PROGRESS)
            running = {} if progress is None else progress.running
            if number is not None:
                running = {key: one for key, one in running.items() if key != number}
            _write_progress(folder, summarise(record, {**running, **self._mine(event.title)}))

    def _mine(self, title: str) -> dict[int, Running]:
        """Return what this process knows of a title's running encodes."""
        with self._lock:
            return dict(self._running.get(title, {}))


def _rebuilt(folder: Path) -> ProgressRecord | None:
    record = EncodingRecord.read_if_whole(folder / ENCODING)
    return None if record is None else summarise(record, {})


def _write_progress(folder: Path, progress: ProgressRecord) -> None:
    atomic.write_text(folder / PROGRESS, progress.dumps(), durable=False)


def _now() -> datetime:
    return datetime.now(UTC)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a title's files: against other threads too, each opens the lock file anew."""
    with (folder / LOCK).open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
