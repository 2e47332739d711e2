"""What is asked of ab-av1, what it answers, and what it is given to run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from drapto.encoding.abav1 import TIERS, Attempt, SampleTier, SearchSettings, find_ab_av1, search
from drapto.encoding.abav1 import ffprobe as probing
from drapto.encoding.abav1.crf_search import encode_options
from drapto.encoding.abav1.messages import Best, GaveUp, read
from drapto.encoding.abav1.programs import write_programs
from drapto.engine import process
from drapto.errors import ToolFailedError, ToolMissingError
from tests import clips

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.engine.context import StageContext

SETTINGS = SearchSettings(
    preset=6,
    svt_params="tune=0:film-grain=8:film-grain-denoise=1:sharpness=1",
    pix_fmt="yuv420p10le",
    target=93,
    lowest=12.5,
    highest=50,
    filters="crop=640:272:0:44",
)

ASKED = """
    --encoder libsvtav1 --preset 6 --pix-format yuv420p10le --keyint 10s
    --svt tune=0 --svt sharpness=1 --svt lp=2 --enc-input threads=2
    --vfilter crop=640:272:0:44
    --min-vmaf 93 --vmaf-scale none
    --vmaf model=version=vmaf_v0.6.1 --vmaf pool=harmonic_mean --vmaf n_threads=2
    --samples 3 --sample-duration 1000ms
    --min-crf 12.5 --max-crf 50 --crf-increment 0.25 --max-encoded-percent 1000000 --cache false
