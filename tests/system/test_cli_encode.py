"""The main job through the command line and the public functions: encode, plan, status, clean."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

import drapto
from drapto.cli import main
from tests import clips

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

FAST = ("--preset", "13", "--set", "processing.chunk_size=1", "--crf", "50")
STAGES = ["probe", "crop", "fields", "segment", "encode", "video", "audio", "subtitles", "elements", "mux"]
STAGES += ["validate", "report"]


@pytest.fixture(scope="module")
def clip(ffmpeg: Path, clip_cache: Path) -> Path:
    return clips.make_tracks(ffmpeg, clip_cache / "cli-encode.mkv")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments], prog_name="drapto")


def plan(*arguments: str | Path) -> dict[str, list[dict[str, Any]]]:
    """Return the planned tasks that would run, by stage."""
    done = run("plan", *arguments, "-o", "out", "--json")
    assert done.exit_code == 0, done.output
    stages: dict[str, list[dict[str, Any]]] = {}
    for task in json.loads(done.stdout)["tasks"]:
        if task["action"] == "run":
            stages.setdefault(task["stage"], []).append(task)
    return stages


def settings(*pairs: str) -> list[str]:
    return [part for pair in pairs for part in ("--set", pair)]


QUICK = settings(
    "encoding.preset=13",
    "processing.chunk_size=1",
    "quality.mode=crf",
    *(f"encoding.crf.{size}=50" for size in ("sd", "hd", "uhd")),
)


def test_plan_takes_what_encode_is_asked_for(here: Path, clip: Path) -> None:
    """And a figure that is asked for holds whatever the project's file has."""
    assert run("encode", clip, "-o", "out", *FAST).exit_code == 0  # what the source is is known then
    (here / "drapto.toml").write_text('[quality]\nmode = "crf"\nmetric = "xpsnr"\n[encoding.crf]\nsd = 30\n')

    def said(*asked: str) -> str:
        done = run("plan", clip, "-o", "out", "--json", *asked)
        assert done.exit_code == 0, done.output
        return str(json.loads(done.stdout)["qualities"][clip.stem])

    assert said() == "CRF 30 (quality.mode is crf)"
    assert said("--crf", "41") == "CRF 41 (quality.mode is crf)"
    assert said("--vmaf", "90").startswith("every segment at VMAF 90 ")
    assert "XPSNR" in said("--vmaf", "90", "--set", "quality.metric=xpsnr"), "--set wins"
    assert run("plan", clip, "--vmaf", "90", "--crf", "20").exit_code == 3
    assert run("plan", clip, "--range", "9:00-8:00").exit_code == 3


def test_a_title_from_plan_to_clean(here: Path, clip: Path) -> None:
    film = here / "My Film.mkv"
    shutil.copy(clip, film)
    source = film.read_bytes()

    assert plan(film, *QUICK)["probe"][0]["reasons"][0]["kind"] == "first run"
    waiting = json.loads(run("status", film, "-o", "out", *QUICK, "--json").stdout)["titles"][0]
    assert (waiting["title"], waiting["state"], waiting["output_bytes"]) == ("My-Film", "todo", None)

    done = run("encode", film, "-o", "out", *FAST)
    assert done.exit_code == 0, done.output
    output = here / "out" / "My Film.mkv"
    finished = output.read_bytes()

    assert plan(film, *QUICK) == {}
    status = json.loads(run("status", film, "-o", "out", *QUICK, "--json").stdout)["titles"][0]
    assert status["state"] == "done"
    assert status["output_bytes"] == len(finished)
    assert {stage["name"] for stage in status["stages"]} == set(STAGES)
    assert all(stage["state"] == "done" for stage in status["stages"])
    assert (status["segments"]["progress"], status["segments"]["failed"]) == (100, 0)
    assert status["segments"]["completed"] == status["segments"]["total"]
    text = run("status", film, "-o", "out", *QUICK).stdout
    assert text.startswith("✓ My Film: done\n    /")
    assert str(output) in text

    # one setting: what reads it, and why
    changed = plan(film, *QUICK, *settings("audio.bitrate.stereo=96", "audio.bitrate.mono=48"))
    assert set(changed) == {"audio", "mux", "validate", "report"}
    reasons = [reason for task in changed["audio"] for reason in task["reasons"]]
    assert {reason["kind"] for reason in reasons} == {"changed"}
    assert any("->" in reason["detail"] for reason in reasons)

    removed = run("clean", film, "-o", "out", *QUICK)
    assert removed.exit_code == 0, removed.output
    assert "video.mkv" in removed.stdout
    assert not list((here / "work").rglob("*.mkv"))
    assert plan(film, *QUICK) == {}
    assert run("clean", film, "-o", "out", *QUICK).stdout == "nothing to remove\n"

    assert run("clean", "--all", film, "-o", "out", *QUICK).exit_code == 0
    assert not (here / "work" / "My-Film").exists()
    assert plan(film, *QUICK)["probe"][0]["reasons"][0]["kind"] == "first run"
    assert (film.read_bytes(), output.read_bytes()) == (source, finished)


