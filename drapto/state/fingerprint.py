"""Content digests: what tells a touched, copied or restored file from a changed one.

A file of up to `WHOLE_LIMIT` bytes is read whole. Of a larger one, its size, its first and last `EDGE` bytes
and `BLOCKS` blocks evenly spaced between them are read: about 6 MiB, whatever the size.

What that can miss: an edit in place that keeps the size and touches none of the sampled bytes, such as a few
bytes patched in the middle of a large source. Anything that inserts or removes a byte changes the size, and a
remux, a re-encode and an edit of the headers all change the ends, so they are seen. A file is only digested
at all when its size, modification time or inode has changed.
"""

from __future__ import annotations

import errno
import os
import threading
import time
from pathlib import Path

from drapto.engine.digest import digest_of
from drapto.engine.document import Report
from drapto.engine.vitals import PATIENCE
from drapto.engine.watch import watched
from drapto.errors import StageError

SETTLED_NS = 100_000_000
"""Age in nanoseconds from which a modification time can be trusted to change with the next write. File
systems stamp with the kernel's tick (1 to 10 ms), so two writes within one tick look like one."""

_Stamp = tuple[int, int, int]
"""A file's size in bytes, its modification time in nanoseconds, and its inode: another file may be put in its
place with the same size and time."""

_Entry = tuple[int, int, str, int]
_OldEntry = tuple[int, int, str]


class _Store(Report):
    """The cache's file: ``files`` maps a path to its size, modification time (ns), digest and inode.

    Before there were inodes, entries had none; these are taken anew.
    """

    files: dict[str, _Entry | _OldEntry]


class Fingerprints:
    """Digests of files, remembered for as long as their size and modification time stay.

    Safe to share between threads. Runs that save to one file at once overwrite each other: what is lost is
    only computed again.

    Args:
        store: The JSON file that keeps them between runs, read when first needed; None keeps them in memory.
            A damaged one is rebuilt.
    """

    def __init__(self, store: Path | None = None) -> None:
        self._store = store
        self._known: dict[str, _Entry] | None = None
        self._dirty = False
        self._lock = threading.Lock()

    def of(self, path: Path | str) -> str:
        """Return the content digest of the file at ``path``.

        Raises:
            OSError: The file cannot be read.
        """
        return self._look(path)[1]

    def state(self, path: Path | str) -> list[int | str]:
        """Return the file's size (bytes), modification time (ns) and digest.

        The stamp is from before the content was read: where the file changes meanwhile, the stamp is out of
        date and the next check compares digests.

        Raises:
            OSError: The file cannot be read.
        """
        (size, mtime, _), found = self._look(path)
        return [size, mtime, found]

    def is_same(self, path: str, status: os.stat_result, digest: str) -> bool:
        """Return whether the file at ``path``, which has this ``status``, has a digest.

        Nothing is opened where the file is known.

        Raises:
            OSError: It cannot be read.
        """
        # as text: this is asked for every file of every task
        name = path if path.startswith(os.sep) else f"{os.getcwd()}{os.sep}{path}"  # noqa: PTH109
        known = self._recall(name, (status.st_size, status.st_mtime_ns, status.st_ino))
        return (self.of(path) if known is None else known) == digest

    def save(self) -> None:
        """Write what was learnt to the store, without the files that are gone."""
        with self._lock:
            if self._store is None or self._known is None or not self._dirty:
                return
            known = {name: entry for name, entry in self._known.items() if Path(name).exists()}
            # not looked through once more: it may be 30,000 files
            store = _Store.model_construct(
                files={name: known[name] for name in sorted(known) if _is_text(name)}
            )
            store.write(self._store)
            self._known, self._dirty = known, False

    def _look(self, path: Path | str) -> tuple[_Stamp, str]:
        name = str(Path(path).absolute())
        handle = os.open(name, os.O_RDONLY)
        try:
            before = _stamp(handle)
            if (known := self._recall(name, before)) is not None:
                return before, known
            asked = time.time_ns()
            try:
                found = watched(lambda: digest_of(handle, before[0]), PATIENCE)
            except StageError as error:
                raise OSError(errno.ETIMEDOUT, error.problem, name) from error
            if _stamp(handle) == before and before[1] < asked - SETTLED_NS:
                self._remember(name, before, found)
        finally:
            os.close(handle)
        return before, found

    def _entries(self) -> dict[str, _Entry]:
        """Return what is known, read from the store the first time; only call this while holding the lock."""
        if self._known is None:
            stored = None if self._store is None else _Store.read_if_whole(self._store)
            files = {} if stored is None else stored.files
            self._known = {name: entry for name, entry in files.items() if len(entry) == 4}  # noqa: PLR2004
        return self._known

    def _recall(self, name: str, stamp: _Stamp) -> str | None:
        with self._lock:
            size, mtime, found, inode = self._entries().get(name, (-1, -1, "", -1))
        return found if (size, mtime, inode) == stamp else None

    def _remember(self, name: str, stamp: _Stamp, found: str) -> None:
        with self._lock:
            size, mtime, inode = stamp
            self._entries()[name] = (size, mtime, found, inode)
            self._dirty = True


def _stamp(handle: int) -> _Stamp:
    status = os.fstat(handle)
    return status.st_size, status.st_mtime_ns, status.st_ino


def _is_text(name: str) -> bool:
    """Tell whether ``name`` can stand in a JSON file; file names may hold bytes that are no UTF-8."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
