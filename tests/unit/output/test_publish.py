from __future__ import annotations

import os
from typing import TYPE_CHECKING

import psutil
import pytest

from drapto.engine.digest import digest
from drapto.errors import SpaceError, StageError
from drapto.output import publish as module
from drapto.output.publish import publish

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.engine.context import StageContext


@pytest.fixture
def muxed(tmp_path: Path) -> Path:
    path = tmp_path / "work" / "muxed.mkv"
    path.parent.mkdir()
    path.write_bytes(os.urandom(300_000))
    return path


def test_the_output_is_a_copy_of_its_own(muxed: Path, tmp_path: Path, context: StageContext) -> None:
    output = tmp_path / "out" / "deep" / "film.mkv"
    publish(muxed, output, validated=digest(muxed), context=context)
    assert output.read_bytes() == muxed.read_bytes()
    assert output.stat().st_ino != muxed.stat().st_ino
    assert [path.name for path in output.parent.iterdir()] == ["film.mkv"]


def test_an_older_output_is_replaced(muxed: Path, tmp_path: Path, context: StageContext) -> None:
    output = tmp_path / "film.mkv"
    output.write_bytes(b"older and longer" * 100_000)
    publish(muxed, output, validated=digest(muxed), context=context)
    assert output.read_bytes() == muxed.read_bytes()


def test_what_was_not_validated_is_not_published(muxed: Path, tmp_path: Path, context: StageContext) -> None:
    validated = digest(muxed)
    muxed.write_bytes(os.urandom(300_000))
    with pytest.raises(StageError, match=r"muxed\.mkv: changed since it was validated; run again"):
        publish(muxed, tmp_path / "out" / "film.mkv", validated=validated, context=context)
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("in_kernel", [True, False])
def test_a_copy_in_chunks(
    muxed: Path, tmp_path: Path, context: StageContext, monkeypatch: pytest.MonkeyPatch, *, in_kernel: bool
) -> None:
    monkeypatch.setattr(module, "CHUNK", 65_536)
    monkeypatch.setattr(module, "_reflink", lambda *_: False)
    if not in_kernel:
        monkeypatch.setattr(module, "_in_kernel", lambda *_: None)  # what EXDEV comes to
    publish(muxed, tmp_path / "film.mkv", validated=digest(muxed), context=context)
    assert (tmp_path / "film.mkv").read_bytes() == muxed.read_bytes()


def test_a_directory_that_cannot_be_written(muxed: Path, tmp_path: Path, context: StageContext) -> None:
    (tmp_path / "out").write_text("a file where a directory should be")
    with pytest.raises(StageError, match=r"film\.mkv: cannot be written \(.*\); make the directory writable"):
        publish(muxed, tmp_path / "out" / "film.mkv", validated=digest(muxed), context=context)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_directory(muxed: Path, tmp_path: Path, context: StageContext) -> None:
    (tmp_path / "out").mkdir(mode=0o500)
    with pytest.raises(StageError, match=r"cannot be written \(Permission denied\)"):
        publish(muxed, tmp_path / "out" / "film.mkv", validated=digest(muxed), context=context)


def test_too_small_a_disk_is_seen_first(
    muxed: Path, tmp_path: Path, context: StageContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        free = 1000

    monkeypatch.setattr(module, "_reflink", lambda *_: False)
    monkeypatch.setattr(psutil, "disk_usage", lambda _: Full)
    with pytest.raises(SpaceError, match="the finished file needs about"):
        publish(muxed, tmp_path / "out" / "film.mkv", validated=digest(muxed), context=context)
    assert not list((tmp_path / "out").iterdir())
