"""Attempts of another version of the encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drapto.encoding.attempt_store import Workbench

if TYPE_CHECKING:
    from pathlib import Path

OLD, NEW = ("9.0", "4.1"), ("9.0", "4.2")


@pytest.mark.parametrize(
    ("before", "now", "kept"),
    [(OLD, OLD, True), (OLD, NEW, False), ((), NEW, True), (OLD, (), False)],
)
def test_attempts_of_another_version_are_thrown_away(
    before: tuple[str, ...], now: tuple[str, ...], kept: bool, tmp_path: Path
) -> None:
    bench = Workbench(tmp_path, "0001", "key", tmp_path / "encoded.mkv", before)
    bench.path(25).write_bytes(b"encode")
    bench.keep_foreign("first", 25, 1.0)
    bench = Workbench(tmp_path, "0001", "key", tmp_path / "encoded.mkv", now)
    assert bench.path(25).exists() is kept
    assert bool(bench.known.foreign) is kept
