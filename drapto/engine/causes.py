"""Why something failed, from the evidence: what retries, exit codes and remedies follow from.

A symptom names what was noticed last ("nothing was written into the output file"); a cause is what a person
has to put right, or what passes by itself. `of_child` looks at how a child ended, at what the kernel says it
killed for lack of memory, and at what the child said; `of_error` at an exception.
"""

from __future__ import annotations

import errno
import os
import re
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drapto.errors import EXIT_ERROR, EXIT_FAILED, EXIT_RESOURCE, DraptoError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


@dataclass(frozen=True)
class Cause:
    """A kind of failure.

    Attributes:
        name: What it is called in records; the same in every version of drapto.
        text: What happened, to follow the name of a program.
        remedy: What to do about it.
        transient: Whether the same may succeed when it is tried again.
        resource: Whether it is the machine that lacks something, and not the title that is bad.
    """

    name: str
    text: str
    remedy: str
    transient: bool = False
    resource: bool = False


OUT_OF_MEMORY = Cause(
    "out of memory",
    "ran out of memory",
    "free some memory, or lower resources.max_memory or processing.parallel_jobs, and run again",
    transient=True,
    resource=True,
)
NO_SPACE = Cause(
    "no space", "the disk is full", "free some space and run again", transient=True, resource=True
)
READ_ONLY = Cause(
    "read-only", "the file system is read-only", "make it writable and run again", resource=True
)
BAD_DISK = Cause(
    "bad disk", "the disk reports errors", "check the disk and its cable, and run again", transient=True
)
STALLED = Cause(
    "stalled",
    "showed no sign of life",
    "check the machine and the disk of the source, or set a longer processing.stall_timeout",
    transient=True,
)
STALLED_DISK = Cause(
    "stalled disk", "stalled", "check the disk, or the network that it is on, and run again", resource=True
)
"""What drapto itself reads or writes; no program that could be killed and tried again."""
KILLED = Cause("killed", "was killed", "run again", transient=True)
CRASHED = Cause("crashed", "crashed", "run again; where it crashes again, use another ffmpeg", transient=True)
BAD_INPUT = Cause("bad input", "cannot read its input", "the source may be damaged; rip it again")
TOOL_BROKEN = Cause(
    "tool broken", "does not work", "see `drapto doctor`, and install it again", resource=True
)
NO_CLUSTER = Cause(
    "no cluster", "found no worker that can do it", "see the message, and run again", resource=True
)
FAILED = Cause("failed", "failed", "see its log", transient=True)
REFUSED = Cause("refused", "was refused", "see the message")
"""What is known of the failure already: a check, a limit, a setting."""
BROKEN = Cause("broken", "left something broken", "run again")
"""What a stage made is not whole; it is made again."""
DRAPTO = Cause("drapto's fault", "is a fault of drapto's", "report it, with what was written to the terminal")

CAUSES = {
    one.name: one
    for one in (
        *(OUT_OF_MEMORY, NO_SPACE, READ_ONLY, BAD_DISK, STALLED, STALLED_DISK, KILLED, CRASHED),
        *(BAD_INPUT, TOOL_BROKEN, NO_CLUSTER, FAILED, REFUSED, BROKEN, DRAPTO),
    )
}

_ERRNO = {
    errno.ENOMEM: OUT_OF_MEMORY,
    errno.ENOSPC: NO_SPACE,
    errno.EDQUOT: NO_SPACE,
    errno.EROFS: READ_ONLY,
    errno.EIO: BAD_DISK,
    errno.ESTALE: BAD_DISK,
    errno.ETIMEDOUT: STALLED_DISK,
}

_SAID_BY_MACHINE = (
    # strerror(3) of the same, as programs write it; then what ffmpeg, SVT-AV1 and C++ say of memory
    (r"No space left on device|Disk quota exceeded", NO_SPACE),
    (r"Read-only file system", READ_ONLY),
    (
        (
            r"Cannot allocate memory|[Oo]ut of memory|bad_alloc|MemoryError|[Ii]nsufficient [Rr]esources"
            r"|(?:[Aa]llocat\w+|malloc|mmap)\b.{0,40}\bfail|[Ff]ailed to (?:m?alloc|allocate)"
            r"|Resource temporarily unavailable"
        ),
        OUT_OF_MEMORY,
    ),
    (r"Input/output error|Stale file handle", BAD_DISK),
)

