"""Look at processes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Sequence


def command_of(one: psutil.Process) -> str:
    """Return a process' command line; nothing of one that has ended."""
    try:
        return " ".join(one.cmdline())
    except psutil.Error:
        return ""


def alive_after(seconds: float, processes: Sequence[psutil.Process]) -> list[psutil.Process]:
    """Return which of ``processes`` have not ended ``seconds`` later; return at once where none is left.

    Who takes in orphans may take its time to reap them: a zombie has ended.
    """
    until = time.monotonic() + seconds
    while alive := [one for one in processes if _runs(one)]:
        if time.monotonic() > until:
            break
        time.sleep(0.02)
    return alive


def _runs(one: psutil.Process) -> bool:
    try:
        return bool(one.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
