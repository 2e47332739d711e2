"""An HDR title with a target, and another figure than the harmonic mean: what users see of both."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from drapto.cli import main
from drapto.output.model import Validation
from tests import clips
from tests.system.projects import ProjectDir, new_project

if TYPE_CHECKING:
    from pathlib import Path

# as wide as a display, so that nothing is scaled, which would take longest
SIZE = "1920x96"

SETTINGS = '[encoding]\npreset = 12\nvmaf_target = 88\n[quality]\nstatistic = "p5"\nmode = "target"\n'


def make(ffmpeg: Path, path: Path, transfer: str) -> Path:
    """Make half a second of a bright picture in a transfer for HDR."""
    colours = f"range=tv:color_primaries=bt2020:color_trc={transfer}:colorspace=bt2020nc"
    picture = f"testsrc2=s={SIZE}:r=24,noise=alls=6:all_seed=1,format=yuv420p10le"
    dimmed = f"lutyuv=y='64+(val-64)*0.7',setparams={colours}"
    clips.run_ffmpeg(
        ffmpeg,
        *("-f", "lavfi", "-i", f"{picture},{dimmed}", "-frames:v", "14", "-c:v", "libx265"),
        *("-preset", "ultrafast", "-crf", "12", "-x265-params", "log-level=none:pools=none", path),
    )
    return path


@pytest.mark.parametrize(("transfer", "light"), [("smpte2084", "pq"), ("arib-std-b67", "hlg")])
def test_an_hdr_title_meets_its_target(
    transfer: str, light: str, ffmpeg: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    source = make(ffmpeg, tmp_path / "clip.mkv", transfer)
    project: ProjectDir = new_project(tmp_path / "p", source)
    (project.root / "drapto.toml").write_text(SETTINGS)
    project.doit()
    record = json.loads((project.work() / "encoded" / "0001.json").read_text())
    assert (record["scores"]["light"], record["statistic"]) == (f"pu21-{light}", "p5")
    assert record["why"] != "target" or record["scores"]["p5"] == pytest.approx(88, abs=1.01)
    assert [record["crf"], record["scores"]["p5"]] in record["tried"]
    quality = Validation.read(project.work() / "validation.json").quality
    assert quality is not None
    assert (quality.scores.light, quality.statistic) == (f"pu21-{light}", "p5")
    assert quality.worst == record["scores"]["p5"]
    monkeypatch.chdir(project.root)
    plan = CliRunner().invoke(main, ["plan", "-v"], prog_name="drapto").output
    assert f"shown at 1920x96, PU21 of {light.upper()}), its 5th percentile" in plan
    assert project.executed() == set()
