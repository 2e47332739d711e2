"""What happens in a run, as values: for the display, for ``encode_data``, for programs that use drapto."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "AnalysisComplete",
    "AnalysisStarted",
    "EncodingComplete",
    "EncodingStarted",
    "ErrorEvent",
    "Event",
    "FileDiscovered",
    "HookFailed",
    "Progress",
    "RunPaused",
    "RunResumed",
    "SegmentComplete",
    "StageComplete",
    "StageEvent",
    "StageRetried",
    "StageStarted",
    "TitleSkipped",
]


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened to a title.

    Attributes:
        name: What happened, the same in every version of drapto.
        title: The title's name.
    """

    name: ClassVar[str]
    title: str


@dataclass(frozen=True, kw_only=True)
class StageEvent(Event):
    """Something that happened in a stage.

    Attributes:
        stage: The stage's name, as its tasks are named: ``probe``, ``encode``, …
        segment: The segment's number, from 1, where the stage works on one segment.
        track: The audio track's number, from 0, where the stage works on one track.
        decode_part: The number of the part, from 1, where a part of the stage's work is done beforehand.
    """

    stage: str
    segment: int | None = None
    track: int | None = None
    decode_part: int | None = None

    @property
    def part(self) -> int | None:
        """The number of the segment, track or part; None where the stage works on the whole title."""
        parts = (self.segment, self.track, self.decode_part)
        return next((part for part in parts if part is not None), None)


@dataclass(frozen=True, kw_only=True)
class FileDiscovered(Event):
    """A source was found. ``bytes`` is its size."""

    name = "file_discovered"
    source: Path
    bytes: int


@dataclass(frozen=True, kw_only=True)
class AnalysisStarted(Event):
    """A source is about to be probed."""

    name = "analysis_started"


@dataclass(frozen=True, kw_only=True)
class AnalysisComplete(Event):
    """A source was probed.

    Attributes:
        frames: How many frames its video has.
        seconds: How long they last.
        width, height: Pixels.
        audio, subtitles: How many tracks.
    """

    name = "analysis_complete"
    frames: int
    seconds: float
    width: int
    height: int
    audio: int
    subtitles: int


@dataclass(frozen=True, kw_only=True)
class EncodingStarted(Event):
    """The encode of a segment begins.

    Attributes:
        segment: Its number, from 1; a title that is not split has one.
        segments: How many the title has.
        frames: How many frames the segment has.
        strategy: The encoding strategy's name.
        crf: The quality it is encoded at, None where that is still to be found.
        where: The machine on which it is encoded; empty for this one.
        threads: How many processors it holds.
    """

    name = "encoding_started"
    segment: int
    segments: int
    frames: int
    strategy: str
    crf: float | None = None
    where: str = ""
    threads: int = 1


@dataclass(frozen=True, kw_only=True)
class Progress(StageEvent):
    """A running stage reports. Counted in frames where it can be, else in seconds of the source.

    Attributes:
        frame, frames: Done so far, and in all; 0 in all where frames are not counted.
        first: Frames before the part of a segment that is encoded: to a target, each is encoded and measured
            in turn, and some are once more.
        position, duration: Seconds done so far, and in all; 0 in all where that is not known.
        fps: Frames per second since the stage began.
        bytes: Written so far.
    """

    name = "progress"
    frame: int = 0
    frames: int = 0
    first: int = 0
    position: float = 0.0
    duration: float = 0.0
    fps: float = 0.0
    bytes: int = 0

    @property
    def fraction(self) -> float:
        """How much is done, 0 to 1; 0 where that is not known."""
        done, whole = (self.frame, self.frames) if self.frames else (self.position, self.duration)
        return min(1.0, max(0.0, done / whole)) if whole > 0 else 0.0


@dataclass(frozen=True, kw_only=True)
class SegmentComplete(Event):
    """A segment is encoded and checked.

    Attributes:
        segment: Its number, from 1.
        frames: How many frames it has.
        bytes: The encoded file's size.
        seconds: How long the encode took.
        crf: The quality it was encoded at.
        attempts: How many encodes it took, the last one included.
        score: What was measured of it; None where nothing was.
        tier: Which round of a search found it; None where there was none.
        why: Why the search ended there.
        encodes: How often each of its frames was encoded, the mean.
        cpu_seconds: Processor seconds of the delivered encode.
        measuring_cpu_seconds: Processor seconds of all measurements on the way to it.
    """

    name = "segment_complete"
    segment: int
    frames: int
    bytes: int
    seconds: float
    crf: float
    attempts: int = 1
    score: float | None = None
    tier: int | None = None
    why: str = ""
    encodes: float = 1.0
    cpu_seconds: float = 0.0
    measuring_cpu_seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class EncodingComplete(Event):
    """All segments of a title are encoded and joined.

    Attributes:
        segments, frames: How many.
        bytes: The joined video's size.
        seconds: The sum of the segments' encoding times.
    """

    name = "encoding_complete"
    segments: int
    frames: int
    bytes: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class ErrorEvent(StageEvent):
    """A stage failed.

    Attributes:
        message: One line: the file, what is wrong, the remedy.
        cause: The name of its cause (`drapto.engine.causes`); empty where it is not known.
        remedy: What to do about it, as the message ends; empty where nothing is known to help.
    """

    name = "error"
    message: str
    cause: str = ""
    remedy: str = ""


@dataclass(frozen=True, kw_only=True)
class StageRetried(StageEvent):
    """A stage failed for what may pass by itself, and is tried again.

    Attributes:
        message: One line: the file, what is wrong, the remedy.
        cause: The name of its cause.
        attempt: Which attempt failed, from 1.
        attempts: How many there are at most.
        seconds: After how many seconds it is tried again.
    """

    name = "stage_retried"
    message: str
    cause: str
    attempt: int
    attempts: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class RunPaused(Event):
    """The run waits, for room on a disk or because all that is begun fails. ``reason`` is one line."""

    name = "run_paused"
    reason: str


@dataclass(frozen=True, kw_only=True)
class RunResumed(Event):
    """The run goes on."""

    name = "run_resumed"


@dataclass(frozen=True, kw_only=True)
class StageStarted(StageEvent):
    """A stage begins."""

    name = "stage_started"


@dataclass(frozen=True, kw_only=True)
class StageComplete(StageEvent):
    """A stage is done.

    Attributes:
        seconds: How long it took.
        summary: What came of it, in a few words.
        notes: What a user should know, a line each.
    """

    name = "stage_complete"
    seconds: float
    summary: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TitleSkipped(Event):
    """A title is left alone, which is no failure.

    Attributes:
        reason: Why, in a few words, such as ``already AV1``.
        remedy: What to set to have it encoded all the same.
        copied: Whether the source itself is published in its output's place.
    """

    name = "title_skipped"
    reason: str
    remedy: str
    copied: bool = False


@dataclass(frozen=True, kw_only=True)
class HookFailed(Event):
    """A command that is to be called when a title is done, or has failed, did not do its work.

    Attributes:
        hook: Which one, ``on_done`` or ``on_failed``.
        message: One line: the command, what is wrong, the remedy.
    """

    name = "hook_failed"
    hook: str
    message: str
