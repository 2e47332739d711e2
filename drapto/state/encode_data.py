"""How far a title's encode is: the typed content of ``encode_data/encoding.json`` and ``progress.json``.

They are for people and programs to read. What is up to date is doit's to say, from its database: these files
may be deleted at any time, and then begin anew from the segment plan.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from drapto.engine.document import Model, Report
from drapto.state.events import EncodingComplete, EncodingStarted, ErrorEvent, SegmentComplete, StageRetried

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drapto.state.events import Event
    from drapto.video.plan import Segment, SegmentPlan

ENCODING = "encoding.json"
PROGRESS = "progress.json"

HISTORY = 10
"""Failed attempts that are remembered of each segment."""

_Frames = tuple[int, int, int]
"""Which frames a segment holds: its index, its first frame, how many."""


class FailedAttempt(Model):
    """An attempt that failed: when, for which cause (`drapto.engine.causes`), and what was said of it."""

    at: datetime
    cause: str
    error: str


class SegmentRecord(Model):
    """What became of one segment.

    Attributes:
        index: Its number, from 1.
        first_frame, frames: Which of the title's frames it holds.
        status: ``encoding`` stays behind where a run is killed; the next run makes it ``pending``.
        attempts: How often its encode was started, over all runs.
        last_attempt: When it was last started.
        error: Why it failed, in one line; None where it did not.
        crf: The quality asked for, then the quality delivered.
        score: What was measured of it; None where nothing was.
        tier: Which round of a search found it.
        why: Why the search ended there.
        bytes: The encoded file's size.
        seconds: How long the encode took.
        where: The machine on which it was last begun; empty for the one that runs drapto.
        history: The attempts that failed, over all runs; the last `HISTORY` of them.
    """

    index: int
    first_frame: int
    frames: int
    status: Literal["pending", "encoding", "completed", "failed"] = "pending"
    attempts: int = 0
    last_attempt: datetime | None = None
    error: str | None = None
    crf: float | None = None
    score: float | None = None
    tier: int | None = None
    why: str = ""
    bytes: int | None = None
    seconds: float | None = None
    where: str = ""
    history: tuple[FailedAttempt, ...] = ()


class EncodingRecord(Report):
    """What became of each segment of a title (``encoding.json``).

    Attributes:
        digest: The source's content digest, as in the plan.
        strategy: The encoding strategy's name.
        run: Identifies the run that wrote this last.
        created_at, updated_at: When it was first and last written.
        segments: As the plan has them.
    """

    digest: str
    strategy: str
    run: str
    created_at: datetime
    updated_at: datetime
    segments: tuple[SegmentRecord, ...]


class Running(Model):
    """How far a running encode is: ``frame`` frames, at ``fps`` frames per second, ``bytes`` written."""

    frame: int
    fps: float
    bytes: int


class ProgressRecord(Report):
    """How far a title is (``progress.json``).

    Attributes:
        created_at, updated_at: When the title's record was first, and this file last, written.
        total_progress: Percent of the frames, 0 to 100; 100 only when all are encoded.
        total_segments, segments_completed, segments_failed: How many.
        current_segment: The number of the running segment that was started last; None where none runs.
        total_frames, frames_completed: How many, those of running segments not counted as completed.
        running: The running encodes by segment number.
    """

    created_at: datetime
    updated_at: datetime
    total_progress: float
    total_segments: int
    segments_completed: int
    segments_failed: int
    current_segment: int | None
    total_frames: int
    frames_completed: int
    running: dict[int, Running]

    def with_running(self, running: Mapping[int, Running], now: datetime) -> ProgressRecord:
        """Return this record with ``running`` encodes, and the percentage that follows from them."""
        done = min(self.frames_completed + sum(one.frame for one in running.values()), self.total_frames)
        most = 100.0 if self.frames_completed == self.total_frames else 99.99
        return self.model_copy(
            update={
                "updated_at": now,
                "total_progress": min(most, _percent(done, self.total_frames)),
                "running": dict(sorted(running.items())),
            }
        )


def _percent(done: int, whole: int) -> float:
    """Return a percentage to two decimals, rounded down."""
    return math.floor(10_000 * done / whole) / 100 if whole else 0.0


def follow_plan(plan: SegmentPlan, before: EncodingRecord | None, run: str, now: datetime) -> EncodingRecord:
    """Return the record for ``plan``, with what is known of the segments that it shares with the one before.

    What a run that is gone left as ``encoding`` becomes ``pending``, its attempts kept.
    """
    known: dict[_Frames, SegmentRecord] = {}
    if before is not None and before.digest == plan.digest:
        known = {(one.index, one.first_frame, one.frames): one for one in before.segments}
    stale = before is not None and before.run != run
    return EncodingRecord(
        digest=plan.digest,
        strategy=plan.strategy,
        run=run,
        created_at=now if before is None else before.created_at,
        updated_at=now,
        segments=tuple(_carry(one, known, stale=stale) for one in plan.segments),
    )


def _carry(segment: Segment, known: Mapping[_Frames, SegmentRecord], *, stale: bool) -> SegmentRecord:
    key = (segment.index, segment.first_frame, segment.frames)
    record = known.get(key) or SegmentRecord(index=key[0], first_frame=key[1], frames=key[2])
    if stale and record.status == "encoding":
        return record.model_copy(update={"status": "pending"})
    return record


def concerns(event: Event, segment: SegmentRecord) -> bool:
    """Return whether ``event`` changes what is known of ``segment``."""
    match event:
        case EncodingStarted(segment=segment.index) | SegmentComplete(segment=segment.index):
            return True
        case ErrorEvent(stage="encode", segment=segment.index):
            return True
        case StageRetried(stage="encode", segment=segment.index):
            return True
        case EncodingComplete():
            return segment.status != "completed" or segment.error is not None
    return False


def segment_after(segment: SegmentRecord, event: Event, now: datetime) -> SegmentRecord:
    """Return a segment's record after an event that concerns it."""
    changes: dict[str, object] = {}
    match event:
        case EncodingStarted(segment=segment.index):
            changes = {
                "status": "encoding",
                "attempts": segment.attempts + 1,
                "last_attempt": now,
                "where": event.where,
                "error": None,
                "crf": event.crf,
                "score": None,
                "tier": None,
                "why": "",
                "bytes": None,
                "seconds": None,
            }
        case SegmentComplete(segment=segment.index):
            changes = {
                "status": "completed",
                # its start was counted; what it took beyond that was not
                "attempts": max(1, segment.attempts) + event.attempts - 1,
                "last_attempt": segment.last_attempt or now,
                "error": None,
                "crf": event.crf,
                "score": event.score,
                "tier": event.tier,
                "why": event.why,
                "bytes": event.bytes,
                "seconds": event.seconds,
            }
        case ErrorEvent(stage="encode", segment=segment.index):
            history = _with_failure(segment, event, now)
            changes = {"status": "failed", "error": event.message, "history": history}
        case StageRetried(stage="encode", segment=segment.index):
            history = _with_failure(segment, event, now)
            changes = {"status": "pending", "error": event.message, "history": history}
        case EncodingComplete():
            # it is joined from all segments: what is not known as completed was so before this record began
            changes = {"status": "completed", "error": None}
    return segment.model_copy(update=changes)


