"""Keeps ``encode_data`` from the events, whichever thread or process they happen in."""

from __future__ import annotations

import contextlib
import fcntl
import json
import multiprocessing
import os
import threading
import time
from datetime import UTC, datetime
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING

from drapto.engine import atomic
from drapto.engine.logs import write_log
from drapto.engine.private import open_private
from drapto.state.encode_data import ENCODING, PROGRESS, ProgressRecord, Running, summarise
from drapto.state.events import (
    EncodingComplete,
    EncodingStarted,
    ErrorEvent,
    Progress,
    SegmentComplete,
    StageRetried,
)
from drapto.state.ledger import JOURNAL, PLAN, Ledger, read_record
from drapto.state.lock import current_run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from drapto.state.events import Event

LOCK = ".lock"

FAILURES = "failures.jsonl"
"""In ``encode_data``: every attempt of any stage that failed, a line of JSON each."""

FAILURES_LIMIT = 256 << 10
"""Bytes from which that file is set aside."""

WRITE_EVERY = 1.0
"""Seconds between two writes of a title's progress by one process. A write takes 0.25 ms of CPU."""


class Recorder:
    """A subscriber that writes down what becomes of the titles' segments.

    Every update is made under a lock on a file beside them, so that threads and processes that update at once
    lose nothing. A change of a segment's status is on the disk when the event's publisher goes on, in the
    record or in its journal (`ledger`); progress between two such changes is written at most every
    `WRITE_EVERY` seconds and never waits for the disk: after a power cut it is worth nothing, and the
    statuses rebuild it. What an update costs does not depend on how many segments a title has.

    Until a title has a segment plan there is nothing to record.

    Args:
        folders: The titles' ``encode_data`` directories by title name.
        run: Identifies this run; a process forked from it shares it, the next run has another.
    """

    def __init__(self, folders: Mapping[str, Path], run: str | None = None) -> None:
        self._folders = dict(folders)
        self._run = run or current_run()
        self._ledgers: dict[str, Ledger] = {}
        self._running: dict[str, dict[int, Running]] = {}
        self._written: dict[str, float] = {}
        self._lock = threading.Lock()
        if multiprocessing.parent_process() is not None:  # a worker; nobody ends its subscription
            Finalize(None, self.close, exitpriority=0)

    def close(self) -> None:
        """Write whole what lies in journals, as far as it can be: at the end of a run."""
        for title, folder in self._folders.items():
            with contextlib.suppress(OSError):
                if (folder / JOURNAL).stat().st_size == 0:
                    continue
                with _locked(folder):
                    ledger = self._ledger(title, folder)
                    if ledger.follow(_now()):
                        ledger.fold(_now())

    def _ledger(self, title: str, folder: Path) -> Ledger:
        with self._lock:
            return self._ledgers.setdefault(title, Ledger(folder, self._run))

    def __call__(self, event: Event) -> None:
        """Write down ``event``, where it is about a segment of a title that is known here.

        Raises:
            OSError: The files cannot be written.
        """
        folder = self._folders.get(event.title)
        if folder is None:
            return
        if isinstance(event, ErrorEvent | StageRetried):
            _note_failure(folder, event)
        match event:
            case Progress(stage="encode", segment=int(number)):
                self._report(folder, event, number)
            case EncodingStarted(segment=number) | SegmentComplete(segment=number):
                self._change(folder, event, number)
            case ErrorEvent(stage="encode", segment=int(number)):
                self._change(folder, event, number)
            case StageRetried(stage="encode", segment=int(number)):
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
            now, ledger = _now(), self._ledger(event.title, folder)
            if not ledger.follow(now):
                return
            ledger.change(event, number, now)
            progress = ProgressRecord.read_if_whole(folder / PROGRESS)
            running = {} if progress is None else progress.running
            if number is not None:
                running = {key: one for key, one in running.items() if key != number}
            _write_progress(folder, ledger.tally.progress({**running, **self._mine(event.title)}, now))
            if number is None:  # nothing more is expected, and other titles want the memory
                ledger.fold(now)
                with self._lock:
                    self._ledgers.pop(event.title, None)

    def _mine(self, title: str) -> dict[int, Running]:
        """Return what this process knows of a title's running encodes."""
        with self._lock:
            return dict(self._running.get(title, {}))


def _note_failure(folder: Path, event: ErrorEvent | StageRetried) -> None:
    """Append an attempt that failed to the title's list of them, whatever its stage."""
    if not folder.is_dir():
        return  # nothing of the title is known yet
    attempt = event.attempt if isinstance(event, StageRetried) else None
    place = {"stage": event.stage, "part": event.part, "attempt": attempt}
    line = {"at": _now().isoformat(timespec="seconds"), **place, "cause": event.cause, "error": event.message}
    write_log(folder / FAILURES, f"{json.dumps(line)}\n", limit=FAILURES_LIMIT)


def _rebuilt(folder: Path) -> ProgressRecord | None:
    record = read_record(folder)
    return None if record is None else summarise(record, {})


def _write_progress(folder: Path, progress: ProgressRecord) -> None:
    atomic.write_text(folder / PROGRESS, progress.dumps(), durable=False)


def _now() -> datetime:
    return datetime.now(UTC)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a title's files: against other threads too, each opens the lock file anew."""
    handle = open_private(folder / LOCK)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
