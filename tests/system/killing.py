"""Start a run that will be killed, and look at what it leaves."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.system.projects import ProjectDir


def start(project: ProjectDir, *options: str) -> subprocess.Popen[bytes]:
    """Start doit in a process group of its own, with signals as a terminal's shell leaves them."""
    return subprocess.Popen(
        [sys.executable, "-m", "doit", *options],
        cwd=project.root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        process_group=0,
        preexec_fn=hear_signals,  # noqa: PLW1509  nothing in this process holds a lock over a fork
    )


def hear_signals() -> None:
    """Undo what a test run in the background inherits: drapto leaves an ignored signal ignored."""
    for number in (signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


def survivors(root: Path, seconds: float = 3.0) -> list[str]:
    """Return what still works on ``root`` after ``seconds``: each process' number and command line."""
    until = time.monotonic() + seconds
    while True:
        alive = [
            f"{one.pid}: {' '.join(one.info['cmdline'] or ())}"
            for one in _processes()
            if _works_on(one, root)
        ]
        if not alive or time.monotonic() > until:
            return alive
        time.sleep(0.05)


def _processes() -> Iterator[psutil.Process]:
    return psutil.process_iter(["cmdline", "status"])


def _works_on(one: psutil.Process, root: Path) -> bool:
    """Tell whether a process names ``root``, is in it, or has a file of it open, as a forked worker has."""
    if one.info["status"] == psutil.STATUS_ZOMBIE:
        return False
    try:
        places = [*(one.info["cmdline"] or ()), one.cwd(), *(file.path for file in one.open_files())]
    except psutil.Error:
        return False
    return any(str(root) in place for place in places)
