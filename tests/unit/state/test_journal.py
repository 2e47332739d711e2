"""What titles' tasks have made, in a file beside it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from drapto.state import journal

if TYPE_CHECKING:
    from pathlib import Path


def line(task: int, row: dict[str, Any] | None) -> str:
    return json.dumps({"task": f"encode:film:{task:04d}", "row": row}) + "\n"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(journal, "TO_COMPACT", 1000)
    path = tmp_path / "film" / journal.FILE
    path.parent.mkdir()
    return path


def test_what_later_lines_replace_is_left_out(path: Path) -> None:
    lines = [line(number % 10, {"made": number}) for number in range(100)]
    path.write_text("".join(lines) + line(3, None) + "damaged\n" + line(4, {"made": 1000}).rstrip("\n"))
    known = journal.read(path.parent.parent)
    journal.compact(path.parent.parent, {"film"})
    assert journal.read(path.parent.parent) == known
    assert len(known) == 9
    assert known["encode:film:0004"] == {"made": 1000}
    assert len(path.read_text().splitlines()) == 9
    journal.note(path.parent.parent, "encode:film:0003", {"made": 3})
    assert journal.read(path.parent.parent) == known | {"encode:film:0003": {"made": 3}}
    assert path.stat().st_mode & 0o077 == 0


def test_what_is_not_half_as_long_then_stays_as_it_is(path: Path) -> None:
    text = "".join(line(number, {"made": number}) for number in range(100)) + line(3, None)
    path.write_text(text)
    journal.compact(path.parent.parent, {"film", "gone"})
    assert path.read_text() == text
