"""What a run has done, counted from its events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.engine import process, spent
from drapto.state import tally as tally_module
from drapto.state.events import (
    AnalysisComplete,
    ErrorEvent,
    FileDiscovered,
    HookFailed,
    SegmentComplete,
    StageComplete,
    StageStarted,
    TitleSkipped,
)
from drapto.state.progress_events import StageRunning, StageWaiting
from drapto.state.tally import Tally

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from drapto.state.events import Event


def test_it_counts_what_happens_to_each_title(tmp_path: Path) -> None:
    tally = Tally({"film": tmp_path / "film"})
    tally(FileDiscovered(title="idle", source=tmp_path / "idle.mkv", bytes=1))
    tally(AnalysisComplete(title="film", frames=9, seconds=2.5, width=2, height=2, audio=0, subtitles=0))
    for number in (1, 2):
        tally(SegmentComplete(title="film", segment=number, frames=5, bytes=9, seconds=1, crf=30))
        tally(StageComplete(title="film", stage="encode", segment=number, seconds=1, notes=("odd",)))
    assert not tally.of("film").validated  # type: ignore[union-attr]
    tally(StageComplete(title="film", stage="validate", decode_part=1, seconds=1))
    assert not tally.of("film").validated  # type: ignore[union-attr]
    tally(StageComplete(title="film", stage="validate", seconds=1))
    tally(HookFailed(title="film", hook="on_done", message="no"))
    for _ in range(2):
        tally(ErrorEvent(title="bad", stage="probe", message="broken; mend it", remedy="mend it"))
    tally(TitleSkipped(title="old", reason="already AV1", remedy="--no-skip"))
    assert [one.title for one in tally.ran] == ["film", "bad", "old"]
    film, bad, old = tally.ran
    assert (film.frames, film.duration, film.notes, film.hooks) == (10, 2.5, ["odd"], ["no"])
    assert film.validated
    assert [one.remedy for one in bad.failures] == ["mend it"]
    assert old.skipped
    assert tally.of("idle") is None
    assert [one.ended for one in tally.ran] == [True, True, True]
    assert [one.published for one in tally.ran] == [True, False, False]


def test_how_long_a_title_took_and_that_a_part_of_the_work_ends_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [100.0]
    monkeypatch.setattr(tally_module.time, "monotonic", lambda: clock[0])
    tally = Tally({"film": tmp_path / "film"})
    tally(StageComplete(title="partly", stage="audio", seconds=1.0))
    tally(StageStarted(title="film", stage="probe"))
    clock[0] += 10
    tally(TitleSkipped(title="film", reason="larger", remedy="--no-skip", copied=True))
    partly, film = tally.ran
    assert (partly.ended, film.ended, film.published, film.seconds) == (False, True, True, 10.0)


def test_a_title_takes_no_time_while_it_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(tally_module.time, "monotonic", lambda: clock[0])
    tally = Tally({"film": tmp_path / "film"})

    def after(seconds: float, *events: Event) -> None:
        clock[0] += seconds
        for event in events:
            tally(event)

    def place(stage: str) -> dict[str, str]:
        return {"title": "film", "stage": stage}

    after(0, StageStarted(**place("crop")), StageStarted(**place("audio")))
    after(3, StageWaiting(**place("crop"), waits_for="a processor"))
    after(2, StageComplete(**place("audio"), seconds=5.0))
    after(60, StageRunning(**place("crop")))
    after(1, StageComplete(**place("crop"), seconds=66.0), StageStarted(**place("mux")))
    after(1, TitleSkipped(title="film", reason="larger", remedy="--no-skip"))
    after(0, StageStarted(**place("validate")))
    after(90, HookFailed(title="film", hook="on_done", message="no"))
    assert tally.of("film").seconds == 7.0  # type: ignore[union-attr]


def test_what_programs_take_is_counted_by_their_logs(tmp_path: Path) -> None:
    logs = tmp_path / "film" / "logs"
    process.run(["sh", "-c", "true"], log=logs / "before.log")
    tally = Tally({"film": logs})
    assert tally.spent("film") == spent.Spent()
    busy = "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"
    process.run(["sh", "-c", busy], log=logs / "encode.log")
    process.run(["sh", "-c", busy], log=logs / "audio.log")
    process.run(["sh", "-c", busy], log=tmp_path / "other" / "encode.log")
    process.run(["sh", "-c", busy])
    tally.close()
    found = tally.spent("film")
    assert 0 < found.cpu_seconds < tally.cpu_seconds
    assert found.peak > 100_000
    assert tally.seconds > 0
    assert tally.spent("nobody") == spent.Spent()
