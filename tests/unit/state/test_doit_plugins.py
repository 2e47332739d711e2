"""The database that keeps each success, the checker that asks for content, the reporter's exit codes."""

from __future__ import annotations

import io
import os
import sqlite3
import subprocess
import sys
import textwrap
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from doit.dependency import JSONCodec
from doit.exceptions import InvalidCommand, TaskError, TaskFailed, UnmetDependency

from drapto.errors import LockedError
from drapto.state.bus import Bus
from drapto.state.doit_plugins import DurableDB, bound_checker, bound_reporter, forget
from drapto.state.events import ErrorEvent, StageComplete, StageStarted
from drapto.state.fingerprint import Fingerprints
from drapto.state.settings import LaterSettings

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.state.events import Event


def database(path: Path) -> DurableDB:
    return DurableDB(str(path), JSONCodec())


def rows(path: Path) -> dict[str, str]:
    with sqlite3.connect(path) as connection:
        return dict(connection.execute("select task_id, task_data from doit").fetchall())


def succeed(db: DurableDB, task: str, state: object) -> None:
    db.set(task, "_values_:", {"settings": {}})
    db.set(task, "source.mkv", state)
    db.set(task, "deps:", ("source.mkv",))


def test_a_success_is_on_the_disk_at_once_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    db = database(path)
    db.set("encode:a:0001", "_values_:", {})
    assert rows(path) == {}
    succeed(db, "encode:a:0001", [1, 2, "x"])
    assert "source.mkv" in rows(path)["encode:a:0001"]
    db.remove("encode:a:0001")
    assert rows(path) == {}
    db.dump()


def test_a_group_that_says_nothing_new_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    first = database(path)
    for _ in range(2):
        first.set("probe", "_values_:", {})
        first.set("probe", "deps:", ())
    assert first._conn.total_changes == 1
    first.dump()


