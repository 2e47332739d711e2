"""Settings of one title, in a project of two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.testing import CliRunner

from drapto.cli import main
from drapto.config.profiles import MEANINGS
from tests import clips
from tests.system.projects import new_project

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_they_rebuild_what_they_concern_and_nothing_of_other_titles(
    ffmpeg: Path, clip_cache: Path, tmp_path: Path
) -> None:
    made = [clips.make_clip(ffmpeg, clip_cache / f"{name}.mkv", frames=12) for name in ("one", "two")]
    project = new_project(tmp_path, *made)
    project.doit()
    project.configure('[titles."o*".encoding]\ncrf.sd = 40\n')
    assert project.executed() == {
        "encode:one:0001",
        "video:one",
        "mux:one",
        "validate:one",
        "validate:one:decode:1",
    }
    assert project.executed() == set()


def test_a_table_that_fits_no_title_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = new_project(tmp_path, settings='[titles."Alien".encoding]\npreset = 4\n')
    (project.root / "source" / "Aliens.mkv").write_bytes(b"no Matroska, which planning does not ask")
    monkeypatch.chdir(project.root)
    said = CliRunner().invoke(main, ["plan"], prog_name="drapto").output
    assert "note: titles.Alien fits no title; did you mean 'Aliens'?" in said


def test_the_profiles_are_listed() -> None:
    said = CliRunner().invoke(main, ["config", "profiles"], prog_name="drapto").output
    assert [line.split()[0] for line in said.splitlines()][:6] == list(MEANINGS)
