"""All or nothing on disk: a file is complete under its name, or it is not there.

A target is written under a unique temporary name beside it, flushed, fsynced and renamed; then the directory
is fsynced, and what holds the directories that were made for it, so that a power cut after the rename cannot
undo it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from drapto.engine.watch import excused, require_wanted

if TYPE_CHECKING:
    from collections.abc import Iterator

PARTIAL = ".partial"
"""Every temporary name ends in this; nothing else may."""

NAME_LIMIT = 255
"""Longest file name in bytes on the file systems in use (ext4, xfs, btrfs, APFS)."""

STEM_LIMIT = NAME_LIMIT - len(f".{1 << 32}-00000000{PARTIAL}")
"""Bytes of a temporary name that say for which target it is; the same in every process."""

_begun: set[Path] = set()
"""The temporary files of this process that are being written, or could not be removed."""

_TAIL = re.compile(rf"\.\d+-[0-9a-f]+{re.escape(PARTIAL)}")
_OWN = re.compile(rf"\..+{_TAIL.pattern}", re.DOTALL)


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
    made = _make(target.parent)
    partial = _partial(target)
    _begun.add(partial)
    try:
        yield partial
        if durable:
            sync(partial)
        require_wanted()
        os.replace(partial, target)  # noqa: PTH105  pathlib takes the path apart again, a tenth of a small write
    except BaseException:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
            _begun.discard(partial)
        raise
    _begun.discard(partial)
    if durable:
        sync(target.parent)
        for folder in made:
            sync(folder.parent)


def _make(folder: Path) -> list[Path]:
    """Make ``folder`` and what it is in; return the directories that were not there, the innermost first."""
    missing: list[Path] = []
    if os.path.isdir(folder):  # noqa: PTH112  nearly always
        return missing
    for one in (folder, *folder.parents):
        if one.exists():
            break
        missing.append(one)
    folder.mkdir(parents=True, exist_ok=True)
    return missing


@contextlib.contextmanager
def scratch(beside: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``beside``, removed at the end, or by `sweep` after a killed run."""
    beside.parent.mkdir(parents=True, exist_ok=True)
    partial = _partial(beside)
    _begun.add(partial)
    try:
        yield partial
    finally:
        partial.unlink(missing_ok=True)
        _begun.discard(partial)


def write_text(target: Path, text: str, *, durable: bool = True) -> None:
    """Write UTF-8 ``text`` to ``target``, whole or not at all; ``durable`` as for `replacing`."""
    with replacing(target, durable=durable) as partial:
        partial.write_text(text, encoding="utf-8")


def _partial(target: Path) -> Path:
    """Return a unique temporary name beside ``target``."""
    return target.with_name(f"{_stem(target)}.{os.getpid()}-{secrets.token_hex(4)}{PARTIAL}")


def _stem(target: Path) -> str:
    """Return how all temporary names for ``target`` begin, and none for another file."""
    name = f".{target.name}"
    raw = os.fsencode(name)
    if len(raw) <= STEM_LIMIT:
        return name
    mark = f"~{hashlib.sha256(raw).hexdigest()[:8]}"
    cut = raw[: STEM_LIMIT - len(mark)]
    try:
        raw.decode()
    except UnicodeDecodeError:
        return os.fsdecode(cut) + mark
    return (
        cut.decode(errors="ignore") + mark
    )  # not in the midst of a character: not all file systems take that


def sync(path: Path) -> None:
    """Flush a file's, or a directory's, content to the disk; on macOS out of the disk's own memory, too."""
    handle = os.open(path, os.O_RDONLY)
    try:
        _flush(handle)
    finally:
        os.close(handle)


def _flush(handle: int) -> None:
    # a slow disk takes minutes for what was sent to it, and the kernel counts nothing meanwhile
    with excused():
        if hasattr(fcntl, "F_FULLFSYNC"):
            with contextlib.suppress(OSError):  # not on every file system
                fcntl.fcntl(handle, fcntl.F_FULLFSYNC)
                return
        os.fsync(handle)


def left_behind() -> bool:
    """Return whether temporary files of this process are there, written still by what is about to end."""
    return any(path.exists() for path in tuple(_begun))


def sweep(folder: Path) -> list[Path]:
    """Remove the temporary files that a killed run left under ``folder``; return what was removed.

    Only call this while holding the project's lock: another run's temporary files look the same. What is not
    named as `replacing` names it is somebody else's, and links are not followed.
    """
    removed = []
    for place, _, names in os.walk(folder):
        for name in names:
            if name.startswith(".") and _OWN.fullmatch(name):
                path = Path(place, name)
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True)
                    removed.append(path)
    return removed


def sweep_beside(target: Path) -> None:
    """Remove the temporary files that a killed run left beside ``target``, and only those for it."""
    stem = _stem(target)
    if target.parent.is_dir():
        for path in target.parent.glob(f".*{PARTIAL}"):
            if path.name.startswith(stem) and _TAIL.fullmatch(path.name, len(stem)):
                path.unlink(missing_ok=True)
