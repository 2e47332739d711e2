"""A title's segments in memory, in step with the files that other threads and processes write, too.

``encoding.json`` has them all, and writing it takes time in proportion to their number. So a change is
appended to a journal beside it, and the file is written anew once a quarter of as many changes
as it has segments has come.
Who reads it meanwhile reads the journal, too (`read_record`). A line of the journal holds all of a segment: a
crash between the two writes harms nothing.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import ValidationError

from drapto.engine import atomic
from drapto.engine.private import open_private
from drapto.state.encode_data import (
    ENCODING,
    EncodingRecord,
    SegmentRecord,
    Tally,
    concerns,
    follow_plan,
    segment_after,
)
from drapto.video.plan import SegmentPlan

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.state.events import Event

PLAN = "segments.json"
JOURNAL = ".encoding.journal"

FRACTION = 4
"""`ENCODING` is written anew when the journal has one line for each so many segments."""

_Stamp = tuple[int, int, int]


def read_record(folder: Path) -> EncodingRecord | None:
    """Return what became of a title's segments; None where nothing is known.

    Args:
        folder: The title's ``encode_data`` directory.
    """
    return _read(folder)[0]


def _read(folder: Path) -> tuple[EncodingRecord | None, int, int, bool]:
    """Return the record, the journal's size in bytes and in lines, and whether all of it could be read."""
    record = EncodingRecord.read_if_whole(folder / ENCODING)
    try:
        text = (folder / JOURNAL).read_bytes()
        at = datetime.fromtimestamp((folder / JOURNAL).stat().st_mtime, UTC)
    except FileNotFoundError:
        return record, 0, 0, True
    if record is None or not text:
        return record, len(text), 0, not text
    changed, whole = _lines(text)
    known = {one.index: one for one in record.segments}
    known |= {one.index: one for one in changed if one.index in known}
    update = {"segments": tuple(known.values()), "updated_at": max(at, record.updated_at)}
    return record.model_copy(update=update), len(text), len(changed), whole


def _lines(text: bytes) -> tuple[list[SegmentRecord], bool]:
    """Return the segments in a part of the journal, and whether there was nothing else in it."""
    changed, whole = [], text.endswith(b"\n")
    for line in text.splitlines():
        try:
            changed.append(SegmentRecord.model_validate_json(line))
        except ValidationError:  # a power cut came while it was written
            whole = False
    return changed, whole


class Ledger:
    """Follows a title's record. Whoever uses it holds the lock of the title's files.

    Args:
        folder: The title's ``encode_data`` directory.
        run: Identifies the run.
    """

    def __init__(self, folder: Path, run: str) -> None:
        self._folder = folder
        self._run = run
        self._plan: tuple[_Stamp, SegmentPlan] | None = None
        self._stamps: tuple[_Stamp | None, _Stamp | None] | None = None
        self._record: EncodingRecord | None = None
        self._segments: dict[int, SegmentRecord] = {}
        self._offset = 0
        self._lines = 0
        self._due = False
        self.tally = Tally()

    def follow(self, now: datetime) -> bool:
        """Take in what others have written; return False where there is no plan that can be read."""
        stamps = (_stamp(self._folder / PLAN), _stamp(self._folder / ENCODING))
        if stamps != self._stamps or _size(self._folder / JOURNAL) < self._offset:
            return self._load(stamps, now)
        self._catch_up()
        return True

    def _load(self, stamps: tuple[_Stamp | None, _Stamp | None], now: datetime) -> bool:
        self._stamps = None
        plan = self._plan[1] if self._plan is not None and self._plan[0] == stamps[0] else None
        plan = plan or SegmentPlan.read_if_whole(self._folder / PLAN)
        if plan is None or stamps[0] is None:
            return False
        self._plan = (stamps[0], plan)
        before, self._offset, self._lines, whole = _read(self._folder)
        self._record = follow_plan(plan, before, self._run, now)
        self._segments = {one.index: one for one in self._record.segments}
        self.tally = Tally.of(self._record)
        self._due = not whole or before is None or _identity(before) != _identity(self._record)
        self._stamps = stamps
        return True

    def _catch_up(self) -> None:
        """Read what others have appended."""
        if (size := _size(self._folder / JOURNAL)) == self._offset:
            return
        with (self._folder / JOURNAL).open("rb") as journal:
            journal.seek(self._offset)
            changed, whole = _lines(journal.read())
        for one in changed:
            self._put(one)
        self._due = self._due or not whole
        self._offset, self._lines = size, self._lines + len(changed)

    def _put(self, segment: SegmentRecord) -> None:
        if (before := self._segments.get(segment.index)) is not None:
            self.tally.change(before, segment)
            self._segments[segment.index] = segment

    def change(self, event: Event, number: int | None, now: datetime) -> None:
        """Take in an event, about one segment or, without a ``number``, about all; it is on the disk then.

        Raises:
            OSError: It cannot be written.
        """
        numbers = list(self._segments) if number is None else [number] if number in self._segments else []
        changed = [
            segment_after(self._segments[one], event, now)
            for one in numbers
            if concerns(event, self._segments[one])
        ]
        for one in changed:
            self._put(one)
        try:
            if self._due or self._lines + len(changed) >= max(1, len(self._segments) // FRACTION):
                self.fold(now)
            elif changed:
                self._append(changed)
        except BaseException:
            self._stamps = None  # what is on the disk is read again
            raise

    def _append(self, changed: list[SegmentRecord]) -> None:
        path = self._folder / JOURNAL
        is_new = not path.exists()
        handle = open_private(path, append=True)
        try:
            data = b"".join(one.model_dump_json().encode() + b"\n" for one in changed)
            if os.write(handle, data) != len(data):
                os.ftruncate(handle, self._offset)
                raise OSError("the disk is full")
            os.fsync(handle)
        finally:
            os.close(handle)
        if is_new:
            atomic.sync(self._folder)
        self._offset += len(data)
        self._lines += len(changed)

    def fold(self, now: datetime) -> None:
        """Write the whole record, and begin the journal anew.

        Raises:
            OSError: It cannot be written.
        """
        if self._record is None:
            return
        update = {"segments": tuple(self._segments.values()), "updated_at": now}
        self._record = self._record.model_copy(update=update).write(self._folder / ENCODING)
        if self._offset:
            handle = open_private(self._folder / JOURNAL)
            os.ftruncate(handle, 0)
            os.close(handle)
        self._offset = self._lines = 0
        self._due = False
        self._stamps = (_stamp(self._folder / PLAN), _stamp(self._folder / ENCODING))


def _identity(record: EncodingRecord) -> tuple[object, ...]:
    """Return what is written anew where it differs; segments carry on from the record as they are."""
    return (record.run, record.digest, record.strategy, record.segments)


def _stamp(path: Path) -> _Stamp | None:
    """Return what changes when a file is replaced; None where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _size(path: Path) -> int:
    stamp = _stamp(path)
    return 0 if stamp is None else stamp[2]
