"""What is said of decoding by hardware: once for a title in a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.config import load_config
from drapto.project import open_project
from drapto.rules.hardware import fallback_line
from drapto.rules.run_state import state_of
from drapto.rules.work import Work
from drapto.video.hardware import Fallback

if TYPE_CHECKING:
    from pathlib import Path


def works_in(folder: Path) -> list[Work]:
    config = load_config(folder, environ={}, overrides={"decoding.hardware": "vaapi"})
    project = open_project(folder, config, [folder / "one.mkv", folder / "two.mkv"])
    return [Work(project, title, state_of(project)) for title in project.titles]


def test_a_title_is_spoken_of_once_a_run(tmp_path: Path) -> None:
    one, two = works_in(tmp_path)
    log = "encode-0001"
    assert fallback_line(one, None, log=log) == ""
    said = fallback_line(one, Fallback("no card"), log=log)
    assert said == f"\n{one.title.source}: decoded by ffmpeg itself (decoding.hardware is vaapi): no card"
    assert fallback_line(one, Fallback("no card"), log=log) == ""
    second = fallback_line(two, Fallback("no card"), log=log)
    assert second.startswith(f"\n{two.title.source}: decoded by ffmpeg itself")
    for work in (one, two):
        assert (work.title.logs / "encode.log").read_text().count("no card") == 1
    one.state.end()
    assert fallback_line(one, Fallback("no card"), log=log) == said


def test_what_is_expected_is_only_logged(tmp_path: Path) -> None:
    work, _ = works_in(tmp_path)
    expected = Fallback("another kind of title", expected=True)
    assert fallback_line(work, expected, log="encode-0002") == ""
    assert "another kind of title" in (work.title.logs / "encode.log").read_text()