def _with_failure(
    segment: SegmentRecord, event: ErrorEvent | StageRetried, now: datetime
) -> tuple[FailedAttempt, ...]:
    failed = FailedAttempt(at=now, cause=event.cause, error=event.message)
    return (*segment.history, failed)[-HISTORY:]


@dataclass
class Tally:
    """The sums over a title's segments, kept while they change.

    Attributes:
        created_at: When the title's record was first written.
        segments, completed, failed: How many.
        frames, frames_completed: How many.
        encoding: When each segment that is being encoded was last started.
    """

    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    segments: int = 0
    completed: int = 0
    failed: int = 0
    frames: int = 0
    frames_completed: int = 0
    encoding: dict[int, datetime] = field(default_factory=dict)

    @classmethod
    def of(cls, record: EncodingRecord) -> Tally:
        """Return the sums over a record's segments."""
        tally = cls(created_at=record.created_at, segments=len(record.segments))
        for one in record.segments:
            tally.frames += one.frames
            tally._count(one, 1)
        return tally

    def change(self, before: SegmentRecord, after: SegmentRecord) -> None:
        """Take in that a segment has changed."""
        self._count(before, -1)
        self._count(after, 1)

    def _count(self, segment: SegmentRecord, times: int) -> None:
        if segment.status == "completed":
            self.completed += times
            self.frames_completed += times * segment.frames
        elif segment.status == "failed":
            self.failed += times
        elif segment.status == "encoding":
            if times > 0:
                self.encoding[segment.index] = segment.last_attempt or self.created_at
            else:
                self.encoding.pop(segment.index, None)

    def progress(self, running: Mapping[int, Running], now: datetime) -> ProgressRecord:
        """Return how far the title is, with what is known of the ``running`` encodes."""
        return ProgressRecord(
            created_at=self.created_at,
            updated_at=now,
            total_progress=0.0,
            total_segments=self.segments,
            segments_completed=self.completed,
            segments_failed=self.failed,
            current_segment=max(self.encoding, key=lambda one: (self.encoding[one], one), default=None),
            total_frames=self.frames,
            frames_completed=self.frames_completed,
            running={},
        ).with_running({key: one for key, one in running.items() if key in self.encoding}, now)


def summarise(record: EncodingRecord, running: Mapping[int, Running]) -> ProgressRecord:
    """Return how far a title is, from its segments and what is known of the ``running`` ones."""
    return Tally.of(record).progress(running, record.updated_at)
