"""How far titles are, from the plan and from ``encode_data``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from drapto.cli.overview import overview
from drapto.cli.status import lines
from drapto.config import Config
from drapto.project import Project, open_project
from drapto.state.encode_data import ENCODING, PROGRESS, EncodingRecord, SegmentRecord, summarise
from tests.unit.cli.test_cli_plan import Planned

if TYPE_CHECKING:
    from pathlib import Path

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
    assert (first.title, first.state, first.segments, first.output_bytes) == ("a", "waiting", None, None)
    assert second.title == "b"
    assert lines(first) == ["· a", "    · probe"]


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
        ("mux", "waiting", 0, 1),
    ]
    assert lines(first) == [
        "… a",
        "    ✓ probe  … encode 1/3  · mux",
        "    25.0 %: 1 of 3 segments, 1 failed",
        "    ✗ 0002.mkv: ffmpeg failed",
    ]


def test_a_finished_title_tells_its_output(project: Project) -> None:
    title = project.titles[0]
    title.output.parent.mkdir()
    title.output.write_bytes(bytes(3 << 20))
    first = overview(project, [Planned("mux:a", "a", "mux", "up-to-date")])[0]
    assert (first.state, first.output_bytes) == ("done", 3 << 20)
    assert lines(first) == ["✓ a", "    ✓ mux", f"    {title.output}, 3.1 MB"]
