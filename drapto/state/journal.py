"""What each title's tasks have made, in a file beside what they made: enough to rebuild doit's database.

The database of a project is one file; where it is damaged, nothing else would say that 2,000 segments, which
lie there, are what they should be. So each success is also appended to ``made.jsonl`` in the title's work
directory, a line each: the task and its row, as the database has it. A row says from which content, by which
settings and into which content; where one of these is no longer so, doit runs the task. So a line that is
lost, or older than the truth, costs that task alone, and none is believed blindly.
"""

from __future__ import annotations

import contextlib
import json
import os
from typing import TYPE_CHECKING, Any

from drapto.engine import atomic
from drapto.engine.logs import write_log
from drapto.engine.private import open_private

if TYPE_CHECKING:
    from pathlib import Path

FILE = "made.jsonl"

TO_COMPACT = 2 << 20
"""Bytes from which lines that later ones replace are left out, when a run ends."""

NO_LIMIT = 1 << 62


def note(work_dir: Path, task: str, row: dict[str, Any] | None) -> None:
    """Write down a task's success, or, with None, that it is none any more; as far as it can be written.

    Args:
        work_dir: Where the titles' work directories are.
        task: The task's name, ``stage:title`` or ``stage:title:part``; what belongs to no title is left out.
        row: What the database has of it.
    """
    folder = _folder(work_dir, task)
    if folder is not None and folder.is_dir():
        line = json.dumps({"task": task, "row": row}, separators=(",", ":"))
        with contextlib.suppress(OSError):
            write_log(folder / FILE, f"{line}\n", limit=NO_LIMIT, private=True)


def is_lacking(work_dir: Path, title: str) -> bool:
    """Return whether there is a title's work directory, and no journal in it."""
    folder = work_dir / title
    return folder.is_dir() and not (folder / FILE).exists()


def _folder(work_dir: Path, task: str) -> Path | None:
    """Return the work directory of a task's title."""
    stage, _, rest = task.partition(":")
    title = rest.partition(":")[0]
    return None if not title or stage.startswith("_") or os.sep in title else work_dir / title


def read(work_dir: Path) -> dict[str, dict[str, Any]]:
    """Return the row of every task of which the last that was written is a success."""
    rows: dict[str, dict[str, Any]] = {}
    if work_dir.is_dir():
        for path in sorted(work_dir.glob(f"*/{FILE}")):
            rows |= {
                task: row
                for task, row in _lines(path).items()
                if row is not None and _folder(work_dir, task) == path.parent
            }
    return rows


def _lines(path: Path) -> dict[str, dict[str, Any] | None]:
    """Return what the last line of each task says; damaged lines are passed over."""
    found: dict[str, dict[str, Any] | None] = {}
    try:
        text = path.read_bytes()
    except OSError:
        return found
    for line in text.splitlines():
        entry = _line(line)
        if entry is not None:
            found[entry[0]] = entry[1]
    return found


def _line(line: bytes) -> tuple[str, dict[str, Any] | None] | None:
    """Return the task and the row of a line; None where it is damaged."""
    with contextlib.suppress(ValueError, KeyError, TypeError):
        entry = json.loads(line)
        row = entry["row"]
        if row is None or isinstance(row, dict):
            return str(entry["task"]), row
    return None


def compact(work_dir: Path, titles: set[str]) -> None:
    """Leave out of long files what later lines replace.

    Args:
        work_dir: Where the titles' work directories are.
        titles: Which have been written to.
    """
    for title in titles:
        path = work_dir / title / FILE
        with contextlib.suppress(OSError):
            size = path.stat().st_size
            if size > TO_COMPACT:
                _compact(path, size)


def _compact(path: Path, size: int) -> None:
    """Keep the last line of each task, where it is a success; line by line, as a file may have 20 MB."""
    last: dict[str, tuple[int, int]] = {}
    with path.open("rb") as lines:
        for number, line in enumerate(lines):
            found = _line(line)
            if found is not None:
                last[found[0]] = (number, 0 if found[1] is None else len(line))
    kept = {number for number, length in last.values() if length}
    if 2 * sum(length for _, length in last.values()) < size:
        with (
            atomic.replacing(path) as partial,
            path.open("rb") as lines,
            os.fdopen(open_private(partial), "r+b") as written,
        ):
            # the last one may have no end
            chosen = (line.rstrip(b"\n") + b"\n" for number, line in enumerate(lines) if number in kept)
            written.writelines(chosen)
