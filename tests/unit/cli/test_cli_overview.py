"""How far titles are, from the plan and from ``encode_data``."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from drapto.cli import main
from drapto.cli.overview import Now, overview
from drapto.cli.status import _code, lines
from drapto.config import Config
from drapto.project import Project, open_project
from drapto.state.encode_data import ENCODING, PROGRESS, EncodingRecord, SegmentRecord, summarise
from drapto.state.explain import Reason
from tests.unit.cli.test_cli_plan import Planned

if TYPE_CHECKING:
    from pathlib import Path

status_module = importlib.import_module("drapto.cli.status")
"""By its name: the command of the same name hides it."""

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return open_project(tmp_path, Config(), [tmp_path / "a.mkv", tmp_path / "b.mkv"])


def record(*segments: SegmentRecord) -> EncodingRecord:
    return EncodingRecord(
        digest="d", strategy="chunked", run="r", created_at=NOW, updated_at=NOW, segments=segments
    )


def test_a_title_that_nothing_is_known_of_waits(project: Project) -> None:
    tasks = [Planned("probe:a", "a", "probe", "run"), Planned("probe:b", "b", "probe", "run")]
    first, second = overview(project, tasks)
    assert (first.title, first.state, first.segments, first.output_bytes) == ("a", "todo", None, None)
    assert second.title == "b"
    assert lines(first) == ["· a: to do"], "the stages say no more than that"


def test_a_title_under_way_tells_its_segments_and_what_failed(project: Project) -> None:
    title = project.titles[0]
    known = record(
        SegmentRecord(index=1, first_frame=0, frames=30, status="completed"),
        SegmentRecord(index=2, first_frame=30, frames=60, status="failed", error="0002.mkv: ffmpeg failed"),
        SegmentRecord(index=3, first_frame=90, frames=30),
    ).write(title.encode_data / ENCODING)
    summarise(known, {}).write(title.encode_data / PROGRESS)
    tasks = [
        Planned("probe:a", "a", "probe", "up-to-date"),
        *(Planned(f"encode:a:{n:04d}", "a", "encode", "up-to-date" if n == 1 else "run") for n in (1, 2, 3)),
        Planned("mux:a", "a", "mux", "run"),
    ]
    first = overview(project, tasks)[0]
    assert first.state == "partly"
    assert [(stage.name, stage.state, stage.done, stage.tasks) for stage in first.stages] == [
        ("probe", "done", 1, 1),
        ("encode", "partly", 1, 3),
        ("mux", "todo", 0, 1),
    ]
    assert lines(first) == [
        "… a: partly done",
        "    ✓ probe  … encode 1/3  · mux",
        "    1 of 3 segments, 25.0 % of frames, 1 failed",
        "    ✗ 0002.mkv: ffmpeg failed",
    ]


def test_a_finished_title_tells_its_output(project: Project) -> None:
    title = project.titles[0]
    title.output.parent.mkdir()
    title.output.write_bytes(bytes(3 << 20))
    first = overview(project, [Planned("mux:a", "a", "mux", "up-to-date")])[0]
    assert (first.state, first.output_bytes) == ("done", 3 << 20)
    assert lines(first) == ["✓ a: done", f"    {title.output}, 3.1 MB"]


def test_a_run_tells_which_titles_it_works_on_and_which_wait(project: Project) -> None:
    running = {
        "a": {"state": "running", "fraction": 0.431, "seconds_left": 754.0, "stages": []},
        "b": {
            "state": "waiting",
            "fraction": 0.0,
            "seconds_left": None,
            "stages": [{"stage": "fields", "part": None, "waits_for": "a processor"}],
        },
    }
    tasks = [Planned("probe:a", "a", "probe", "run"), Planned("probe:b", "b", "probe", "run")]
    titles = overview(project, tasks, now=Now(running=running))
    assert [title.state for title in titles] == ["running", "waiting"]
    assert lines(titles[0])[0] == "▸ a: running, 43.1 %, 12:30 left"
    assert lines(titles[1])[0] == "· b: waiting for a processor, 0.0 %"
    assert _code(titles) == 5


def test_a_failed_title_says_why_and_when_and_fails_the_exit_code(project: Project) -> None:
    failure = {
        "at": "2026-01-02T03:04:05+0000",
        "stage": "probe",
        "error": "a.mkv: is damaged; copy it again",
    }
    tasks = [Planned("probe:a", "a", "probe", "run"), Planned("mux:b", "b", "mux", "up-to-date")]
    titles = overview(project, tasks, now=Now(failures={"a": failure, "b": failure}))
    assert [title.state for title in titles] == ["failed", "done"], "b has succeeded since"
    assert lines(titles[0])[0] == "✗ a: failed (2026-01-02 03:04): probe: a.mkv: is damaged; copy it again"
    assert _code(titles) == 1


def test_a_stale_title_says_which_setting_has_changed(project: Project) -> None:
    changed = (Reason("changed", "encoding.preset", "6 -> 8"),)
    tasks = [
        Planned("encode:a:0001", "a", "encode", "run", changed),
        Planned("mux:b", "b", "mux", "run", (Reason("changed", "preset", "4 -> 6"),)),
    ]
    titles = overview(project, tasks, now=Now(as_given={"b": "encoding.preset = 4"}))
    assert [title.state for title in titles] == ["stale", "done"]
    assert lines(titles[0])[0] == "↻ a: stale, since encoding.preset changed (6 -> 8)"
    assert lines(titles[1])[0] == "✓ b: done (as made with encoding.preset = 4)"
    assert _code(titles) == 5
    assert _code(titles[1:]) == 0


def test_ctrl_c_ends_a_watch_well_whatever_it_is_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "drapto.toml").write_text("version = 3\n")
    (tmp_path / "source").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(status_module, "WATCH_EVERY", 0.0)
    look, looks = status_module._look, []

    def interrupted(*arguments: Any) -> Any:
        looks.append(arguments)
        if len(looks) > 2:
            raise KeyboardInterrupt
        return look(*arguments)

    monkeypatch.setattr(status_module, "_look", interrupted)
    done = CliRunner().invoke(main, ["status", "--watch"])
    assert (done.exit_code, len(looks)) == (0, 3)
    assert "interrupted" not in done.output
