"""What is said of decoding by hardware: once for a title in a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.config import load_config
from drapto.project import open_project
from drapto.rules import run_state
from drapto.rules.hardware import fallback_line
from drapto.video.hardware import Fallback

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.engine.context import StageContext
    from drapto.project import Project


def project_in(folder: Path) -> Project:
    config = load_config(folder, environ={}, overrides={"decoding.hardware": "vaapi"})
    return open_project(folder, config, [folder / "one.mkv", folder / "two.mkv"])


def test_a_title_is_spoken_of_once_a_run(tmp_path: Path, context: StageContext) -> None:
    project = project_in(tmp_path)
    one, two = project.titles

    def line(fallback: Fallback | None, title: int = 0) -> str:
        return fallback_line(fallback, "encode-0001", context, project, (one, two)[title])

    assert line(None) == ""
    said = line(Fallback("no card"))
    assert said == f"\n{one.source}: decoded by ffmpeg itself (decoding.hardware is vaapi): no card"
    assert line(Fallback("no card")) == ""
    assert line(Fallback("no card"), 1).startswith(f"\n{two.source}: decoded by ffmpeg itself")
    assert (context.logs / "encode-0001.log").read_text().count("no card") == 2
    run_state.end(project)
    assert line(Fallback("no card")) == said


def test_what_is_expected_is_only_logged(tmp_path: Path, context: StageContext) -> None:
    project = project_in(tmp_path)
    line = fallback_line(
        Fallback("another kind of title", expected=True), "encode-0002", context, project, project.titles[0]
    )
    assert line == ""
    assert "another kind of title" in (context.logs / "encode-0002.log").read_text()