"""


def pretender(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def options(settings: SearchSettings = SETTINGS, tier: SampleTier = TIERS[0], threads: int = 2) -> list[str]:
    return encode_options(settings, tier, threads=threads)


def value(asked: list[str], option: str) -> str:
    return asked[asked.index(option) + 1]


def test_everything_that_it_is_asked() -> None:
    assert options() == ASKED.split()


def test_the_tiers_sample_more_then_want_less() -> None:
    asked = [options(tier=tier) for tier in TIERS]
    assert [value(one, "--samples") for one in asked] == ["3", "6", "6"]
    assert [value(one, "--sample-duration") for one in asked] == ["1000ms", "2000ms", "2000ms"]
    assert [value(one, "--min-vmaf") for one in asked] == ["93", "93", "91"]


def test_what_is_not_set_is_not_passed_on() -> None:
    bare = options(SearchSettings(6, "", "yuv420p10le", 92.5, 5, 63))
    assert "--vfilter" not in bare
    assert bare.count("--svt") == 1
    assert value(bare, "--min-vmaf") == "92.5"


def test_scene_cuts_are_an_option_of_its_own() -> None:
    asked = options(SearchSettings(6, "scd=1:tune=0", "yuv420p10le", 93, 5, 63))
    assert value(asked, "--scd") == "true"
    assert "scd=1" not in asked
    assert "--scd" not in options(SearchSettings(6, "scd=0", "yuv420p10le", 93, 5, 63))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            '{"crf":37.5,"from_cache":false,"predicted_encode_size":19,"type":"sample-encode-done","vmaf":90.25}',
            Attempt(37.5, 90.25),
        ),
        ('{"crf":29.75,"type":"crf-search-done","vmaf":95.5}', Best(29.75, 95.5)),
        ('{"message":"none fits","type":"crf-search-error"}', GaveUp("none fits")),
        ('{"type":"something-new"}', None),
    ],
)
def test_what_it_says(line: str, said: object) -> None:
    assert read(line) == said


@pytest.mark.parametrize(
    "text", ["crf 30 VMAF 95.0", "[]", '{"crf": 30}', '{"type": "crf-search-done", "crf": 30}']
)
def test_what_cannot_be_understood_is_an_error_that_names_the_file(
    text: str, context: StageContext, tmp_path: Path
) -> None:
    tool = find_ab_av1(pretender(tmp_path / "ab-av1", f"echo ab-av1 0.12.0; echo '{text}'"), {})
    with pytest.raises(ToolFailedError, match=r"0007\.mkv: ab-av1 said what was not expected \(ab-av1 0"):
        search(
            tool,
            tmp_path / "0007.mkv",
            SETTINGS,
            tier=TIERS[0],
            threads=1,
            scratch=tmp_path / "scratch",
            context=context,
            log="search",
        )
    assert not (tmp_path / "scratch").exists()


@pytest.mark.parametrize("version", ["0.11.5", "0.11.7", "0.12.0", "1.0.0-beta"])
def test_versions_that_will_do(version: str, tmp_path: Path) -> None:
    program = pretender(tmp_path / "ab-av1", f"echo ab-av1 {version}")
    found = find_ab_av1(program, {})
    assert (found.program, found.origin, found.version) == (program, "config", version)


@pytest.mark.parametrize("version", ["0.11.4", "0.10.99", "0.7.0"])
def test_versions_too_old(version: str, tmp_path: Path) -> None:
    program = pretender(tmp_path / "ab-av1", f"echo ab-av1 {version}")
    with pytest.raises(
        ToolMissingError, match=r"older than 0\.11\.5.*cargo install ab-av1 --locked"
    ) as caught:
        find_ab_av1(program, {})
    assert version in str(caught.value)
    assert caught.value.path == str(program)


@pytest.mark.parametrize("text", ["echo hello", "exit 3"])
def test_a_program_that_is_another(text: str, tmp_path: Path) -> None:
    with pytest.raises(ToolMissingError, match=r"ab-av1: does not .*cargo install ab-av1 --locked"):
        find_ab_av1(pretender(tmp_path / "ab-av1", text), {})


def test_where_it_is_looked_for(tmp_path: Path) -> None:
    one, two, three = (pretender(tmp_path / name / "ab-av1", "echo ab-av1 0.11.7") for name in "abc")
    cargo = pretender(tmp_path / "home" / ".cargo" / "bin" / "ab-av1", "echo ab-av1 0.11.7")
    environ = {"DRAPTO_AB_AV1": str(two), "PATH": str(three.parent), "HOME": str(tmp_path / "home")}
    assert find_ab_av1(one, environ).program == one
    assert find_ab_av1(None, environ).program == two
    assert find_ab_av1(two, environ).origin == "environment"  # the settings have it from there
    assert find_ab_av1(None, environ | {"DRAPTO_AB_AV1": ""}).program == three
    assert find_ab_av1(None, environ | {"DRAPTO_AB_AV1": "ab-av1"}).program == three
    assert find_ab_av1(None, environ | {"DRAPTO_AB_AV1": "", "PATH": "/no"}).program == cargo
    other = {"PATH": "/no", "HOME": "/no", "CARGO_HOME": str(tmp_path / "home" / ".cargo")}
    assert find_ab_av1(None, other).origin == "cargo"


def test_none_at_all_says_how_to_get_it() -> None:
    with pytest.raises(
        ToolMissingError, match=r"^no ab-av1 was found; get it with `cargo install ab-av1 --locked`$"
    ):
        find_ab_av1(None, {"PATH": "/no", "HOME": "/no"})


def test_a_wish_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(
        ToolMissingError, match="/no/ab-av1: is not a program that can be run; correct its path"
    ):
        find_ab_av1(tmp_path / "/no/ab-av1", {})
    with pytest.raises(ToolMissingError, match=r"/no/ab-av1: .*correct or unset DRAPTO_AB_AV1"):
        find_ab_av1(None, {"DRAPTO_AB_AV1": "/no/ab-av1"})


@pytest.fixture
def programs(ffmpeg: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "it's a folder: %"
    write_programs(
        folder, pretender(tmp_path / "real", "ffmpeg -version; command -v ffmpeg; command -v ffprobe"), ffmpeg
    )
    return folder


def test_what_it_runs_as_ffmpeg_is_ours(programs: Path, ffmpeg: Path) -> None:
    said = process.run([programs / "ab-av1"]).stdout.decode()
    version = subprocess.run([ffmpeg, "-version"], capture_output=True, check=True, text=True).stdout
    assert said == f"{version}./ffmpeg\n./ffprobe\n"


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's death signal is Linux's")
def test_nothing_starts_once_its_parent_has_died(programs: Path) -> None:
    command = [programs / "ffmpeg", "-version"]
    done = subprocess.run(command, capture_output=True, check=False, process_group=0)
    assert done.returncode == 1
    assert b"its parent has died" in done.stderr


def test_a_file_system_from_which_nothing_runs(
    ffmpeg: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a mount needs rights that a test does not have; this is what the kernel then says
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(ToolMissingError, match=r"no program can be run from here.*noexec"):
        write_programs(tmp_path, ffmpeg, ffmpeg)


def test_what_ffprobe_answers(ffmpeg: Path, clip_cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip = clips.make_tracks(ffmpeg, clip_cache / "tracks.mkv")
    assert probing.main([*probing.ASKED, str(clip)]) is None
    said = json.loads(capsys.readouterr().out)
    video, stereo, surround = said["streams"][:3]
    assert said["format"]["duration"].startswith("2.")
    assert said["format"]["nb_streams"] == len(said["streams"]) > 5
    assert (video["codec_type"], video["width"], video["height"]) == ("video", 320, 180)
    assert (video["pix_fmt"], video["avg_frame_rate"], video["r_frame_rate"]) == ("yuv420p", "24/1", "24/1")
    assert (stereo["channels"], surround["channels"]) == (2, 6)
    assert (stereo["disposition"]["default"], surround["disposition"]["default"]) == (1, 0)


def test_what_ffprobe_does_not_answer(tmp_path: Path) -> None:
    assert "answers only to -v quiet" in (probing.main(["-version"]) or "")
    assert "answers only to" in (probing.main([]) or "")
    assert "No such file" in (probing.main([*probing.ASKED, str(tmp_path / "none.mkv")]) or "")


def test_ffprobe_is_run_from_where_it_lies(programs: Path, ffmpeg: Path, clip_cache: Path) -> None:
    clip = clips.make_clip(ffmpeg, clip_cache / "plain.mkv")
    command = [programs / "ffprobe", *probing.ASKED, clip]
    done = subprocess.run(command, capture_output=True, check=True, cwd="/")
    assert json.loads(done.stdout)["format"]["filename"] == str(clip)
    assert subprocess.run(command[:-1], capture_output=True, check=False).returncode == 1
