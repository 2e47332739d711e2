"""Quality that is aimed at, as doit's users see it: what is measured, what is kept, what is paid once."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from drapto.cli import main
from drapto.engine.context import file_url
from drapto.output.model import Validation
from drapto.quality.scores import scores_of
from tests import clips
from tests.system.killing import start, survivors
from tests.system.projects import ProjectDir, new_project

if TYPE_CHECKING:
    from pathlib import Path

SEED, TIMES = 7, 4
TARGET = (
    "[encoding]\npreset = 12\nvmaf_target = {}\n[processing]\nchunk_size = 1\n[report]\nenabled = false\n"
)


def aim(project: ProjectDir, target: float, quality: str = "") -> ProjectDir:
    (project.root / "drapto.toml").write_text(f"{TARGET.format(target)}[quality]\n{quality}\n")
    return project


def records(project: ProjectDir, folder: str = "encoded", title: str = "clip") -> list[dict[str, Any]]:
    paths = sorted((project.work(title) / folder).glob("*.json"))
    return [json.loads(path.read_text()) for path in paths]


def encodes(project: ProjectDir, title: str = "clip") -> int:
    """Return how many real encodes were made, by the encoders' logs."""
    logs = (project.work(title) / "logs").glob("encode.log")
    return sum(path.read_text(errors="replace").count("preset 12 ") for path in logs)


