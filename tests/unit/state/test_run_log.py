"""The log of a run: made by what happens, readable, with times."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from drapto.state import run_log
from drapto.state.events import (
    ErrorEvent,
    FileDiscovered,
    Progress,
    RunPaused,
    StageComplete,
    StageRetried,
    StageStarted,
)
from drapto.state.run_log import RunLog

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_what_happens_is_written_down_with_its_cause(tmp_path: Path) -> None:
    log = RunLog(tmp_path / "logs", lambda: "drapto 1, ffmpeg 9")
    log(FileDiscovered(title="film", source=tmp_path / "film.mkv", bytes=1))
    log(Progress(title="film", stage="encode", segment=1))
    log.close()
    assert not list(tmp_path.iterdir()), "nothing began"
    log(StageStarted(title="film", stage="encode", segment=1))
    place: dict[str, Any] = {"title": "film", "stage": "encode", "segment": 1}
    log(StageRetried(**place, message="gone\x1b[2J", cause="killed", attempt=1, attempts=3, seconds=0.5))
    log(RunPaused(title="film", reason="no room"))
    log(StageComplete(**place, seconds=2, summary="fine", notes=("by software",)))
    log(ErrorEvent(title="film", stage="mux", message="broken", cause="no space"))
    log.close()
    lines = log.path.read_text().splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  ", line) for line in lines)
    assert [line[21:] for line in lines] == [
        "begins: drapto 1, ffmpeg 9",
        "film encode 1: begins",
        r"film encode 1: attempt 1 of 3 failed [killed], again in 0.5 s: gone\x1b[2J",
        "paused: no room",
        "film encode 1: done in 2.0 s: fine; note: by software",
        "film mux: failed [no space]: broken",
        "ends",
    ]


def test_only_the_last_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_log, "KEPT", 3)
    for number in range(9):
        (tmp_path / f"run-2020010{number}-000000-1.log").write_text("old")
    log = RunLog(tmp_path, lambda: "now")
    log(StageStarted(title="film", stage="probe"))
    assert max(tmp_path.iterdir()) == log.path
    assert len(list(tmp_path.iterdir())) == 3
