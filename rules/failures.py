"""What is said of an error of the system's: a failure like any other, with file, cause and remedy."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from drapto.engine import causes
from drapto.errors import DISK_FULL, DraptoError, SpaceError, StageError

if TYPE_CHECKING:
    from drapto.project import Title


def foreseen(error: DraptoError | OSError | MemoryError, title: Title) -> DraptoError:
    """Return an error as one of drapto's.

    Raises:
        OSError: It is of no file and of no kind that is known: a bug.
    """
    if isinstance(error, DraptoError):
        return error
    known = _of_memory(title) if isinstance(error, MemoryError) else _of_system(error, title)
    known.cause = causes.of_error(error).name
    known.__cause__ = error
    return known


def _of_memory(title: Title) -> DraptoError:
    cause = causes.OUT_OF_MEMORY
    return StageError(f"drapto {cause.text}", path=title.source, remedy=cause.remedy)


def _of_system(error: OSError, title: Title) -> DraptoError:
    path = error.filename or title.work
    if error.errno in DISK_FULL:
        return SpaceError("the disk is full", path=path, remedy="free some space and run again")
    if error.errno == errno.ENOMEM:
        return _of_memory(title)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StageError(f"is not allowed ({error.strerror})", path=path, remedy="check its permissions")
    if error.filename is None:
        raise error
    if error.errno in (errno.ENOENT, errno.ELOOP):
        return StageError("does not exist", path=path, remedy="put it back, or connect its disk")
    remedy = "check the disk, delete the file if it is a work file, and run again"
    return StageError(f"cannot be used ({error.strerror})", path=path, remedy=remedy)