_SAID_BY_TOOL = (
    (
        (
            r"error while loading shared libraries|symbol lookup error|Exec format error"
            r"|Unknown (?:encoder|decoder)|Unrecognized option|No such filter|version `\S+' not found"
        ),
        TOOL_BROKEN,
    ),
    (
        (
            r"Invalid data found when processing input|moov atom not found|EBML header parsing failed"
            r"|No such file or directory|Invalid argument|matches no streams|Permission denied"
        ),
        BAD_INPUT,
    ),
)

CRASHES = frozenset(
    {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGSYS}
)

ENDS = frozenset({signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT})

CANNOT_RUN = (126, 127)
"""What a shell, or a wrapper, ends with where it cannot start its program."""

SHELL_SIGNAL = 128
"""A wrapper whose program was ended by a signal ends with this and the signal's number."""


def of_child(status: int, said: Iterable[str], *, oom_kills: int = 0) -> Cause:
    """Return why a child failed.

    Args:
        status: What it ended with; negative where a signal ended it.
        said: The lines that it wrote to its standard error.
        oom_kills: How many processes the kernel killed for lack of memory while it ran.
    """
    number = -status if status < 0 else status - SHELL_SIGNAL
    text = "\n".join(said)
    signs = (
        (number == signal.SIGKILL and oom_kills > 0, OUT_OF_MEMORY),
        *((re.search(pattern, text) is not None, cause) for pattern, cause in _SAID_BY_MACHINE),
        (number == signal.SIGXFSZ, NO_SPACE),
        (number in CRASHES, CRASHED),
        (status < 0 or number in ENDS, KILLED),
        (status in CANNOT_RUN, TOOL_BROKEN),
        *((re.search(pattern, text) is not None, cause) for pattern, cause in _SAID_BY_TOOL),
    )
    return next((cause for found, cause in signs if found), FAILED)


def of_error(error: BaseException) -> Cause:
    """Return why something failed, from what was raised."""
    if isinstance(error, DraptoError):
        if error.cause:
            return CAUSES.get(error.cause, REFUSED)
        nested = error.__cause__
        return of_error(nested) if isinstance(nested, DraptoError | OSError | MemoryError) else REFUSED
    if isinstance(error, MemoryError):
        return OUT_OF_MEMORY
    if isinstance(error, OSError):
        return _ERRNO.get(error.errno or 0, REFUSED)
    return DRAPTO


def exit_code(code: int, failed: Collection[str]) -> int:
    """Return the exit code of a run, of which doit knows nothing but success, failure and error.

    Args:
        code: doit's.
        failed: The causes for which tasks failed; empty ones are of what nobody foresaw. Nothing failed where
            there are none, whatever doit says of tasks of a title that is skipped.
    """
    if code == EXIT_FAILED and not failed:
        return 0  # what was not done is left alone on purpose
    lacked = any(CAUSES[cause].resource for cause in failed if cause in CAUSES)
    foreseen = code == EXIT_FAILED or (code == EXIT_ERROR and "" not in failed)
    return EXIT_RESOURCE if lacked and foreseen else code


def oom_kills() -> int:
    """Return how many processes the kernel has killed for lack of memory: in this cgroup, or at all."""
    found = _counter("/proc/vmstat", "oom_kill")
    for path in _event_files():
        found = max(found, 0) + max(0, _counter(path, "oom_kill"))
    return found


_events: list[str] | None = None


def _event_files() -> list[str]:
    """Return the files that count this process's cgroup's kills, found once."""
    global _events  # noqa: PLW0603  a process stays in its cgroup
    if _events is None:
        _events = [path for path in _candidates() if os.access(path, os.R_OK)]
    return _events


def _candidates() -> Iterable[str]:
    from drapto.engine.machine import cgroup_folders  # noqa: PLC0415  not before a child runs

    for folder in cgroup_folders("memory")[:1]:
        yield f"{folder}/memory.events"
        yield f"{folder}/memory.oom_control"


def _counter(path: str, name: str) -> int:
    try:
        with open(path, encoding="ascii") as file:  # noqa: PTH123  before every child: pathlib is slow
            for line in file:
                key, _, value = line.partition(" ")
                if key == name:
                    return int(value)
    except (OSError, ValueError):
        pass
    return 0
