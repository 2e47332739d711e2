"""What a run writes for those who look at it from outside."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from drapto.progress import record

if TYPE_CHECKING:
    from pathlib import Path


def running(**changes: object) -> dict[str, object]:
    return {**record.me(), "updated": record.time.time(), "titles": {"a": {"state": "running"}}, **changes}


def test_a_run_that_works_is_seen_and_one_that_ended_is_not(tmp_path: Path) -> None:
    assert record.read_running(tmp_path) is None
    record.write_running(tmp_path, running())
    found = record.read_running(tmp_path)
    assert found is not None
    assert found["titles"] == {"a": {"state": "running"}}
    record.remove_running(tmp_path)
    assert record.read_running(tmp_path) is None


def test_a_run_that_was_killed_is_not_taken_for_one_that_works(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    record.write_running(tmp_path, running(pid=ended.pid))
    assert record.read_running(tmp_path) is None


def test_another_process_of_the_same_number_is_another(tmp_path: Path) -> None:
    record.write_running(tmp_path, running(born=1.0))
    assert record.read_running(tmp_path) is None


def test_a_run_on_another_machine_counts_while_it_writes(tmp_path: Path) -> None:
    record.write_running(tmp_path, running(host="elsewhere"))
    assert record.read_running(tmp_path) is not None
    record.write_running(tmp_path, running(host="elsewhere", updated=record.time.time() - 120))
    assert record.read_running(tmp_path) is None


@pytest.mark.parametrize("text", ["", "[]", '{"layout": 2}', '{"layout": 1, "titles": 3}', "\x00"])
def test_what_is_damaged_says_nothing(tmp_path: Path, text: str) -> None:
    for name in (record.RUNNING, record.FAILED, record.GIVEN):
        (tmp_path / name).write_text(text)
    assert record.read_running(tmp_path) is None
    assert record.failures(tmp_path) == {}
    assert record.given(tmp_path) == {}
    record.note_failure(tmp_path, "a", stage="probe", part=None, cause="bad input", error="broken")
    assert list(record.failures(tmp_path)) == ["a"]


def test_failures_are_the_last_of_each_title_and_bounded(tmp_path: Path) -> None:
    for number in range(3):
        record.note_failure(
            tmp_path, "a", stage="mux", part=None, cause="", error=f"broke {number}" + "x" * 9000
        )
    failure = record.failures(tmp_path)["a"]
    assert failure["error"].startswith("broke 2")
    assert len(failure["error"]) == record.MOST_TEXT
    record.forget_failure(tmp_path, "a")
    assert record.failures(tmp_path) == {}


def test_settings_of_one_run_are_kept_until_a_run_without(tmp_path: Path) -> None:
    record.note_given(tmp_path, "a", {"encoding.preset": 4})
    assert record.given(tmp_path) == {"a": {"encoding.preset": 4}}
    record.note_given(tmp_path, "a", {})
    assert json.loads((tmp_path / record.GIVEN).read_text())["titles"] == {}
