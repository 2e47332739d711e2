"""How a child ended: well, with what it left; or not, and why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from drapto.engine import causes
from drapto.engine.telling import telling
from drapto.errors import SpaceError, StalledError, ToolFailedError, printable

ADDRESS = re.compile(r" @ 0x[0-9a-f]+\]")
"""Which of its parts speaks, as ffmpeg tells them apart."""

NAMED = (causes.OUT_OF_MEMORY, causes.READ_ONLY, causes.BAD_DISK, causes.TOOL_BROKEN)
"""Causes that are said in place of what the child said last, which is often only what followed from them."""


@dataclass(frozen=True)
class Finished:
    """A child process that ended well.

    Attributes:
        stdout: What it wrote to its standard output, if that was captured.
        stderr: What it wrote to its standard error, decoded.
        seconds: Wall-clock seconds.
        cpu_seconds: User and system seconds of the child.
        peak: The most memory that it held, bytes.
        frames: How many frames it says that it wrote; 0 where it was not asked.
    """

    stdout: bytes
    stderr: str
    seconds: float
    cpu_seconds: float
    peak: int = 0
    frames: int = 0

    @property
    def complaints(self) -> tuple[str, ...]:
        """What ffmpeg said, a line each: SVT-AV1's reports, and addresses in memory, left out."""
        return tuple(ADDRESS.sub("]", line) for line in _said(self.stderr))


@dataclass(frozen=True)
class Ended:
    """A child that did not end well.

    Attributes:
        status: What it ended with; negative where a signal ended it.
        stderr: What it wrote to its standard error, decoded.
        overdue: Why drapto killed it, where it did.
        oom_kills: How many processes the kernel killed for lack of memory while it ran.
    """

    status: int
    stderr: str
    overdue: str = ""
    oom_kills: int = 0


def _said(stderr: str) -> list[str]:
    """Return the lines of ffmpeg's own; a rule, with which ab-av1 frames them, says nothing."""
    lines = (line.strip() for line in stderr.splitlines() if not line.startswith("Svt["))
    return [line for line in lines if line.strip("-")]


def failure(program: str, ended: Ended, about: Path | None, log: Path | None) -> ToolFailedError | SpaceError:
    """Return the error that says why a child failed.

    Args:
        program: What was started.
        ended: How it ended.
        about: The file to name.
        log: Its log, if it has one.
    """
    status, lines = ended.status, _said(ended.stderr)
    # of memory, the encoder itself speaks, too
    cause = causes.of_child(status, ended.stderr.splitlines(), oom_kills=ended.oom_kills)
    if cause is causes.NO_SPACE:
        return SpaceError(cause.text, path=about, remedy=cause.remedy)
    name, see = Path(program).name, f"see {printable(log)}" if log is not None else None
    error: ToolFailedError
    if ended.overdue:
        error = StalledError(f"{name} {ended.overdue}, and was killed", path=about, remedy=see)
    else:
        said = telling(ended.stderr.splitlines()) or "it said nothing"
        how = f"was killed by signal {-status}" if status < 0 else f"failed with status {status}"
        known = cause in NAMED
        problem = f"{name} {cause.text} (it {how})" if known else f"{name} {how}: {said}"
        remedy = "; ".join(filter(None, [cause.remedy, see])) if known else see
        error = ToolFailedError(problem, path=about, remedy=remedy)
        error.cause = cause.name
    error.first = ADDRESS.sub("]", lines[0]) if lines else ""
    return error
