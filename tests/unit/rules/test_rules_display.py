"""The display of a run, and its summary."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from drapto.config import Config
from drapto.output.model import Check, Sizes, Validation
from drapto.project import open_project
from drapto.rules import project as rules_project
from drapto.state.events import AnalysisComplete, ErrorEvent, StageComplete
from drapto.state.tally import Tally

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.display.display import Display
    from drapto.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    sources = [tmp_path / f"{name}.mkv" for name in ("done", "failed", "idle")]
    for source in sources:
        source.write_bytes(bytes(1000))
    (tmp_path / "output").mkdir()
    (tmp_path / "output" / "done.mkv").write_bytes(bytes(250))
    (tmp_path / "output" / "failed.mkv").write_bytes(bytes(9))
    return open_project(tmp_path, Config(), sources)


def test_tasks_that_begin_together_share_one_display(project: Project) -> None:
    shown: list[Display] = []
    barrier = threading.Barrier(8)

    def begin() -> None:
        barrier.wait()
        rules_project._show(project, shown)

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(shown) == 1
    shown[0].stop()


def test_the_summary_counts_what_differs(project: Project) -> None:
    checks = [
        Check(name=f"audio {number} title", expected="a", found="b", passed=False, severity="differs")
        for number in range(3)
    ]
    Validation(
        digest="d",
        passed=True,
        frames=1,
        duration=1.0,
        sizes=Sizes(source=1, output=1, video=1),
        inputs={},
        checks=tuple(checks),
    ).write(project.titles[0].validation)
    tally = Tally({})
    tally(StageComplete(title="done", stage="validate", seconds=1.0))
    (done,) = rules_project._summary(project, tally)
    assert (done.differing, done.mark) == (3, "done")


def test_the_summary_has_what_was_finished_and_what_failed(project: Project) -> None:
    tally = Tally({})
    tally(AnalysisComplete(title="done", frames=1, seconds=9.0, width=2, height=2, audio=0, subtitles=0))
    tally(StageComplete(title="done", stage="validate", seconds=1.0))
    tally(ErrorEvent(title="failed", stage="mux", message="no"))
    done, failed = rules_project._summary(project, tally)
    assert (done.title, done.source_bytes, done.output_bytes, done.duration) == ("done", 1000, 250, 9.0)
    assert (failed.title, failed.output_bytes, failed.failed) == ("failed", None, True), (
        "an output of an earlier run is none of this one's"
    )
