"""A call's own copy of its title's work directory: what it reads is linked, and what it writes is taken over.

A worker that was given up may still be writing, when another one does the same. So each attempt has a copy of
its own, below the state directory, and what comes of it is moved to its place here, by the one process that
holds the project's lock. What was finished while nobody could hear of it is found again by its fingerprint:
the call, and the content of all that it reads.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from typing import TYPE_CHECKING

from drapto.cluster.calls import LOGS, RESULT
from drapto.engine import atomic
from drapto.engine.digest import digest
from drapto.engine.logs import write_log

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from drapto.cluster.calls import Written

INPUTS = "inputs.json"
"""In a copy: the digests of what the call reads."""


class Stage:
    """One attempt's copy of a work directory.

    Args:
        parent: Where all copies lie.
        fingerprint: The call's fingerprint (`drapto.cluster.wire.fingerprint`).
        written: What it writes.
        reads: The files that it reads, and that are there.

    Attributes:
        folder: The copy.
        token: Names the attempt.
    """

    def __init__(self, parent: Path, fingerprint: str, written: Written, reads: Iterable[Path]) -> None:
        self._parent = parent
        self._written = written
        self._reads = tuple(reads)
        self._print = fingerprint
        self.token = f"{fingerprint}-{secrets.token_hex(6)}"
        self.folder = parent / self.token

    @property
    def inputs(self) -> list[tuple[str, Path]]:
        """The files of the work directory that the call reads, those that it may change included, by name."""
        title = self._written.title
        read = {str(path.relative_to(title)): path for path in self._reads if path.is_relative_to(title)}
        return [*read.items(), *(one for one in self._written.files(title) if one[0] not in read)]

    def _digests(self) -> dict[str, str]:
        title = self._written.title
        known = {os.path.relpath(path, title): path for path in self._reads}
        return {name: digest(path) for name, path in sorted(known.items()) if not self._written.owns(name)}

    def link(self) -> None:
        """Make the copy, of links.

        Raises:
            OSError: It cannot be made.
        """
        (self.folder / LOGS).mkdir(parents=True)
        for name, path in self.inputs:
            target = self.folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if not self._written.owns(name):
                target.symlink_to(path)
                continue
            try:
                target.hardlink_to(path)  # it may be moved to another name, which no symbolic link outlives
            except OSError:
                shutil.copy2(path, target)
        atomic.write_text(self.folder / INPUTS, json.dumps(self._digests()), durable=False)

    def finished_before(self) -> Stage | None:
        """Return another attempt's copy in which the same call has ended well; None where there is none."""
        for result in sorted(self._parent.glob(f"{self._print}-*/{RESULT}")):
            try:
                same = json.loads((result.parent / INPUTS).read_text()) == self._digests()
            except (OSError, ValueError):
                continue
            if same:
                other = Stage.__new__(Stage)
                other.__dict__ |= self.__dict__ | {"folder": result.parent, "token": result.parent.name}
                return other
        return None

    def result(self) -> bytes:
        """Return what the call returned."""
        return (self.folder / RESULT).read_bytes()

    def spend(self) -> None:
        """Have nobody find it again: its files are about to be moved, and without them it says nothing.

        Raises:
            OSError: It cannot be removed.
        """
        (self.folder / RESULT).unlink(missing_ok=True)

    def adopt(self, *, renewed: bool = True) -> None:
        """Take over what the call has written: whole files alone, each moved to its place.

        Args:
            renewed: What the call had and is not in the copy any more was removed by it.

        Raises:
            OSError: A file cannot be moved.
        """
        title = self._written.title
        there = dict(self._written.files(self.folder))
        changed = set()
        for name, path in there.items():
            target = title / name
            if target.exists() and target.samefile(path):
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)
            changed.add(target.parent)
        if renewed:
            for name, path in self._written.files(title):
                if name not in there:
                    path.unlink(missing_ok=True)
        for folder in changed:
            atomic.sync(folder)

    def take_logs(self, folder: str) -> None:
        """Append what the call has logged to the title's logs.

        Args:
            folder: Where it ran, which the logs name.
        """
        title = self._written.title
        for path in sorted((self.folder / LOGS).glob("*.log")):
            text = path.read_text(errors="replace").replace(folder, str(title))
            write_log(title / LOGS / path.name, text)
            path.unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove the copy, and those in which the same call has ended and nobody heard of it in time."""
        shutil.rmtree(self.folder, ignore_errors=True)
        for result in self._parent.glob(f"{self._print}-*/{RESULT}"):
            shutil.rmtree(result.parent, ignore_errors=True)


KEPT = 7 * 86400
"""Seconds for which a copy is kept whose call ended well, where nobody has asked for it since."""


def _is_worth_keeping(result: Path) -> bool:
    return result.is_file() and time.time() - result.stat().st_mtime < KEPT


def sweep(parent: Path) -> None:
    """Remove the copies that earlier runs left, but for those in which a call has ended well."""
    if not parent.is_dir():
        return
    for path in parent.iterdir():
        if path.is_dir() and not _is_worth_keeping(path / RESULT):
            shutil.rmtree(path, ignore_errors=True)
        elif not path.is_dir():
            path.unlink(missing_ok=True)
