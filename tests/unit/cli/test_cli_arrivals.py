"""Which files of a watched folder have arrived whole."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from drapto.cli.arrivals import Arrivals
from drapto.config import Config

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def arrivals(tmp_path: Path) -> Arrivals:
    config = Config.model_validate({"input": {"file_pattern": "**/*.mkv"}})
    return Arrivals(tmp_path, 10.0, config, (tmp_path / "out",))


def names(arrivals: Arrivals, now: float) -> list[str]:
    return [str(source.place) for source in arrivals.look(now)]


def test_a_file_is_taken_when_it_no_longer_grows(tmp_path: Path, arrivals: Arrivals) -> None:
    film = tmp_path / "Show" / "film.mkv"
    film.parent.mkdir()
    film.write_bytes(b"1")
    assert names(arrivals, 0.0) == []
    assert arrivals.growing == 1
    film.write_bytes(b"12")
    assert names(arrivals, 9.0) == []
    assert names(arrivals, 18.0) == []
    assert names(arrivals, 19.0) == ["Show/film"]
    assert arrivals.growing == 0


def test_one_that_failed_is_taken_again_when_it_has_changed(tmp_path: Path, arrivals: Arrivals) -> None:
    film = tmp_path / "film.mkv"
    film.write_bytes(b"1")
    arrivals.look(0.0)
    assert names(arrivals, 10.0) == ["film"]
    arrivals.failed([film])
    assert names(arrivals, 20.0) == []
    os.utime(film, ns=(1, 1))
    assert names(arrivals, 30.0) == []
    assert names(arrivals, 40.0) == ["film"]


def test_outputs_below_the_folder_are_no_sources(tmp_path: Path, arrivals: Arrivals) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "film.mkv").write_bytes(b"1")
    arrivals.look(0.0)
    assert names(arrivals, 99.0) == []


def test_a_file_that_goes_is_forgotten(tmp_path: Path, arrivals: Arrivals) -> None:
    film = tmp_path / "film.mkv"
    film.write_bytes(b"1")
    arrivals.look(0.0)
    film.unlink()
    assert names(arrivals, 20.0) == []
    film.write_bytes(b"1")
    assert names(arrivals, 21.0) == []