def test_a_second_run_does_nothing_and_force_does_everything(here: Path, clip: Path) -> None:
    arguments = ("encode", clip, "-o", "out", "--work-dir", "scratch", *FAST)
    assert run(*arguments).exit_code == 0
    video = here / "scratch" / clip.stem / "video.mkv"
    before = video.stat().st_mtime_ns
    assert run(*arguments).exit_code == 0
    assert video.stat().st_mtime_ns == before
    assert run(*arguments, "--force").exit_code == 0
    assert video.stat().st_mtime_ns > before
    assert not (here / "work").exists()


def test_one_bad_title_does_not_stop_the_others(here: Path, clip: Path) -> None:
    films = here / "films"
    films.mkdir()
    shutil.copy(clip, films / "good.mkv")
    (films / "bad.mkv").write_bytes(b"")
    done = run("encode", "films", "-o", "out", *FAST)
    assert done.exit_code == 1, done.output
    assert "bad.mkv" in done.output
    assert "Traceback" not in done.output
    assert [path.name for path in (here / "out").iterdir()] == ["good.mkv"]


def test_the_public_functions(here: Path, clip: Path) -> None:
    bad = here / "bad.mkv"
    bad.write_text("not Matroska")
    config = drapto.load_config(environ={}, overrides=[pair for pair in QUICK if pair != "--set"])
    events: list[drapto.Event] = []
    results = drapto.encode(
        [clip, bad], "out", config=config, work_dir="scratch", jobs=2, on_event=events.append
    )
    good, refused = results
    assert (good.ok, good.errors, good.source, good.title) == (True, (), clip, clip.stem)
    assert good.output == here / "out" / clip.name
    assert good.output.stat().st_size > 0
    assert not refused.ok
    assert len(refused.errors) == 1
    assert str(bad) in refused.errors[0]
    assert not refused.output.exists()

    names = [event.name for event in events if event.title == good.title]
    wanted = [
        "file_discovered",
        "analysis_started",
        "analysis_complete",
        "encoding_started",
        "segment_complete",
        "encoding_complete",
    ]
    assert [name for name in dict.fromkeys(names) if name in wanted] == wanted
    assert any(isinstance(event, drapto.ErrorEvent) and event.title == refused.title for event in events)

    info = drapto.probe(good.output)
    assert info.video.codec == "av1"
    assert info.video.frames == drapto.probe(clip).video.frames

    heard = len(events)
    assert drapto.encode([clip], "out", config=config, work_dir="scratch")[0].ok
    assert len(events) == heard, "the subscription has ended"


def test_programs_are_refused_as_people_are(here: Path) -> None:
    with pytest.raises(drapto.DraptoError, match=r"no\.mkv: does not exist"):
        drapto.encode([here / "no.mkv"], "out", config=drapto.Config())
    (here / "a.mkv").write_bytes(b"x")
    config = drapto.load_config(environ={"DRAPTO_FFMPEG": "/no/ffmpeg"})
    with pytest.raises(drapto.DraptoError, match="/no/ffmpeg: is not a program that can be run"):
        drapto.encode([here / "a.mkv"], "out", config=config)


def test_an_interrupt_ends_it_with_130_and_it_can_go_on(here: Path, ffmpeg: Path) -> None:
    film = clips.make_clip(ffmpeg, here / "long.mkv", codec="h264", frames=600)
    command = [sys.executable, "-m", "drapto", "encode", str(film), "-o", "out", "--preset", "6", "-n", "2"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    progress = here / "work" / "long" / "encode_data" / "progress.json"
    deadline = time.monotonic() + 60
    while not progress.exists() and running.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    text, _ = running.communicate(timeout=60)
    assert running.returncode == 130, text
    assert "Traceback" not in text
    assert text.endswith(f"error: interrupted; to resume: drapto encode {film} -o out --preset 6 -n 2\n")
    assert not (here / "out").exists() or not list((here / "out").iterdir())
    done = run("encode", film, "-o", "out", "--preset", "13")
    assert done.exit_code == 0, done.output
