"""All or nothing on disk: a file is complete under its name, or it is not there.

A target is written under a unique temporary name beside it, flushed, fsynced and renamed; then the directory
is fsynced, so that a power cut after the rename cannot undo it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PARTIAL = ".partial"
"""Every temporary name ends in this; nothing else may."""

NAME_LIMIT = 255
"""Longest file name in bytes on the file systems in use (ext4, xfs, btrfs, APFS)."""


@contextlib.contextmanager
def replacing(target: Path, *, durable: bool = True) -> Iterator[Path]:
    """Yield a temporary path beside ``target`` that becomes ``target`` when the block ends well.

    When the block raises, the temporary file is removed and ``target`` is as it was.

    Args:
        target: The final name. Its directory is created.
        durable: Wait for the disk. Without it a power cut may lose the file or leave it damaged: for what is
            rewritten all the time and can be rebuilt; no target of a task is.

    Raises:
        FileNotFoundError: The block ended without writing the temporary file.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = _partial(target)
    try:
        yield partial
        if durable:
            sync(partial)
        partial.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise
    if durable:
        sync(target.parent)


@contextlib.contextmanager
def scratch(beside: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``beside``, removed at the end, or by `sweep` after a killed run."""
    beside.parent.mkdir(parents=True, exist_ok=True)
    partial = _partial(beside)
    try:
        yield partial
    finally:
        partial.unlink(missing_ok=True)


def write_text(target: Path, text: str, *, durable: bool = True) -> None:
    """Write UTF-8 ``text`` to ``target``, whole or not at all; ``durable`` as for `replacing`."""
    with replacing(target, durable=durable) as partial:
        partial.write_text(text, encoding="utf-8")


def _partial(target: Path) -> Path:
    """Return a unique temporary name beside ``target``."""
    tail = f".{os.getpid()}-{secrets.token_hex(4)}{PARTIAL}"
    stem = os.fsencode(f".{target.name}")[: NAME_LIMIT - len(tail)].decode(errors="ignore")
    return target.with_name(stem + tail)


def sync(path: Path) -> None:
    """Flush a file's, or a directory's, content to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(folder: Path) -> list[Path]:
    """Remove the temporary files that a killed run left under ``folder``; return what was removed.

    Only call this while holding the project's lock: another run's temporary files look the same.
    """
    removed = []
    for path in folder.rglob(f".*{PARTIAL}"):
        path.unlink(missing_ok=True)
        removed.append(path)
    return removed


def sweep_beside(target: Path) -> None:
    """Remove the temporary files that a killed run left beside ``target``, and only those for it."""
    if target.parent.is_dir():
        for path in target.parent.glob(f".*{PARTIAL}"):
            if path.name.startswith(f".{target.name}."):
                path.unlink(missing_ok=True)
