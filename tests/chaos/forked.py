"""Runs in a fork of this process, which has all of drapto loaded already."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from drapto.state.events import StageStarted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drapto.state.events import Event


@dataclass(frozen=True)
class Ended:
    """A run in a process of its own, at its end.

    Attributes:
        code: Its exit code; negative where a signal ended it; None where it had to be.
        said: What it wrote.
        seconds: How long it took, and how much of a processor.
        cpu: The same, of a processor.
        peak: Bytes that it held at most beyond what this process held when it was forked, its children apart.
    """

    code: int | None
    said: str
    seconds: float
    cpu: float
    peak: int


def in_child(
    root: Path, targets: Sequence[str] = (), *, seconds: float, memory: int = 0, begun: Path | None = None
) -> Ended:
    """Run a project in a fork of this process, which has all of drapto loaded already.

    A second of a processor less than a Python of its own, of which loading is most.

    Args:
        root: The project.
        targets: What to build.
        seconds: After which it is ended.
        memory: Bytes of address space beyond those that this process has, which bound what is asked for; 0
            for no bound.
        begun: A file that gets the names of the tasks that were begun, a line each.
    """
    import drapto.api  # noqa: F401, PLC0415
    from drapto import rules  # noqa: PLC0415

    log, began = root / "said", time.monotonic()
    held = _held()
    pid = os.fork()
    if pid == 0:
        code = 99
        # coverage would learn nothing of a process that ends by `os._exit`
        sys.settrace(None)
        threading.settrace(None)  # type: ignore[arg-type]  # as it is before anything is traced
        try:
            os.setpgid(0, 0)
            handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(handle, 1)
            os.dup2(handle, 2)
            # pytest keeps what is written to its own streams to itself
            sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
            if memory:
                resource.setrlimit(resource.RLIMIT_AS, (_address_space() + memory,) * 2)
            os.chdir(root)
            project = rules.here(str(root / "dodo.py"))
            if begun is not None:
                rules.bus_of(project).subscribe(lambda event: _note(begun, event))
            code = rules.run(project, targets)
        except BaseException:  # noqa: BLE001  whatever it is, it is what is looked for
            sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    return _awaited(pid, log, began, seconds, held)


def _note(begun: Path, event: Event) -> None:
    """Write down which task an event says to begin, as the database calls it."""
    if isinstance(event, StageStarted):
        part = "" if event.segment is None else f":{event.segment:04d}"
        part = part if event.track is None else f":{event.track}"
        part = part if event.decode_part is None else f":decode:{event.decode_part}"
        with begun.open("a") as file:
            file.write(f"{event.stage}:{event.title}{part}\n")


def _awaited(pid: int, log: Path, began: float, seconds: float, held: int) -> Ended:
    hung = False
    while True:
        done, status, usage = os.wait4(pid, os.WNOHANG)
        if done:
            break
        if time.monotonic() - began > seconds:
            hung = True
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        time.sleep(0.01)
    code = None if hung else os.waitstatus_to_exitcode(status)
    said = log.read_text(errors="replace") if log.exists() else ""
    cpu = usage.ru_utime + usage.ru_stime
    return Ended(code, said, time.monotonic() - began, cpu, max(0, usage.ru_maxrss * 1024 - held))


def _address_space() -> int:
    return _pages(0)


def _held() -> int:
    return _pages(1)


def _pages(field: int) -> int:
    """Return a size of this process, bytes: 0 of its addresses, 1 of what is in memory (proc(5), statm)."""
    return int(Path("/proc/self/statm").read_text().split()[field]) * os.sysconf("SC_PAGE_SIZE")
