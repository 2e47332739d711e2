"""A finished file in its source's place: only where it is asked for, and only once it is validated."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

import drapto
from drapto.cli import main
from drapto.errors import StageError
from drapto.output.replace import replace_source
from tests import clips

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = '[encoding]\npreset = 13\n[quality]\nmode = "crf"\n[output]\nreplace_source = "quarantine"\n'


def run(*arguments: str | Path, status: int = 0) -> str:
    done = CliRunner().invoke(main, [str(one) for one in arguments], prog_name="drapto")
    assert done.exit_code == status, done.output
    return done.output


@pytest.fixture
def here(ffmpeg: Path, clip_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one source, which it may replace."""
    made = clips.make_clip(ffmpeg, clip_cache / "replaced.mkv", frames=12)
    (tmp_path / "source").mkdir()
    shutil.copyfile(made, tmp_path / "source" / "film.mkv")
    (tmp_path / "drapto.toml").write_text(SETTINGS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_validated_file_takes_its_place_and_is_left_alone_from_then_on(here: Path) -> None:
    source = here / "source" / "film.mkv"
    before = source.read_bytes()
    assert "the finished file is in its source's place" in run("run")
    assert drapto.probe(source).video.codec == "av1"
    assert not (here / "output" / "film.mkv").exists()
    (kept,) = (here / "source" / ".drapto-replaced").iterdir()
    assert kept.name.startswith("film.mkv.")
    assert kept.suffix == ".replaced"
    assert kept.read_bytes() == before

    made = source.read_bytes()
    run("run", "--set", "input.skip_codecs=[]")
    assert source.read_bytes() == made
    assert '"state": "done"' in run("status", "--json")
    assert "as published" in run("verify")
    assert run("clean")
    # without the setting it is a source like another, which is AV1
    assert "skipped: already AV1" in run("run", "--set", "output.replace_source=never")


def test_a_program_is_told_where_it_is(here: Path) -> None:
    config = drapto.load_config(overrides={"output.replace_source": "delete"})
    (result,) = drapto.encode(["source/film.mkv"], "output", config=config)
    assert (result.ok, result.output) == (True, here / "source" / "film.mkv")
    assert [path.name for path in (here / "source").iterdir()] == ["film.mkv"]


def test_what_is_not_what_was_validated_replaces_nothing(here: Path) -> None:
    source, other = here / "source" / "film.mkv", here / "other.mkv"
    before = source.read_bytes()
    shutil.copyfile(source, other)
    with pytest.raises(StageError, match="the source stays"):
        replace_source(other, source, content="of another", keep=None)
    assert source.read_bytes() == before

    run("run", "--set", "output.replace_source=never")
    assert source.read_bytes() == before


def test_a_link_is_left_as_it_is(here: Path) -> None:
    source = here / "source" / "film.mkv"
    real = here / "real.mkv"
    source.rename(real)
    source.symlink_to(real)
    assert "is a link, and is not replaced" in run("run")
    assert source.is_symlink()
    assert (here / "output" / "film.mkv").is_file()
