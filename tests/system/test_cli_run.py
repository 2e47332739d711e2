"""`drapto run` in a project, and the events that it tells to other programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import av
import pytest
from click.testing import CliRunner

from drapto.about import VERSION
from drapto.cli import main
from drapto.state.event_records import schema
from tests import clips
from tests.valid import require_valid

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

SETTINGS = '[encoding]\npreset = 13\n[quality]\nmode = "crf"\n'


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["run", *(str(one) for one in arguments)], prog_name="drapto")


@pytest.fixture
def project(ffmpeg: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "source").mkdir()
    (tmp_path / "drapto.toml").write_text(SETTINGS)
    clips.make_clip(ffmpeg, tmp_path / "source" / "Good Film (1).mkv", frames=12, size=(128, 96))
    (tmp_path / "source" / "bad.mkv").write_bytes(b"this is no film" * 100)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(path: Path) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    require_valid(lines, schema())
    return lines


def test_one_title_then_all_and_every_event_is_told(project: Path) -> None:
    log = project / "events.ndjson"
    one = run("Good Film (1)", "--events", log)
    assert one.exit_code == 0, one.output
    assert (project / "output" / "Good Film (1).mkv").is_file()
    with av.open(str(project / "output" / "Good Film (1).mkv")) as made:
        said = made.streams.video[0].metadata
    assert said["ENCODER"].startswith(f"drapto {VERSION}, SVT-AV1 v")
    assert said["ENCODER_SETTINGS"].startswith("preset=13 / crf=25 / film-grain-denoise=0")
    told = read(log)
    assert {line["title"] for line in told if line["event"] == "stage_complete"} == {"Good-Film-1"}
    assert told[-1]["event"] == "run_ended"
    assert told[-1]["exit_code"] == 0

    rest = run("--events", "-")
    assert rest.exit_code == 1
    require_valid(map(json.loads, rest.stdout.splitlines()), schema())
    assert [json.loads(line)["event"] for line in rest.stdout.splitlines()].count("error") == 1

    again = run("--events", log)  # appended
    assert again.exit_code == 1
    assert [line["event"] for line in read(log)].count("run_started") == 2


def test_quality_is_asked_for_as_with_encode_and_plan(project: Path) -> None:
    (project / "source" / "bad.mkv").unlink()
    assert run("--crf", "40", "--preset", "12").exit_code == 0
    with av.open(str(project / "output" / "Good Film (1).mkv")) as made:
        assert made.streams.video[0].metadata["ENCODER_SETTINGS"].startswith("preset=12 / crf=40")
    both = run("--crf", "40", "--vmaf", "90")
    assert both.exit_code == 3
    assert "--crf and --vmaf exclude each other" in both.output


def test_a_step_alone_is_done_with_what_it_needs(project: Path) -> None:
    (project / "source" / "bad.mkv").unlink()
    clips.make_tracks(clips.find_ffmpeg(), project / "source" / "Tracks: 2.mkv", frames=24)
    work = project / "work" / "Tracks-2"

    def sound() -> list[str]:
        return sorted(path.name for path in work.glob("audio-*.mkv"))

    assert run("audio:Tracks: 2:1").exit_code == 0
    assert sound() == ["audio-1.mkv"]
    assert run("audio:Tracks: 2").exit_code == 0
    assert sound() == ["audio-0.mkv", "audio-1.mkv", "audio-2.mkv"]
    assert not (work / "encoded").exists()
    assert run("crop").exit_code == 0
    assert (project / "work" / "Good-Film-1" / "crop.json").is_file()
    refused = run("audio:Trakcs-2")
    assert refused.exit_code == 3
    assert "did you mean 'Tracks: 2'?" in refused.output
    assert "there is no title or step 'audoi'; did you mean 'audio'?" in run("audoi").output
    assert "did you mean 'audio:Tracks: 2'?" in run("audoi:Tracks: 2").output
