"""Titles that are left alone: no failure, and not silent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

import drapto
from drapto.cli import main
from drapto.state.event_records import schema
from tests import clips, forks
from tests.valid import require_valid

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = '[encoding]\npreset = 13\n[quality]\nmode = "crf"\n[processing]\nchunk_size = 1\n'

SMALL = ("-crf", "51")
"""What makes a source that no encode at CRF 25 is smaller than."""


def run(*arguments: str | Path, status: int = 0) -> str:
    done = CliRunner().invoke(main, [str(one) for one in arguments], prog_name="drapto")
    assert done.exit_code == status, done.output
    return done.output


def alone(*arguments: str) -> str:
    """Run a command in a process of its own, whose doit writes to this output and no other."""
    done = forks.run("drapto", *arguments, apart=True)
    done.check_returncode()
    return done.stdout


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project without sources, with the default of what becomes of larger files."""
    (tmp_path / "source").mkdir()
    (tmp_path / "drapto.toml").write_text(SETTINGS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DRAPTO_IF_LARGER")
    return tmp_path


def small(ffmpeg: Path, here: Path, frames: int = 12) -> Path:
    return clips.make_clip(ffmpeg, here / "source" / "small.mkv", frames=frames, options=SMALL)


def statuses() -> dict[str, dict[str, object]]:
    return {one["title"]: one for one in json.loads(run("status", "--json"))["titles"]}


def test_what_comes_out_larger_is_not_published_and_not_tried_again(ffmpeg: Path, here: Path) -> None:
    source = small(ffmpeg, here)
    said = run("run", "--events", "events")
    assert "skipped: larger than its source" in said
    assert '--no-skip, or output.if_larger = "keep"' in said
    assert not (here / "output").exists()
    found = [json.loads(line) for line in (here / "events").read_text().splitlines()]
    require_valid(found, schema())
    assert [line["title"] for line in found if line["event"] == "title_skipped"] == ["small"]
    assert found[-1]["exit_code"] == 0

    said = alone("run")
    assert "everything is up to date, 1 title skipped:\n  small: skipped: larger than its source" in said
    assert said.endswith('to encode it all the same: --no-skip, or output.if_larger = "keep"\n')
    assert statuses()["small"]["state"] == "skipped"
    assert "0 titles to do, 1 skipped" in run("plan")
    assert "small" in json.loads(run("plan", "--json"))["skipped"]
    assert "○ small: skipped: larger than its source" in run("verify")
    assert "0 pages (0 made now), 1 skipped: " in run("report")
    (result,) = drapto.encode([source], here / "output")
    assert (result.ok, result.errors) == (False, ())
    assert result.skipped.startswith("skipped: larger than its source")

    # what there is is published when it may be; then it is finished, whatever is asked of others
    assert "validate" in (said := run("run", "--no-skip"))
    assert "encode" not in said
    assert (here / "output" / "small.mkv").stat().st_size > source.stat().st_size
    assert alone("run") == "everything is up to date\n"


def test_a_title_is_given_up_as_soon_as_its_segments_are_too_large(ffmpeg: Path, here: Path) -> None:
    small(ffmpeg, here, frames=96)
    said = run("run", "-n", "1")
    assert "skipped: would be larger than its source" in said
    assert not list((here / "work" / "small").glob("muxed.mkv"))
    assert len(list((here / "work" / "small" / "encoded").glob("*.mkv"))) < 4

    # less would have to come of another CRF: that is tried
    assert "skipped" not in run("run", "--set", "encoding.crf.sd=63", "--set", "output.min_reduction=0")


def test_what_is_coded_so_already_is_probed_and_left_alone(ffmpeg: Path, here: Path) -> None:
    path = here / "source" / "old.mkv"
    clips.make_clip(ffmpeg, path, frames=12, options=("-c:v", "libsvtav1", "-preset", "12"))
    assert "skipped: already AV1" in run("run")
    assert statuses()["old"]["state"] == "skipped"
    assert sorted(one["stage"] for one in json.loads(run("plan", "--json"))["tasks"]) == ["probe"]
    run("run", "--no-skip")
    assert (here / "output" / "old.mkv").is_file()


def test_the_source_itself_takes_the_place_of_what_is_skipped(ffmpeg: Path, here: Path) -> None:
    source, output = small(ffmpeg, here), here / "output" / "small.mkv"
    assert "the source itself is published" in run("run", "--set", "output.if_larger=copy-source")
    assert output.read_bytes() == source.read_bytes()
    assert "1 title skipped" in alone("run", "--set", "output.if_larger=copy-source")
    output.unlink()
    run("run", "--set", "output.if_larger=copy-source")
    assert output.read_bytes() == source.read_bytes()
    assert "as published" in run("verify")
    # it is the title's own, and may be replaced by it
    run("run", "--no-skip")
    assert output.read_bytes() != source.read_bytes()


def test_how_much_smaller_is_for_the_settings_to_say(ffmpeg: Path, here: Path) -> None:
    clips.make_clip(ffmpeg, here / "source" / "large.mkv", codec="ffv1", frames=12)
    said = run("run", "--set", "output.min_reduction=95 %")
    assert "not small enough" in said
    assert "output.min_reduction is 95 %" in said
    run("run", "--set", "output.min_reduction=10 %")
    assert (here / "output" / "large.mkv").is_file()
