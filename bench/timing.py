"""Time a command as a whole: it, its children, and theirs."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MIB = 1 << 20


@dataclass(frozen=True)
class Timed:
    """What one run of a command took.

    Attributes:
        wall: Seconds on the clock.
        cpu: User and system seconds, of all its processes.
        own_peak: Peak resident memory of the command's own process in bytes, 0 where it was not asked.
    """

    wall: float
    cpu: float
    own_peak: int = 0


def timed(command: Sequence[str | Path], folder: Path, *, cores: set[int] | None = None) -> Timed:
    """Run ``command`` in ``folder``, on ``cores`` only; raise where it fails."""

    def pin() -> None:
        if cores:
            os.sched_setaffinity(0, cores)

    started = time.monotonic()
    with (folder / "bench.log").open("ab") as log:
        child = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, preexec_fn=pin)  # noqa: PLW1509
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - started
    if child.returncode != 0:
        text = (folder / "bench.log").read_text(errors="replace")[-2000:]
        raise RuntimeError(f"{command} failed with {child.returncode}:\n{text}")
    return Timed(wall, usage.ru_utime + usage.ru_stime)


def doit(*arguments: str) -> list[str | Path]:
    """Return the command line of doit in this environment."""
    return [sys.executable, "-m", "doit", *arguments]


def measured_doit(report: Path) -> list[str | Path]:
    """Return a command that runs doit and writes its own process's peak memory (bytes) to ``report``."""
    code = (
        "import resource, sys; from doit.doit_cmd import DoitMain; code = DoitMain().run([]);"
        f"open({str(report)!r}, 'w').write(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024));"
        "sys.exit(code)"
    )
    return [sys.executable, "-c", code]


@dataclass(frozen=True)
class Own:
    """What a command's own process took, its children aside.

    Attributes:
        cpu: User and system seconds.
        peak: Peak resident memory in bytes.
    """

    cpu: float
    peak: int


_ENTRIES = {
    "doit": "from doit.doit_cmd import DoitMain; sys.exit(DoitMain().run(sys.argv[1:]))",
    "drapto": "from drapto.cli import main; main(sys.argv[1:])",
}

_MEASURED = """
import atexit, resource, sys

def report():
    used = resource.getrusage(resource.RUSAGE_SELF)
    with open("own", "w") as file:
        file.write(f"{used.ru_utime + used.ru_stime} {used.ru_maxrss}")

atexit.register(report)
"""


def own(program: str, folder: Path, *arguments: str) -> Own:
    """Run ``doit`` or ``drapto`` in ``folder``; return what its own process took, raise where it fails."""
    timed([sys.executable, "-c", _MEASURED + _ENTRIES[program], *arguments], folder)
    cpu, peak = (folder / "own").read_text().split()
    return Own(float(cpu), int(peak) * 1024)


def median(values: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(values)
