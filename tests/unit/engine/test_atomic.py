"""Whole files or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drapto.engine import atomic

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "file.bin"
    with atomic.replacing(target) as partial:
        partial.write_bytes(b"half")
        assert not target.exists()
        assert partial.parent == target.parent
        assert partial.name.endswith(atomic.PARTIAL)
    assert target.read_bytes() == b"half"
    assert list(target.parent.iterdir()) == [target]


def test_a_failure_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "file.txt"
    atomic.write_text(target, "old")

    def fail() -> None:
        with atomic.replacing(target) as partial:
            partial.write_text("new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_nothing_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), atomic.replacing(tmp_path / "file"):
        pass


def test_the_longest_name_still_has_a_temporary_one(tmp_path: Path) -> None:
    target = tmp_path / ("é" * 127)
    atomic.write_text(target, "x")
    assert target.read_text() == "x"


def test_sweep_removes_what_a_killed_run_left_and_nothing_else(tmp_path: Path) -> None:
    left = tmp_path / "a" / ".0001.mkv.77-abcd.partial"
    left.parent.mkdir()
    left.touch()
    kept = [tmp_path / "a" / "0001.mkv", tmp_path / "notes.partial"]
    for path in kept:
        path.touch()
    assert atomic.sweep(tmp_path) == [left]
    assert all(path.exists() for path in kept)


def test_sweep_beside_is_for_one_target(tmp_path: Path) -> None:
    mine, others = tmp_path / ".movie.mkv.1-ab.partial", tmp_path / ".other.mkv.1-ab.partial"
    mine.touch()
    others.touch()
    atomic.sweep_beside(tmp_path / "movie.mkv")
    atomic.sweep_beside(tmp_path / "missing" / "movie.mkv")
    assert not mine.exists()
    assert others.exists()
