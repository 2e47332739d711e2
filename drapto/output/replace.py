"""The finished file into its source's place, which is not touched before all of the file is verified."""

from __future__ import annotations

import errno
import os
import shutil
from typing import TYPE_CHECKING

from drapto.engine import atomic
from drapto.engine.digest import digest
from drapto.errors import DISK_FULL, SpaceError, StageError
from drapto.output.copies import content_of

if TYPE_CHECKING:
    from pathlib import Path

QUARANTINE = ".drapto-replaced"
"""The directory beside a source where it goes in quarantine."""

SUFFIX = ".replaced"
"""What its name ends in there, so that no pattern of sources, and no player, finds it."""


def quarantined(source: Path, known: str) -> Path:
    """Return where a source goes in quarantine; ``known`` is its content digest."""
    return source.parent / QUARANTINE / f"{source.name}.{known[-8:]}{SUFFIX}"


def replace_source(output: Path, source: Path, *, content: str, keep: Path | None) -> None:
    """Move a finished file to its source's place, which holds either of them at every moment.

    Args:
        output: The finished file.
        source: The source; not a link.
        content: The digest of all packets of what was validated; each is read once more.
        keep: Where the source goes; None deletes it.

    Raises:
        StageError: The finished file is not what was validated, or may not be moved; the source is as it was.
        SpaceError: The disk of the source is full.
    """
    if content_of(output).value != content:
        remedy = "check the disk, and run again"
        raise StageError("is not what was validated: the source stays", path=output, remedy=remedy)
    try:
        if keep is not None:
            keep.parent.mkdir(exist_ok=True)
            keep.unlink(missing_ok=True)
            _second_name(source, keep)
        _move(output, source)
    except OSError as error:
        if error.errno in DISK_FULL:
            raise SpaceError("the disk is full", path=source, remedy="free some space") from error
        problem = f"cannot be replaced ({error.strerror})"
        raise StageError(problem, path=source, remedy="make its directory writable") from error


def _second_name(source: Path, keep: Path) -> None:
    """Give a source another name, by which it stays when its own is another file's."""
    try:
        os.link(source, keep)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK):
            raise
        with atomic.replacing(keep) as partial:  # a file system without hard links
            shutil.copyfile(source, partial)
    atomic.sync(keep.parent)
    if digest(keep) != digest(source):
        raise StageError("could not be kept whole", path=keep, remedy="check the disk")


def _move(output: Path, source: Path) -> None:
    try:
        output.replace(source)
        atomic.sync(source.parent)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with atomic.replacing(source) as partial:
            shutil.copyfile(output, partial)
            if digest(partial) != digest(output):
                remedy = "check the disk"
                raise StageError("was not copied whole", path=source, remedy=remedy) from None
        output.unlink()
