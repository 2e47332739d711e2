"""Which ffmpeg, and what it can do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from drapto import tools
from drapto.engine.vitals import Limits
from drapto.errors import ToolMissingError


def script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_the_bundled_one_can_do_everything() -> None:
    found = tools.find_tools(environ={})
    assert found.origin == "bundled"
    assert found.missing == ()
    assert found.lacking == ()
    assert {"libsvtav1", "libopus"} <= found.encoders
    assert tools.require(found) is found


def test_config_before_environment_before_the_bundled_one(ffmpeg: Path) -> None:
    environ = {"DRAPTO_FFMPEG": str(ffmpeg)}
    assert tools.locate(ffmpeg, {"DRAPTO_FFMPEG": "/another"}) == (ffmpeg, "config")
    # the settings have it from the environment
    assert tools.locate(ffmpeg, environ) == (ffmpeg, "environment")
    assert tools.locate(None, environ) == (ffmpeg, "environment")
    assert tools.locate(None, {"DRAPTO_FFMPEG": ""})[1] == "bundled"


@pytest.mark.parametrize(
    ("configured", "environ", "remedy"),
    [
        (Path("/no/ffmpeg"), {}, "correct tools.ffmpeg"),
        (None, {"DRAPTO_FFMPEG": "/no/ffmpeg"}, "unset DRAPTO_FFMPEG"),
    ],
)
def test_a_wish_that_is_not_there(configured: Path | None, environ: dict[str, str], remedy: str) -> None:
    with pytest.raises(ToolMissingError, match=f"/no/ffmpeg: is not a program.*{remedy}"):
        tools.locate(configured, environ)


def test_an_ffmpeg_that_lacks_an_encoder_and_a_filter(tmp_path: Path) -> None:
    filters = " ".join(name for name in tools.NEEDED_FILTERS if name != "pan")
    text = f"""case "$*" in
    *-version*) echo 'ffmpeg version 5.1 Copyright';;
    *-encoders*) echo ' V..... libx264   x'; echo ' A..... libopus   x';;
    *-filters*) for name in {filters}; do echo " .. $name V->V x"; done;;
    esac"""
    found = tools.find_tools(script(tmp_path / "ffmpeg", text))
    assert found.version == "5.1"
    assert found.missing == ("libsvtav1", "pan")
    assert found.lacking == ("libvmaf", "xpsnr")
    with pytest.raises(ToolMissingError, match=r"this ffmpeg \(5\.1\) lacks libsvtav1, pan; install"):
        tools.require(found)


@pytest.mark.parametrize("text", ["exit 1", "echo hello"])
def test_a_program_that_is_no_ffmpeg(text: str, tmp_path: Path) -> None:
    with pytest.raises(ToolMissingError, match=r"tool: does not"):
        tools.find_tools(script(tmp_path / "tool", text))


def test_an_ffmpeg_that_does_not_answer_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\nsleep 60\n")
    program.chmod(0o755)
    monkeypatch.setattr(tools, "INSTANT", Limits(seconds=0.4))
    with pytest.raises(ToolMissingError, match=r"ffmpeg did not answer within 0\.4 s"):
        tools.find_tools(program, {})


def test_no_other_ffmpeg_is_taken_for_one_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in (("mine", "exit 1"), ("ffmpeg", "echo ffmpeg version 9.9")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "mine"))
    assert tools.locate(None, {}) == (tmp_path / "mine", "bundled")
    with pytest.raises(ToolMissingError, match="does not work as an ffmpeg"):
        tools.find_tools(None, {})
    (tmp_path / "mine").chmod(0o644)
    with pytest.raises(ToolMissingError, match="is not a program that can be run"):
        tools.locate(None, {})
