"""Why doit's database cannot be used: it is damaged, there is no room for it, or it may not be written."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
from pathlib import Path

from doit.dependency import DatabaseException
from doit.exceptions import InvalidCommand

from drapto.errors import DISK_FULL, EXIT_RESOURCE, SpaceError, StageError, printable
from drapto.terminal import Shown

LEAST_ROOM = 64 << 10
"""Bytes without which SQLite cannot work: it maps 32 KiB beside a database, and writes a page before."""


def is_damage(error: Exception) -> bool:
    """Return whether a database is none any more; else it may not be written, or its disk is full."""
    if isinstance(error, ValueError):
        return True
    cause = error.__context__ if isinstance(error, DatabaseException) else error
    return isinstance(cause, sqlite3.DatabaseError) and not isinstance(cause, sqlite3.OperationalError)


def unusable(name: str, error: Exception) -> InvalidCommand:
    """Return what ends the run as a refusal.

    Raises:
        SystemExit: The disk is full, for which doit has no exit code.
    """
    cause = (error.__context__ if isinstance(error, DatabaseException) else None) or error
    if _is_full(name, cause):
        full = _no_room(name)
        Shown(sys.stderr).write(f"error: {full}\n")
        raise SystemExit(EXIT_RESOURCE)
    reason, remedy = str(cause).splitlines()[0], "delete it, finished titles are then built once more"
    if not all(os.access(path, os.W_OK) for path in (Path(name), Path(name).parent)):
        reason, remedy = "it may not be written to", "make the work directory writable"
    return InvalidCommand(f"{printable(name)}: cannot be used as the build state ({reason}); {remedy}")


def _is_full(database: Path | str, error: BaseException) -> bool:
    """Return whether it is for lack of space that a database cannot be used.

    SQLite says so of the database itself; where there is none for what lies beside it, it is an I/O error.
    """
    if "full" in str(error) or getattr(error, "errno", None) in DISK_FULL:
        return True
    with contextlib.suppress(OSError):
        state = os.statvfs(Path(database).parent)
        return isinstance(error, sqlite3.Error) and state.f_bavail * state.f_frsize < LEAST_ROOM
    return False


def _no_room(database: Path | str) -> SpaceError:
    return SpaceError("the disk is full", path=database, remedy="free some space and run again")


def unwritable(database: Path | str, error: sqlite3.OperationalError) -> StageError:
    """Return the failure of what wanted to write to a database."""
    if _is_full(database, error):
        return _no_room(database)
    return StageError(f"cannot be written ({error})", path=database, remedy="check its disk and run again")