def test_a_task_that_begins_is_no_longer_done(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    db = database(path)
    succeed(db, "segment:a", [1])
    forget(path, "segment:a")
    assert rows(path) == {}, "killed from here on, it runs again"
    succeed(db, "segment:a", [1])
    assert "source.mkv" in rows(path)["segment:a"], "its success is written though it says nothing new"
    forget(path, "segment:a")
    db.dump()
    assert rows(path) == {}
    forget(tmp_path / "none.db", "segment:a")
    assert not (tmp_path / "none.db").exists()


def test_a_run_keeps_the_success_of_what_it_does_not_try(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    db = database(path)
    for name in ("segment:a", "encode:a:0001"):
        succeed(db, name, [1])
    reporter = bound_reporter(database=path)(io.StringIO(), {})
    reporter.initialize({}, [])
    forget(path, "segment:a")
    for name in ("segment:a", "encode:a:0001"):  # as doit does: one has failed, the other is not tried
        db.remove(name)
    assert set(rows(path)) == {"encode:a:0001"}
    reporter.complete_run()
    db.remove("encode:a:0001")
    assert rows(path) == {}, "outside of a run, `doit forget` forgets"
    db.dump()


ROW = {
    "_values_:": {"settings": {}, "made": {"a": [1, 2, "x"]}},
    "source.mkv": [1, 2, "x"],
    "deps:": ["source.mkv"],
}


def worked(folder: Path) -> Path:
    """Return the database of a project of which two tasks of a title are done, and one is again."""
    path = folder / "work" / ".drapto" / "state.db"
    path.parent.mkdir(parents=True)
    (folder / "work" / "film").mkdir()
    db = database(path)
    for number in (1, 2, 3):
        name = f"encode:film:{number:04d}"
        for key, value in ROW.items():
            db.set(name, key, value)
    db.dump()
    forget(path, "encode:film:0003")
    return path


DAMAGES = {
    "not a database": lambda path: path.write_bytes(b"nonsense" * 1000),
    "its end": lambda path: path.write_bytes(path.read_bytes()[:5000]),
    "a page": lambda path: path.write_bytes(
        path.read_bytes()[:4096] + bytes(4096) + path.read_bytes()[8192:]
    ),
    "gone": lambda path: path.unlink(),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_database_is_rebuilt_from_the_journals(
    damage: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = worked(tmp_path)
    before = rows(path)
    assert set(before) == {"encode:film:0001", "encode:film:0002"}
    DAMAGES[damage](path)
    db = database(path)
    assert db.get("encode:film:0001", "source.mkv") == [1, 2, "x"]
    assert db.get("encode:film:0003", "source.mkv") is None
    db.dump()
    assert rows(path) == before
    said = capsys.readouterr().err
    if damage != "gone":
        assert "state.db: was damaged (" in said
        assert "was rebuilt from what lies beside the work files (2 tasks)" in said
        assert list(path.parent.glob("state.db.damaged-*"))


def test_a_damaged_row_is_found_before_it_is_needed(tmp_path: Path) -> None:
    path = worked(tmp_path)
    with sqlite3.connect(path) as connection:
        connection.execute("update doit set task_data = 'x{' where task_id = 'encode:film:0002'")
    assert database(path).get("encode:film:0002", "source.mkv") == [1, 2, "x"]


def test_a_damaged_line_of_a_journal_costs_its_task_alone(tmp_path: Path) -> None:
    path = worked(tmp_path)
    written = tmp_path / "work" / "film" / "made.jsonl"
    first, *others = written.read_bytes().splitlines(keepends=True)
    written.write_bytes(first[:40] + b"\n" + b"".join(others) + b"[]\n{}\nnull\n\xff")
    path.unlink()
    db = database(path)
    assert db.get("encode:film:0001", "source.mkv") is None
    assert db.get("encode:film:0002", "source.mkv") == [1, 2, "x"]


def test_a_database_that_may_not_be_used_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "state.db").mkdir()
    with pytest.raises(InvalidCommand, match=r"state\.db: cannot be used"):
        database(tmp_path / "state.db")


DODO = """
import os, signal
from pathlib import Path
from drapto.state.settings import SettingsUnchanged

DOIT_CONFIG = {"backend": "drapto", "dep_file": "state.db", "par_type": "thread", "verbosity": 0}

def work(number):
    with open("ran.txt", "a") as log:
        log.write(f"{number}\\n")
    if number == 5 and not Path("killed").exists():
        Path("killed").touch()
        os.kill(os.getpid(), signal.SIGKILL)

def task_work():
    for number in range(8):
        check = SettingsUnchanged({"n": number})
        yield {"name": f"{number:02d}", "actions": [(work, [number])], "uptodate": [check]}
"""


def test_a_killed_run_repeats_no_finished_task(tmp_path: Path) -> None:
    (tmp_path / "dodo.py").write_text(textwrap.dedent(DODO))
    for expected in (-9, 0):
        done = subprocess.run([sys.executable, "-m", "doit"], cwd=tmp_path, check=False, capture_output=True)
        assert done.returncode == expected, done.stderr
    assert (tmp_path / "ran.txt").read_text().split() == ["0", "1", "2", "3", "4", "5", "5", "6", "7"]


def test_only_another_content_is_a_change(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"content")
    checker = bound_checker(Fingerprints())()
    state = checker.get_state(str(path), None)
    assert state is not None
    assert checker.get_state(str(path), state) is None
    assert not checker.check_modified(str(path), path.stat(), state)
    os.utime(path, ns=(1, 1))
    assert not checker.check_modified(str(path), path.stat(), state)
    path.write_bytes(b"CONTENT")
    os.utime(path, ns=(2, 2))
    assert checker.check_modified(str(path), path.stat(), state)
    path.write_bytes(b"longer content")
    assert checker.check_modified(str(path), path.stat(), state)


def test_a_file_that_cannot_be_read_is_a_change_not_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"content")
    checker = bound_checker(Fingerprints())()
    state = checker.get_state(str(path), None)
    os.utime(path, ns=(1, 1))
    now = path.stat()
    path.unlink()
    assert checker.check_modified(str(path), now, state)


def task(name: str = "probe:a", **more: Any) -> SimpleNamespace:
    fields = {
        "name": name,
        "actions": [SimpleNamespace()],
        "result": None,
        "meta": {"title": "a", "stage": "probe"},
    }
    return SimpleNamespace(**{**fields, **more})


def test_the_reporter_tells_the_bus() -> None:
    seen: list[Event] = []
    done: list[tuple[str, str]] = []
    bus = Bus()
    cls = bound_reporter(bus=bus, on_success=lambda title, stage: done.append((title, stage)))
    with bus.subscribe(seen.append):
        reporter = cls(io.StringIO(), {})
        reporter.initialize({}, [])
        reporter.execute_task(task(actions=[]))
        reporter.execute_task(task())
        reporter.add_success(task(result="48 frames\na note"))
        reporter.add_failure(task(), TaskFailed("a.mkv: is damaged\n"))
    started, complete, failed = seen
    assert isinstance(started, StageStarted)
    assert isinstance(complete, StageComplete)
    assert (complete.summary, complete.notes) == ("48 frames", ("a note",))
    assert isinstance(failed, ErrorEvent)
    assert failed.message == "a.mkv: is damaged"
    assert done == [("a", "probe")]


def test_what_was_not_tried_counts_as_a_failure_not_as_an_error() -> None:
    fail = UnmetDependency("probe:a")
    out = io.StringIO()
    reporter = bound_reporter()(out, {})
    reporter.add_failure(task("crop:a"), fail)
    assert isinstance(fail, TaskFailed)
    assert out.getvalue() == ""
    assert reporter.failures == []


def test_a_bug_shows_where_it_came_from(capsys: pytest.CaptureFixture[str]) -> None:
    out = io.StringIO()
    reporter = bound_reporter()(out, {})
    try:
        {}["nope"]
    except KeyError as error:
        reporter.add_failure(task(), TaskError("PythonAction Error", error))
    assert out.getvalue() == "✗ probe:a: internal error: KeyError: 'nope'\n"
    assert "Traceback" in capsys.readouterr().err


def test_a_refused_start_is_doits_usage_error() -> None:
    def refuse() -> None:
        raise LockedError("another run works here (pid 7)")

    ended: list[bool] = []
    reporter = bound_reporter(on_start=refuse, on_end=lambda: ended.append(True))(io.StringIO(), {})
    with pytest.raises(InvalidCommand, match="pid 7"):
        reporter.initialize({}, [])
    reporter.complete_run()
    assert ended == []


def test_nothing_to_do_is_said_in_a_line() -> None:
    out = io.StringIO()
    reporter = bound_reporter()(out, {})
    reporter.initialize({}, [])
    reporter.skip_uptodate(task())
    reporter.skip_ignore(task())
    reporter.runtime_error("odd")
    reporter.complete_run()
    assert out.getvalue() == "ignored: probe:a\nerror: odd\neverything is up to date\n"


@pytest.mark.parametrize(("count", "more"), [(2, []), (7, ["  and 2 more"])])
def test_what_is_skipped_is_named_with_its_reason_but_for_the_many(count: int, more: list[str]) -> None:
    lines = [f"film {number}: skipped: already AV1" for number in range(count)]
    out = io.StringIO()
    reporter = bound_reporter(bus=Bus(), left_alone=lambda: lines)(out, {})
    reporter.initialize({}, [])
    reporter.skip_uptodate(task())
    reporter.complete_run()
    head = f"everything is up to date, {count} titles skipped:"
    assert out.getvalue().splitlines() == [head, *(f"  {line}" for line in lines[:5]), *more]


def test_settings_that_a_later_version_reads_leave_what_there_is() -> None:
    check = LaterSettings({"encoder": {"preset": 6}})
    assert check(None, {"settings": {}})
    assert check(None, {"later": {"encoder": {"preset": 6}}})
    assert not check(None, {"later": {"encoder": {"preset": 8}}})
