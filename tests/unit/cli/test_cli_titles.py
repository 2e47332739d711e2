"""Which titles a person means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drapto.cli.titles import chosen, left_out, nothing_here
from drapto.config import Config
from drapto.errors import UsageError
from drapto.project import open_project

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.project import Project

NAMES = ("Alien (1979)", "Ólafur's film", "b")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "source").mkdir()
    for name in NAMES:
        (tmp_path / "source" / f"{name}.mkv").write_bytes(b"x")
    return open_project(tmp_path, Config())


@pytest.mark.parametrize(
    "name", ["Alien (1979)", "Alien (1979).mkv", "source/Alien (1979).mkv", "Alien-1979"], ids=str
)
def test_a_title_goes_by_its_file_and_by_its_tasks_name(project: Project, name: str) -> None:
    assert [title.source.stem for title in chosen(project, [name])] == ["Alien (1979)"]


def test_titles_come_in_the_projects_order_and_once(project: Project) -> None:
    assert [title.source.stem for title in chosen(project, ["b", "Alien (1979)", "b.mkv"])] == [
        "Alien (1979)",
        "b",
    ]
    assert chosen(project, []) == list(project.titles)


def test_an_unknown_title_is_refused_with_the_nearest(project: Project) -> None:
    with pytest.raises(
        UsageError, match=r"there is no title 'alien \(1997\)'; did you mean 'Alien \(1979\)'\?"
    ):
        chosen(project, ["alien (1997)"])
    with pytest.raises(UsageError, match=r"there is no title 'zzz'; there are 'Alien \(1979\)', "):
        chosen(project, ["zzz"])


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no drapto project; run `drapto init`"):
        nothing_here(open_project(tmp_path, Config()))
    (tmp_path / "drapto.toml").write_text("version = 3\n")
    assert nothing_here(open_project(tmp_path, Config())).startswith("There is no directory ")
    (tmp_path / "source" / "Show").mkdir(parents=True)
    assert "put MKV files there" in nothing_here(open_project(tmp_path, Config()))
    (tmp_path / "source" / "Show" / "a.mkv").write_bytes(b"x")
    assert 'set input.file_pattern = "**/*.mkv"' in nothing_here(open_project(tmp_path, Config()))


def test_sources_that_the_pattern_leaves_out_are_told(tmp_path: Path) -> None:
    for name in ("rips/a.mkv", "rips/output/a.mkv", "rips/work/a/muxed.mkv", "rips/.hidden/b.mkv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    config, own = Config(), (tmp_path / "rips" / "output", tmp_path / "rips" / "work")
    assert left_out(tmp_path / "rips", config, own) is None, "what drapto wrote there is none"
    episode = tmp_path / "rips" / "Show" / "Season 01" / "e01.mkv"
    episode.parent.mkdir(parents=True)
    episode.write_bytes(b"x")
    said = left_out(tmp_path / "rips", config, own)
    assert said is not None
    assert said.endswith('such as Show/Season 01/e01.mkv; input.file_pattern = "**/*.mkv" takes them')
    assert left_out(episode, config, own) is None
