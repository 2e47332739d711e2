"""`decoding.hardware` on a machine that has none: a title is encoded all the same, and says so."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from drapto.cli import main
from drapto.engine.hwaccel import HERE
from tests import clips
from tests.system.projects import new_project

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(HERE.has("vaapi"), reason="this machine has a render node")


@pytest.mark.parametrize("targeted", [False, True])
def test_a_title_is_encoded_with_one_note_and_stays_up_to_date(
    ffmpeg: Path, clip_cache: Path, tmp_path: Path, targeted: bool
) -> None:
    source = clips.make_clip(ffmpeg, clip_cache / "clip.mkv", size=(128, 96), frames=72)
    project = new_project(tmp_path / "project", source)
    configure = project.target if targeted else project.configure
    target = "[quality]\nout_of_reach = 'closest'\nmax_encodes = 1\n" if targeted else ""
    configure(f"{target}[decoding]\nhardware = 'vaapi'\n")
    done = project.doit()
    lines = [line for line in done.output.splitlines() if "decoded by ffmpeg itself" in line]
    assert len(lines) == 1
    assert "decoding.hardware is vaapi" in lines[0]
    log = "".join(path.read_text() for path in (project.work() / "logs").glob("encode.log"))
    assert "Device creation failed" in log or "failed to load library" in log
    assert len(list((project.work() / "encoded").glob("*.mkv"))) == 3
    configure(target)
    assert project.executed() == set()


def test_doctor_says_what_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def doctor(asked: str) -> dict[str, str]:
        environ = os.environ | {"DRAPTO_HWACCEL": asked}
        done = CliRunner().invoke(main, ["doctor", "--json"], prog_name="drapto", env=environ)
        assert done.exit_code == 0, done.output
        checks = json.loads(done.stdout)["checks"]
        return next(check for check in checks if check["name"] == "hardware decoding")

    assert doctor("off")["state"] == doctor("auto")["state"] == "ok"
    assert doctor("auto")["found"].endswith("(decoding.hardware is auto)")
    named = doctor("vaapi")
    assert named["state"] == "warning"
    assert "vaapi" in named["remedy"]
