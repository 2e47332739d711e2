"""`drapto score`, and an ffmpeg without the model that is asked for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

import drapto
from drapto.cli import main
from drapto.errors import DraptoError
from tests import clips

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


@pytest.fixture(scope="module")
def source(ffmpeg: Path, clip_cache: Path) -> Path:
    return clips.make_clip(ffmpeg, clip_cache / "score.mkv", frames=24, size=(640, 96))


@pytest.fixture(scope="module")
def output(ffmpeg: Path, clip_cache: Path, source: Path) -> Path:
    made = clip_cache / "scored.mkv"
    quick = ("-c:v", "libsvtav1", "-preset", "12", "-crf", "50", "-pix_fmt", "yuv420p10le")
    clips.run_ffmpeg(ffmpeg, "-i", source, *quick, made)
    return made


@pytest.fixture
def without_v1(ffmpeg: Path, tmp_path: Path) -> Path:
    """An ffmpeg that has no model of VMAF v1."""
    script = tmp_path / "older-ffmpeg"
    script.write_text(f'#!/bin/sh\ncase "$*" in *vmaf_v1*) exit 1;; esac\nexec {ffmpeg} "$@"\n')
    script.chmod(0o755)
    return script


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments], prog_name="drapto")


def test_what_is_said(source: Path, output: Path) -> None:
    said = run("score", source, output)
    assert said.exit_code == 0, said.output
    assert "VMAF         " in said.output
    assert "model        vmaf_v0.6.1, on a display that shows the whole picture at 1920x288" in said.output
    assert "frames       24 frames, all of them measured; paired by number" in said.output


def test_as_json_and_for_programs(source: Path, output: Path) -> None:
    said = run("score", source, output, "--every", "5", "--model", "v1", "--json")
    found = json.loads(said.stdout)
    assert found["scores"]["model"] == "vmaf_v1.0.16_3d0h"
    assert len(found["scores"]["values"]) == 5
    config = drapto.load_config(overrides={"quality.vmaf_model": "v1"})
    assert drapto.score(source, output, config=config, every=5).model_dump(mode="json") == found


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (["missing.mkv"], 3, "missing.mkv: does not exist"),
        (["--viewing", "phone"], 3, "quality.viewing"),
        (["--every", "0"], 3, "--every"),
        (["--crop", "900:96:0:0"], 3, "does not lie inside the 640x96 picture"),
    ],
)
def test_what_is_refused(arguments: list[str], code: int, why: str, source: Path, output: Path) -> None:
    files = [source] if arguments[0].endswith("mkv") else [source, output]
    said = run("score", *files, *arguments)
    assert said.exit_code == code, said.output
    assert why in said.output
    assert len(said.output.splitlines()) == 1


def test_an_ffmpeg_without_the_model_is_refused_before_anything_is_done(
    source: Path, output: Path, without_v1: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = ["--set", f"tools.ffmpeg={without_v1}", "--set", "quality.vmaf_model=v1"]
    for command in (["score", source, output], ["encode", source, "-o", "out"]):
        said = run(*command, *asked)
        assert said.exit_code == 3, said.output
        assert "cannot measure VMAF by the model vmaf_v1.0.16_3d0h" in said.output
        assert "imageio-ffmpeg" in said.output
    assert not (tmp_path / "work" / "score" / "probe.json").exists()
    with pytest.raises(DraptoError, match="cannot measure VMAF"):
        drapto.encode(
            [source],
            "out",
            config=drapto.load_config(overrides=dict(pair.split("=") for pair in asked[1::2])),
        )


def test_without_vmaf_a_title_is_refused_once_it_is_known_to_need_it(
    source: Path, ffmpeg: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    script = tmp_path / "bare-ffmpeg"
    script.write_text(f'#!/bin/sh\ncase "$*" in *libvmaf*) exit 1;; esac\nexec {ffmpeg} "$@"\n')
    script.chmod(0o755)
    asked = ["--set", f"tools.ffmpeg={script}", "--preset", "13"]
    said = run("encode", source, "-o", "out", *asked)
    assert said.exit_code == 4, said.output
    assert "cannot measure VMAF by the model vmaf_v0.6.1" in said.output
    assert not list(tmp_path.rglob("encoded/*.mkv"))
    assert run("encode", source, "-o", "out", *asked).exit_code == 3
    assert run("encode", source, "-o", "out", *asked, "--crf", "50").exit_code == 0
