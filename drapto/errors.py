"""What can go wrong, drawn.

DraptoError                     one line: what, in which file, and the remedy
├── UsageError                  refused before any work began            exit 3
│   ├── ConfigError             a setting that cannot hold
│   ├── CollisionError          two titles, or a title and its source, want one output
│   ├── LockedError             another run works in this project
│   └── ToolMissingError        no usable ffmpeg (or other tool)
├── SourceError                 this title's source cannot be encoded    exit 1
├── ElementError                a Matroska element that cannot be        exit 1
├── StageError                  a stage could not do its work            exit 1
│   ├── ToolFailedError         a child process failed
│   │   └── StalledError        it showed no sign of life, and was killed
│   ├── FrameCountError         a segment did not decode to its planned frames
│   ├── ClusterError            the cluster cannot do the work
│   ├── SpaceError              the disk cannot hold the job
│   └── ArtifactError           an intermediate file is damaged or not what its name says
├── SkippedError                a title is left alone, which is no failure   exit 0
└── ValidationError             the finished file is not what was promised  exit 1

Exit codes: 0 done, 1 a title failed, 2 a fault of drapto's own, 3 refused before any work began, 4 stopped
for want of a resource (disk, memory, tool) with work left, 5 (`drapto status --exit-code`) work is left, 130
interrupted.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from drapto.terminal import printable as printable  # noqa: PLC0414  messages are made with it

if TYPE_CHECKING:
    from pathlib import Path

EXIT_FAILED = 1
EXIT_ERROR = 2
EXIT_USAGE = 3
EXIT_RESOURCE = 4
EXIT_LEFT = 5
EXIT_INTERRUPTED = 130

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
"""Numbers of the errors that say that there is no room: none on the disk, or none for this user."""


class DraptoError(Exception):
    """A failure that the user can act on.

    Args:
        problem: What is wrong, without a full stop.
        path: The file that it is about, if any.
        remedy: What to do about it, without a full stop.

    Attributes:
        cause: The name of its cause (`drapto.engine.causes`); empty where its kind says enough.
        final: Whether it is in vain to try again at once, though its cause may pass.
    """

    exit_code = EXIT_FAILED
    cause = ""
    final = False

    def __init__(self, problem: str, *, path: Path | str | None = None, remedy: str | None = None) -> None:
        self.problem = problem
        self.path = None if path is None else str(path)
        self.remedy = remedy
        super().__init__(problem, self.path, remedy)

    def __str__(self) -> str:
        """Return the one line: ``file: problem; remedy``."""
        text = " ".join(self.problem.split())
        if self.path is not None:
            text = f"{printable(self.path)}: {text}"
        if self.remedy:
            text = f"{text}; {' '.join(self.remedy.split())}"
        return printable(text)

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle by value, attributes included, so that an error crosses the process runner whole."""
        return (_rebuild, (type(self), self.args), self.__dict__)


def _rebuild(kind: type[DraptoError], arguments: tuple[object, ...]) -> DraptoError:
    """Return an error whose attributes follow; a kind may have another way of being made."""
    return kind.__new__(kind, *arguments)


class UsageError(DraptoError):
    """Refused before any work began."""

    exit_code = EXIT_USAGE


class ConfigError(UsageError):
    """A setting that is unknown, out of bounds or at odds with another."""


class CollisionError(UsageError):
    """Two titles would write one output, or an output would overwrite its source."""


class LockedError(UsageError):
    """Another run works in this project directory."""


class ToolMissingError(UsageError):
    """A tool is missing, or lacks a capability that the job needs."""

    cause = "tool broken"


class SourceError(DraptoError):
    """The source cannot be encoded: not Matroska, no video, damaged, unreadable."""


class ElementError(DraptoError):
    """A Matroska element that cannot be: cut short, longer than its parent, nested or large without end."""


class StageError(DraptoError):
    """A stage could not do its work."""


class ToolFailedError(StageError):
    """A child process failed.

    Attributes:
        first: What it said first, which is often the cause, where the problem names the last; may be empty.
    """

    first = ""


class StalledError(ToolFailedError):
    """A child process showed no sign of life for too long, and was killed."""

    cause = "stalled"


class FrameCountError(StageError):
    """A segment did not decode, or encode, to the frames that were planned for it."""


class ClusterError(StageError):
    """The cluster cannot do the work: no scheduler, no worker that may, or one that says what it must not."""


class SpaceError(StageError):
    """The disk cannot hold what the job will write."""

    cause = "no space"


class ArtifactError(StageError):
    """An intermediate file is damaged, or is not what its name says."""


class SkippedError(DraptoError):
    """A title is left alone: it is no failure, and nothing of it counts as one."""

    exit_code = 0


class ValidationError(DraptoError):
    """The finished file is not what was promised; it is kept in the work directory.

    Attributes:
        failed: The names of the checks that failed.
    """

    failed: tuple[str, ...] = ()
