"""Shares of the machine."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from drapto.engine.slots import Slots

if TYPE_CHECKING:
    from pathlib import Path


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
