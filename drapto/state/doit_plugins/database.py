"""doit's database, safe against crashes."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from doit.dependency import DatabaseException, JSONCodec, SqliteDB
from doit.exceptions import InvalidTask
from pydantic_core import from_json

from drapto.engine.private import open_private
from drapto.errors import SpaceError, printable
from drapto.state import journal
from drapto.state.doit_plugins.unusable import is_damage, unusable, unwritable
from drapto.terminal import Shown
from drapto.words import count_text

if TYPE_CHECKING:
    from collections.abc import Iterator

MEMORY = ":memory:"
"""SQLite's name for a database that is in no file."""

LAST_KEY = "deps:"
"""The key that doit's `Dependency.save_success` writes last: once it is there, the success is whole."""

VALUES = "_values_:"
RESULT = "result:"
"""The keys of what a task's action returned, which doit writes first."""

READ = "read"
"""Among the values that an action returns: the states of its files when it began."""

SAID = "said"
"""Among the same: what is to be told of it."""

LOCK_SECONDS = 60.0
"""How long a writer waits for another one, which needs a few milliseconds."""


class FastCodec(JSONCodec):  # type: ignore[misc]  # doit is untyped
    """JSON as doit writes it, read by pydantic's parser, which takes half as long as Python's own."""

    def decode(self, data: str | bytes) -> Any:  # noqa: ANN401  JSON
        """Return what ``data`` says."""
        try:
            return from_json(data)
        except ValueError:  # strict about text, and a file's name may be bytes that are none
            return super().decode(data)


