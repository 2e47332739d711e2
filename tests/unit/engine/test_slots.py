"""Shares of the machine."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

from drapto.engine import slots as slots_module
from drapto.engine.slots import Slots

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_never_more_holders_than_slots(tmp_path: Path) -> None:
    slots = Slots(tmp_path / "slots", 3)
    held, most, guard = 0, 0, threading.Lock()

    def work(wanted: int) -> None:
        nonlocal held, most
        with slots.hold(wanted) as got:
            assert got == wanted
            with guard:
                held += got
                most = max(most, held)
            time.sleep(0.02)
            with guard:
                held -= got

    threads = [threading.Thread(target=work, args=(1 + number % 3,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert (held, most) == (0, 3)


def test_more_than_all_is_all_and_less_than_one_is_one(tmp_path: Path) -> None:
    slots = Slots(tmp_path / "slots", 2)
    with slots.hold(9) as got:
        assert got == 2
    with slots.hold(0) as got:
        assert got == 1


def test_two_that_want_everything_take_turns(tmp_path: Path) -> None:
    slots = Slots(tmp_path / "slots", 2)
    order: list[str] = []

    def work(name: str) -> None:
        with slots.hold(2):
            order.extend([name, name])
            time.sleep(0.01)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(order) == list("aabbcc")
    assert all(order[index] == order[index + 1] for index in range(0, 6, 2))


def test_who_waits_sleeps_until_a_slot_is_given_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots_module, "POLL", 60.0)
    slots, tries, got = Slots(tmp_path / "slots", 1), 0, threading.Event()
    real = Slots._free

    def counted(self: Slots, folder: str, wanted: int) -> list[int]:
        nonlocal tries
        tries += 1
        return real(self, folder, wanted)

    monkeypatch.setattr(Slots, "_free", counted)

    def wait() -> None:
        with slots.hold():
            got.set()

    with slots.hold():
        waiting = threading.Thread(target=wait)
        waiting.start()
        time.sleep(0.3)
        assert not got.is_set()
    assert got.wait(20)
    waiting.join(20)
    assert tries == 3


def test_a_slot_that_another_process_gives_back_is_noticed(tmp_path: Path) -> None:
    slots = Slots(tmp_path / "slots", 1)
    hold = f"""
import sys, time
from pathlib import Path
from drapto.engine.slots import Slots
with Slots(Path({str(tmp_path / "slots")!r}), 1).hold():
    print("held", flush=True)
    sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        other.stdout.readline()
        threading.Timer(0.3, other.stdin.close).start()
        with slots.hold() as got:
            assert got == 1
