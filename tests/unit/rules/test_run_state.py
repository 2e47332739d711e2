"""What a run leaves behind in the process that made it."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

from drapto.config import Config
from drapto.project import open_project
from drapto.rules import run_state, signals
from drapto.state import recorder

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from drapto.state.events import Event


def test_each_run_of_a_process_records_its_own_titles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded: list[set[str]] = []

    class Recorder:
        def __init__(self, folders: dict[str, Path]) -> None:
            recorded.append(set(folders))

        def __call__(self, event: Event) -> None:
            """Record nothing."""

    monkeypatch.setattr(recorder, "Recorder", Recorder)
    for name in ("first", "second"):
        project = open_project(tmp_path, Config(), [tmp_path / f"{name}.mkv"])
        state = run_state.state_of(project)
        state.prepare(project)
        state.prepare(project)
        assert len(state.bus._subscribers) == 1
        state.end()
        assert not state.bus._subscribers
    assert recorded == [{"first"}, {"second"}]


def test_a_program_gets_its_signal_handlers_back() -> None:
    before = [signal.getsignal(number) for number in signals.SIGNALS], sys.excepthook
    with signals.signals_restored():
        signals.watch_signals(lambda: None)
        assert ([signal.getsignal(number) for number in signals.SIGNALS], sys.excepthook) != before
    assert ([signal.getsignal(number) for number in signals.SIGNALS], sys.excepthook) == before
