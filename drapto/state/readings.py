"""What a task read: its files as they were when it began, and whether they still are.

doit asks for the state of a task's files after its action. One that was replaced meanwhile would be recorded
as what the task has read, and what was made of the other one would pass for up to date.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from drapto.state.fingerprint import Fingerprints

_Stamp = tuple[int, int, int, int]


class Readings:
    """Files as a task finds them.

    Args:
        paths: What it reads.
        fingerprints: The project's.
        more: What it reads besides, whose state nobody records.

    Raises:
        OSError: One of them cannot be read.
    """

    def __init__(self, paths: Iterable[str], fingerprints: Fingerprints, *, more: Iterable[str] = ()) -> None:
        listed = list(paths)
        # the stamps first: what is replaced before its digest is taken has another stamp afterwards
        self._stamps = {path: _stamp(path) for path in (*listed, *more)}
        self.states = {path: fingerprints.state(path) for path in listed}

    def changed(self) -> list[str]:
        """Return the files that are no longer those that were there in the beginning."""
        return [path for path, stamp in self._stamps.items() if _now(path) != stamp]


def _stamp(path: str) -> _Stamp:
    """Return what no other content has: a new inode tells a replaced file even of the same size and time."""
    found = os.stat(path)  # noqa: PTH116  asked for every file of every task, and pathlib is slow at it
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _now(path: str) -> _Stamp | None:
    try:
        return _stamp(path)
    except OSError:
        return None
