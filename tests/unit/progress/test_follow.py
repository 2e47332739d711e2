"""How a run is followed while it works."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from drapto.progress.follow import Follower
from drapto.state.bus import Bus
from drapto.state.progress_events import QueueProgress

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from drapto.state.events import Event


def test_a_look_that_waited_for_the_machine_silences_no_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Modules that load slowly on a busy machine once kept it from telling anything for most of a run."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    bus, heard = Bus(), []

    def hear(event: Event) -> None:
        if isinstance(event, QueueProgress):
            heard.append(event)

    def find(_title: str, _begun: bool) -> None:
        time.sleep(0.6)

    bus.subscribe(hear)
    follower = Follower(bus, ["film"], find, slots=1, folder=tmp_path)
    until = time.monotonic() + 10
    while len(heard) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    follower.close()
    assert len(heard) >= 2