@pytest.fixture(scope="module")
def source(ffmpeg: Path, clip_cache: Path) -> Path:
    """Four seconds that cost different bits, a keyframe every second: a strip, small on a display."""
    path = clip_cache / "target" / "clip.mkv"
    path.parent.mkdir(exist_ok=True)
    pictures = "testsrc2=s=640x64:r=12:d=2[a];mandelbrot=s=640x64:r=12:end_pts=24,trim=duration=2[b]"
    clips.run_ffmpeg(
        ffmpeg,
        *("-filter_complex", f"{pictures};[a][b]concat,noise=alls=6:all_seed=1,format=yuv420p"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-crf", "12", "-g", "12", "-sc_threshold", "0", path),
    )
    return path


@pytest.fixture(scope="module")
def finished_once(source: Path, tmp_path_factory: pytest.TempPathFactory) -> ProjectDir:
    project = aim(new_project(tmp_path_factory.mktemp("target"), source), 90)
    project.doit()
    return project


@pytest.fixture
def finished(finished_once: ProjectDir, tmp_path: Path) -> ProjectDir:
    shutil.copytree(finished_once.root, tmp_path / "project", symlinks=True)
    return ProjectDir(tmp_path / "project")


def measured_apart(ffmpeg: Path, delivered: Path, source: Path, log: Path, frames: range) -> list[float]:
    """Measure some frames of a delivered file with a plain ffmpeg, one by one."""
    part = f"trim=start_frame={frames.start}:end_frame={frames.stop}"
    shown = f"{part},scale=1920:192:flags=bicubic,settb=1/12,setpts=N"
    ticks = f"[0:v]{shown}[a];[1:v]format=yuv420p10le,{shown}[b]"
    clips.run_ffmpeg(
        ffmpeg,
        *("-i", file_url(delivered), "-i", file_url(source)),
        *("-lavfi", f"{ticks};[a][b]libvmaf=log_fmt=json:log_path={log}", "-fps_mode", "passthrough"),
        *("-f", "null", "-"),
    )
    return [frame["metrics"]["vmaf"] for frame in json.loads(log.read_text())["frames"]]


def test_every_segment_has_the_target_and_the_score_that_is_said(
    finished: ProjectDir, source: Path, ffmpeg: Path, tmp_path: Path
) -> None:
    delivered, frames = finished.root / "output" / "clip.mkv", list[float]()
    for record in records(finished):
        part = range(len(frames), len(frames) + record["frames"])
        each = measured_apart(ffmpeg, delivered, source, tmp_path / "vmaf.json", part)
        frames += each
        apart = scores_of("vmaf", each).harmonic
        assert record["scores"]["harmonic"] == pytest.approx(apart, abs=0.3)
        assert record["why"] != "target" or apart == pytest.approx(90, abs=0.95)
        assert [record["crf"], pytest.approx(record["scores"]["harmonic"], abs=0.002)] in record["tried"]
    assert len(frames) == 48
    quality = Validation.read(finished.work() / "validation.json").quality
    assert quality is not None
    assert quality.scores.harmonic == pytest.approx(scores_of("vmaf", frames).harmonic, abs=0.3)
    assert quality.worst == min(record["scores"]["harmonic"] for record in records(finished))


def test_a_second_run_has_nothing_to_do(finished: ProjectDir) -> None:
    assert finished.executed() == set()
    assert not list((finished.work() / "attempts").glob("*.mkv"))


def test_another_target_goes_on_from_what_is_known(finished: ProjectDir) -> None:
    before, paid = records(finished), encodes(finished)
    aim(finished, 90.2).doit()
    after = records(finished)
    kept = [old for old in before if abs(old["scores"]["harmonic"] - 90.2) <= 1.0]
    assert kept, "the clip does not show it"
    for old in kept:
        new = after[old["index"] - 1]
        assert (new["crf"], new["tried"]) == (old["crf"], old["tried"])
    aim(finished, 85).doit()
    lower = records(finished)
    for old, new in zip(after, lower, strict=True):
        assert new["tried"][: len(old["tried"])] == old["tried"], "what was known is forgotten"
        assert new["crf"] >= old["crf"]
    new = sum(len(now["tried"]) - len(old["tried"]) for old, now in zip(before, lower, strict=True))
    # what another target had tried and not taken is gone, but its score is known: it is only encoded
    again = sum(
        now["crf"] != old["crf"] and now["crf"] in [crf for crf, _ in old["tried"]]
        for old, now in zip(after, lower, strict=True)
    )
    assert encodes(finished) - paid == new + again


def test_an_encoded_segment_that_is_gone_is_made_again_but_not_searched_again(finished: ProjectDir) -> None:
    path = finished.work() / "encoded" / "0002.mkv"
    content, tried = path.read_bytes(), records(finished)[1]["tried"]
    path.unlink()
    paid = encodes(finished)
    assert finished.executed() == {"encode:clip:0002"}
    assert path.read_bytes() == content
    assert encodes(finished) == paid + 1
    assert records(finished)[1]["tried"] == tried


@pytest.mark.kill
@pytest.mark.parametrize("number", range(TIMES))
def test_killed_and_resumed_pays_for_no_attempt_twice(
    number: int, source: Path, finished_once: ProjectDir, tmp_path: Path
) -> None:
    project = aim(new_project(tmp_path / "p", source), 90)
    moments = random.Random(SEED + number)
    for _ in range(2):
        run = start(project)
        deadline = time.monotonic() + moments.uniform(0.6, 3.0)
        while run.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        os.killpg(run.pid, signal.SIGKILL) if run.poll() is None else None
        run.wait()
        assert survivors(project.root) == []
        known = {record["key"]: record["attempts"] for record in records(project, "attempts")}
    project.doit()
    for record in records(project, "attempts"):
        before = known.get(record["key"], [])
        assert [one["seconds"] for one in record["attempts"]][: len(before)] == [
            one["seconds"] for one in before
        ], "an attempt was paid for twice"
    whole = finished_once.work() / "video.mkv"
    assert (project.work() / "video.mkv").read_bytes() == whole.read_bytes()
    assert list(project.root.rglob("*.partial")) == []


def make_flat(ffmpeg: Path, path: Path, pictures: str) -> Path:
    clips.run_ffmpeg(ffmpeg, "-f", "lavfi", "-i", pictures, "-c:v", "libx264", "-pix_fmt", "yuv420p", path)
    return path


def test_black_still_and_short_titles(ffmpeg: Path, tmp_path: Path) -> None:
    sources = [
        make_flat(ffmpeg, tmp_path / "black.mkv", "color=black:s=160x96:r=24:d=1"),
        make_flat(ffmpeg, tmp_path / "five.mkv", "testsrc2=s=160x96:r=24:d=0.2"),
    ]
    project = aim(new_project(tmp_path / "p", *sources), 93)
    project.doit()
    (black,) = records(project, title="black")
    assert black["why"] in ("crf bound", "plateau")
    assert black["scores"]["harmonic"] > 93
    (five,) = records(project, title="five")
    assert five["frames"] == 5
    assert five["scores"]["stride"] == 1


def test_a_target_out_of_reach(source: Path, tmp_path: Path) -> None:
    project = aim(
        new_project(tmp_path / "p", source),
        90,
        'crf_min = 50\ncrf_max = 52\nmax_encodes = 2\nout_of_reach = "fail"',
    )
    output = project.doit(status=1).output
    assert "does not reach VMAF 90.0: CRF 50 gives" in output
    assert "quality.out_of_reach" in output
    assert not (project.root / "output" / "clip.mkv").exists()
    quality = "crf_min = 50\ncrf_max = 52\nmax_encodes = 2"
    assert "does not reach" in aim(project, 90, quality).doit().output
    assert {record["tier"] for record in records(project)} >= {3}
    assert (project.root / "output" / "clip.mkv").is_file()


def test_xpsnr(source: Path, tmp_path: Path) -> None:
    project = aim(new_project(tmp_path / "p", source), 93, 'metric = "xpsnr"\nxpsnr_target = 36')
    project.doit("encode")
    for record in records(project):
        assert record["scores"]["metric"] == "xpsnr"
        assert record["why"] != "target" or record["scores"]["harmonic"] == pytest.approx(36, abs=0.66)


@pytest.mark.usefixtures("ab_av1")
def test_ab_av1_as_the_engine(source: Path, tmp_path: Path) -> None:
    project = aim(new_project(tmp_path / "p", source), 90, 'engine = "ab-av1"')
    project.doit("encode")
    assert not (project.work() / "calibration.json").exists()
    for record, attempts in zip(records(project), records(project, "attempts"), strict=True):
        assert attempts["foreign"] == {"90 vmaf_v0.6.1 1920x192": record["tried"][0][0]}
        assert record["why"] != "target" or record["scores"]["harmonic"] == pytest.approx(90, abs=0.66)


def test_the_plan_says_which_quality_applies_and_why(finished: ProjectDir, monkeypatch: Any) -> None:
    monkeypatch.chdir(finished.root)
    run = CliRunner().invoke(main, ["plan", "-v"], prog_name="drapto")
    assert "clip: every segment at VMAF 90" in run.output
    run = CliRunner().invoke(main, ["plan", "-v", "--set", "quality.mode=crf"], prog_name="drapto")
    assert "clip: CRF 25 (quality.mode is crf)" in run.output
