"""Room on the disks: who waits for it, and for how long."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from drapto.engine import process, room
from drapto.engine.room import Paused, Resumed, Room
from drapto.errors import SpaceError

if TYPE_CHECKING:
    from pathlib import Path

MUCH = 1 << 60
"""Bytes that no disk has."""


def test_a_disk_with_room_is_not_waited_for(tmp_path: Path) -> None:
    heard: list[object] = []
    Room([tmp_path / "not" / "there"], 0, 60).wait(heard.append)
    Room([tmp_path], "auto", 60).wait(heard.append)
    assert heard == []


def test_room_that_never_comes(tmp_path: Path) -> None:
    heard: list[object] = []
    disk = Room([tmp_path], MUCH, 0.5)
    with pytest.raises(SpaceError, match="the disk is full: ") as caught:
        disk.wait(heard.append)
    assert caught.value.final
    assert [type(one) for one in heard] == [Paused]
    began = time.monotonic()
    with pytest.raises(SpaceError):
        disk.wait(heard.append)
    assert time.monotonic() - began < 0.4, "it is not waited for once more"


def test_room_that_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[object] = []
    disk = Room([tmp_path], MUCH, 20)
    threading.Timer(0.3, lambda: monkeypatch.setattr(disk, "_reserve", 0)).start()
    disk.wait(heard.append)
    assert [type(one) for one in heard] == [Paused, Resumed]


def test_children_stop_while_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "LOOK_EVERY", 0.1)
    heard: list[object] = []
    disk = Room([tmp_path], 0, 20)
    count = tmp_path / "count"
    threading.Timer(0.3, lambda: monkeypatch.setattr(disk, "_reserve", MUCH)).start()
    threading.Timer(1.5, lambda: monkeypatch.setattr(disk, "_reserve", 0)).start()
    began = time.monotonic()
    with disk.watched(heard.append):
        process.run(["/bin/sh", "-c", f"for i in 1 2 3 4 5 6; do sleep 0.1; echo $i >> {count}; done"])
    assert time.monotonic() - began > 1.3
    assert [type(one) for one in heard] == [Paused, Resumed]
    assert count.read_text().split() == ["1", "2", "3", "4", "5", "6"]
