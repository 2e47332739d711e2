"""The validated file to its place, whole or not at all."""

from __future__ import annotations

import errno
import os
import sys
from typing import IO, TYPE_CHECKING

from drapto.engine import atomic
from drapto.engine.digest import digest
from drapto.engine.resources import MIB, require_space
from drapto.errors import DISK_FULL, SpaceError, StageError

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.engine.context import StageContext
    from drapto.engine.resources import Throttle

FICLONE = 0x40049409
"""ioctl(2): a reflink: a new file gets the content of another (Linux, `ioctl_ficlone(2)`)."""

CHUNK = 8 * MIB
"""Bytes a write, so that the rate holds and an interrupt is noticed."""


def publish(muxed: Path, output: Path, *, validated: str, context: StageContext) -> None:
    """Copy the validated ``muxed`` to ``output``.

    Where the file system can, it is a reflink, which takes neither time nor space.

    Args:
        muxed: The finished file; it stays, as other stages depend on it.
        output: Where to. Its directory is created.
        validated: The content digest of what was validated; nothing else is published.
        context: The surroundings; it says how fast to write.

    Raises:
        SpaceError: The disk cannot hold it.
        StageError: The output directory cannot be written, or ``muxed`` is not what was validated.
    """
    try:
        with muxed.open("rb") as given, atomic.replacing(output) as partial, partial.open("wb") as taken:
            if not _reflink(given, taken):
                require_space(output.parent, os.fstat(given.fileno()).st_size, "the finished file")
                _copy(given, taken, context.disk_rate.throttle())
            taken.flush()
            if digest(partial) != validated:
                raise StageError(
                    "changed since it was validated",
                    path=muxed,
                    remedy="run again, and leave it alone meanwhile",
                )
    except OSError as error:
        if error.errno in DISK_FULL:
            raise SpaceError(
                "the disk is full", path=output, remedy="free some space, or set another output directory"
            ) from error
        raise StageError(
            f"cannot be written ({error.strerror})",
            path=output,
            remedy="make the directory writable, or set another output directory",
        ) from error


def _reflink(given: IO[bytes], taken: IO[bytes]) -> bool:
    """Make ``taken`` a reflink of ``given``; return whether the file system can."""
    if sys.platform != "linux":
        return False
    import fcntl  # noqa: PLC0415  not everywhere

    try:
        fcntl.ioctl(taken.fileno(), FICLONE, given.fileno())
    except OSError:
        return False
    return True


def _copy(given: IO[bytes], taken: IO[bytes], throttle: Throttle) -> None:
    """Copy all of ``given`` at the allowed rate."""
    size = os.fstat(given.fileno()).st_size
    move = _in_kernel if hasattr(os, "copy_file_range") else _in_memory
    done = 0
    while done < size:
        written = move(given.fileno(), taken.fileno(), done)
        if written is None:
            move = _in_memory
            continue
        if written == 0:
            raise OSError(errno.EIO, "the finished file became shorter while it was copied")
        done += written
        throttle.spend(written)


def _in_kernel(given: int, taken: int, offset: int) -> int | None:
    """Copy a chunk with `copy_file_range(2)`; None where these file systems cannot."""
    try:
        return os.copy_file_range(given, taken, CHUNK, offset, offset)
    except OSError as error:
        if error.errno in (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):
            return None
        raise


def _in_memory(given: int, taken: int, offset: int) -> int | None:
    return os.pwrite(taken, os.pread(given, CHUNK, offset), offset)
