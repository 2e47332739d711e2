"""Whole files or none."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from drapto.engine import atomic


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


LONG = (
    "x" * 251,
    "é" * 125,
    "漢" * 83,
    "\udcff" * 251,  # bytes that are no UTF-8
    "short \udce9t\udce9",
)


@pytest.mark.parametrize("name", LONG, ids=["ascii", "two bytes", "three bytes", "no text", "short"])
def test_what_a_killed_run_left_for_any_name_is_swept(name: str, tmp_path: Path) -> None:
    target, other = tmp_path / f"{name}.mkv", tmp_path / f"{name[:-1]}y.mkv"
    code = (
        "import os, sys; from pathlib import Path; from drapto.engine import atomic\n"
        "for name in sys.argv[1:]:\n"
        "    kept = [*globals().get('kept', []), atomic.replacing(Path(name))]\n"
        "    kept[-1].__enter__().touch()\n"
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, target, other], cwd=Path.cwd(), check=False)
    assert len(list(tmp_path.iterdir())) == 2
    atomic.sweep_beside(target)
    (left,) = tmp_path.iterdir()
    atomic.sweep_beside(target.with_name("another.mkv"))
    assert left.exists()
    atomic.sweep_beside(other)
    assert not list(tmp_path.iterdir())


def order_of(monkeypatch: pytest.MonkeyPatch, root: Path) -> list[str]:
    """Return a list that gets what is synced and renamed from now on, as paths below ``root``."""
    happened: list[str] = []
    fsync, replace = os.fsync, os.replace

    def spy(handle: int) -> None:
        path = Path(f"/proc/self/fd/{handle}").readlink()
        happened.append("file" if path.name.endswith(atomic.PARTIAL) else str(path.relative_to(root)))
        fsync(handle)

    def rename(path: Path, target: Path) -> None:
        happened.append("rename")
        replace(path, target)

    monkeypatch.setattr(os, "fsync", spy)
    monkeypatch.setattr(os, "replace", rename)
    return happened


@pytest.mark.skipif(sys.platform != "linux", reason="which file is synced is read from /proc")
def test_the_directories_that_were_made_are_synced_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened = order_of(monkeypatch, tmp_path)
    atomic.write_text(tmp_path / "a" / "b" / "c" / "file", "x")
    assert happened == ["file", "rename", "a/b/c", "a/b", "a", "."]
    happened.clear()
    atomic.write_text(tmp_path / "a" / "b" / "c" / "file", "y")
    assert happened == ["file", "rename", "a/b/c"]
    happened.clear()
    atomic.write_text(tmp_path / "a" / "d" / "file", "y", durable=False)
    assert happened == ["rename"]


@pytest.mark.skipif(sys.platform != "linux", reason="which file is synced is read from /proc")
@pytest.mark.parametrize("able", [True, False])
def test_the_disks_own_memory_is_flushed_where_the_system_can(
    able: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def control(_handle: int, command: int) -> None:
        asked.append(command)
        if not able:
            raise OSError(errno.ENOTSUP, "not supported")

    happened = order_of(monkeypatch, tmp_path)
    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", control)
    atomic.sync(tmp_path)
    assert asked == [51]
    assert happened == ([] if able else ["."])


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
