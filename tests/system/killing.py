"""Start a run that will be killed, and look at what it leaves."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from pathlib import Path

    from tests.system.projects import ProjectDir


def start(project: ProjectDir) -> subprocess.Popen[bytes]:
    """Start doit in a process group of its own, with signals as a terminal's shell leaves them."""
    return subprocess.Popen(
        [sys.executable, "-m", "doit"],
        cwd=project.root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        process_group=0,
        preexec_fn=_hear_hangups,  # noqa: PLW1509  nothing in this process holds a lock over a fork
    )


def _hear_hangups() -> None:
    """Undo what a test run under nohup inherits: drapto leaves a signal ignored that it finds ignored."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def survivors(root: Path, seconds: float = 3.0) -> list[str]:
    """Return the command lines of processes that still work on ``root`` after ``seconds``."""
    until = time.monotonic() + seconds
    while True:
        alive = [line for line in _command_lines() if str(root) in line]
        if not alive or time.monotonic() > until:
            return alive
        time.sleep(0.05)


def _command_lines() -> list[str]:
    lines = []
    for one in psutil.process_iter():
        try:
            if one.status() != psutil.STATUS_ZOMBIE:
                lines.append(" ".join(one.cmdline()))
        except psutil.NoSuchProcess:
            continue
    return lines