class DurableDB(SqliteDB):  # type: ignore[misc]  # doit is untyped
    """doit's SQLite backend, with every success on the disk before the next task is told of it.

    Attributes:
        full: The databases that could not be written for lack of space.
        in_a_run: The databases of the runs of drapto's that are on. doit takes the success from a task that
            it does not try because another failed; but what that task made is still good.
    """

    desc = "sqlite3, each success committed at once"
    in_a_run: ClassVar[set[Path | None]] = set()
    full: ClassVar[set[Path | None]] = set()

    def _sqlite3(self, name: str) -> sqlite3.Connection:
        """Open the database; one that is damaged is set aside, and rebuilt from the titles' journals."""
        self._saved: dict[str, str] = {}
        self._read: dict[str, dict[str, Any]] = {}
        self._refused = False
        self._noted: set[str] = set()
        self._done: set[str] = set()
        self._work_dir = None if name == MEMORY else Path(name).parent.parent
        try:
            connection = self._opened(name)
        except (sqlite3.DatabaseError, DatabaseException, ValueError) as error:
            if name == MEMORY or not is_damage(error):
                raise unusable(name, error) from error
            connection = self._rebuilt(name, error)
        else:
            if not self._rows:
                self._restore(connection)
        return connection

    def _opened(self, name: str) -> sqlite3.Connection:
        """Open a database and read all of it: what is damaged in its midst is to be found out now."""
        if name != MEMORY and not Path(name).exists():
            with contextlib.suppress(OSError):  # it says itself why it cannot be made
                os.close(open_private(name))
        connection: sqlite3.Connection = super()._sqlite3(name)
        try:
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = full")
            self._rows = _rows_of(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _rebuilt(self, name: str, damage: Exception) -> sqlite3.Connection:
        aside = f"{name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}"
        try:
            for end in ("-wal", "-shm"):
                with contextlib.suppress(FileNotFoundError):
                    Path(f"{name}{end}").rename(f"{aside}{end}")
            Path(name).rename(aside)
            connection = self._opened(name)
        except (OSError, sqlite3.DatabaseError, DatabaseException) as error:
            raise unusable(name, error) from error
        count = self._restore(connection)
        text = f"was damaged ({str(damage).splitlines()[0]}), is kept as {printable(Path(aside).name)}"
        known = f"and was rebuilt from what lies beside the work files ({count_text(count, 'task')})"
        Shown(sys.stderr).write(f"note: {printable(name)}: {text}, {known}\n")
        return connection

    def _restore(self, connection: sqlite3.Connection) -> int:
        """Fill an empty database with what the titles' journals say; return how many tasks that are."""
        if self._work_dir is None:
            return 0
        self._rows = journal.read(self._work_dir)
        values = [(task, self.codec.encode(row)) for task, row in self._rows.items()]
        connection.executemany("insert or replace into doit values (?,?)", values)
        connection.commit()
        return len(values)

    def _note(self, task_id: str, row: dict[str, Any] | None) -> None:
        if self._work_dir is not None and ":" in task_id:
            self._noted.add(task_id.split(":")[1])
            journal.note(self._work_dir, task_id, row)

    def _get_task_data(self, task_id: str) -> dict[str, Any]:
        if task_id in self._done:
            again: dict[str, Any] = super()._get_task_data(task_id)
            return again
        data: dict[str, Any] = self._rows.pop(task_id, {})
        if data and not data.get(LAST_KEY):
            self._saved[task_id] = self.codec.encode(data)
        return data

    def set(self, task_id: str, dependency: str, value: object) -> None:
        """Store a value; commit when it completes a success, but a group's only if it says something new.

        doit gives the states of a task's files as they are after its action; what counts is what it read.
        """
        if dependency == VALUES and isinstance(value, dict):
            self._read[task_id] = value.get(READ, {})
            value = {key: one for key, one in value.items() if key not in {READ, SAID}}
        if dependency == RESULT and isinstance(value, dict):
            return  # the same once more
        super().set(task_id, dependency, value)
        if dependency != LAST_KEY:
            return
        for path, state in self._read.pop(task_id, {}).items():
            super().set(task_id, path, state)
        text = self.codec.encode(self._cache[task_id])
        # the row of a task that reads files may be gone: see `forget`
        if value or self._saved.get(task_id) != text:
            with self._writing():
                self._conn.execute("insert or replace into doit values (?,?)", (task_id, text))
                self._conn.commit()
            if self._cache[task_id].get(VALUES):
                self._note(task_id, self._cache[task_id])
        if value:
            # nobody asks for it again in this run: 3 KB each, of 10,000 segments
            del self._cache[task_id]
            self._saved.pop(task_id, None)
            self._done.add(task_id)
        else:
            self._saved[task_id] = text
        self._dirty.discard(task_id)

    def remove(self, task_id: str) -> None:
        """Forget a task, at once: a failure must not be forgotten in a crash."""
        if Path(self.name) in self.in_a_run:
            return  # what was tried has been forgotten when it began
        known = self.in_(task_id)
        self._rows.pop(task_id, {})
        if known:
            self._note(task_id, None)
        with self._writing():
            super().remove(task_id)
            self._saved.pop(task_id, None)
            if known:
                self._conn.commit()

    def dump(self) -> None:
        """Write what is left, and close; every success that counts is on the disk before."""
        if self._work_dir is not None:
            journal.compact(self._work_dir, self._noted)
            if Path(self.name) in self.in_a_run:
                self._begin_journals(self._work_dir)
        try:
            super().dump()
        except sqlite3.OperationalError as error:
            if not self._refused:
                Shown(sys.stderr).write(f"error: {unwritable(self.name, error)}\n")

    def _begin_journals(self, work_dir: Path) -> None:
        """Write the journals of titles that an earlier drapto worked on, which kept none."""
        titles = {task.split(":")[1] for task in (*self._cache, *self._rows, *self._done) if ":" in task}
        lacking = {title for title in titles if journal.is_lacking(work_dir, title)}
        if lacking:
            for task, row in _rows_of(self._conn).items():
                if ":" in task and task.split(":")[1] in lacking:
                    journal.note(work_dir, task, row)

    def remove_all(self) -> None:
        """Forget all tasks."""
        for task_id in _rows_of(self._conn):
            self._note(task_id, None)
        self._rows.clear()
        super().remove_all()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """Turn what SQLite says when the disk is full into an end of the run that doit shows as one line."""
        try:
            yield
        except sqlite3.OperationalError as error:
            self._refused = True
            failure = unwritable(self.name, error)
            if isinstance(failure, SpaceError):
                self.full.add(Path(self.name))
            raise InvalidTask(str(failure)) from error


def _rows_of(connection: sqlite3.Connection) -> dict[str, dict[str, Any]]:
    """Return all rows by their tasks.

    Raises:
        ValueError: One of them is damaged.
    """
    found = connection.execute("select task_id, task_data from doit").fetchall()
    rows: dict[str, dict[str, Any]] = {one["task_id"]: one["task_data"] for one in found}
    if not all(isinstance(row, dict) for row in rows.values()):
        raise ValueError("a row of it is damaged")
    return rows


def recall(database: Path, task: str) -> dict[str, Any] | None:
    """Return what is known of a task's success; None where it is not known to have succeeded.

    Args:
        database: doit's database.
        task: The task's name.
    """
    if not database.exists():
        return None
    try:
        with contextlib.closing(sqlite3.connect(database, timeout=LOCK_SECONDS)) as connection:
            row = connection.execute("select task_data from doit where task_id = ?", (task,)).fetchone()
        found = None if row is None else from_json(row[0])
    except (sqlite3.DatabaseError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def remember(database: Path, task: str, row: dict[str, Any]) -> None:
    """Write down a task's success, on the disk.

    Raises:
        StageError: It cannot be written.
    """
    try:
        with contextlib.closing(sqlite3.connect(database, timeout=LOCK_SECONDS)) as connection, connection:
            connection.execute("pragma synchronous = full")
            connection.execute("insert or replace into doit values (?,?)", (task, json.dumps(row)))
    except sqlite3.OperationalError as error:
        raise unwritable(database, error) from error
    journal.note(database.parent.parent, task, row)


def forget(database: Path, task: str) -> None:
    """Take a task's success back, on the disk, before its action changes anything.

    Else, killed in its midst, it could pass for done: where the settings are turned back then, a segment
    source that was cut anew would stand among those of the old plan. Any thread or process may call this.

    Args:
        database: doit's database; nothing happens where there is none.
        task: The task's name.

    Raises:
        StageError: It cannot be written.
    """
    if not database.exists():
        return
    journal.note(database.parent.parent, task, None)
    try:
        with contextlib.closing(sqlite3.connect(database, timeout=LOCK_SECONDS)) as connection, connection:
            connection.execute("pragma synchronous = full")
            connection.execute("delete from doit where task_id = ?", (task,))
    except sqlite3.OperationalError as error:
        raise unwritable(database, error) from error
