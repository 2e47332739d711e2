"""`drapto sample`: three scenes, and what they tell of the whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import av
import pytest
from click.testing import CliRunner

from drapto.cli import main
from tests import clips

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def film(ffmpeg: Path, clip_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return clips.make_clip(ffmpeg, clip_cache / "sampled.mkv", frames=144, bars=clips.Bars(top=20, bottom=20))


def test_it_predicts_and_draws_and_leaves_nothing_else(film: Path, tmp_path: Path) -> None:
    command = ["sample", str(film), "--crf", "40", "--preset", "13", "--json"]
    done = CliRunner().invoke(main, command, prog_name="drapto")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert [scene["crf"] for scene in found["scenes"]] == [40, 40, 40]
    assert all(scene["frames"] >= 24 for scene in found["scenes"])
    assert all(scene["metric"] == "vmaf" and 0 < scene["score"] <= 100 for scene in found["scenes"])
    assert 0 < found["smallest"] <= found["bytes"] <= found["largest"]
    assert found["seconds"] > 0

    assert sorted(path.name for path in tmp_path.iterdir()) == [f"sampled.sample-{n}.png" for n in (1, 2, 3)]
    with av.open(str(tmp_path / "sampled.sample-2.png")) as picture:
        assert (picture.streams.video[0].width, picture.streams.video[0].height) == (640, 140)


def test_what_is_no_film_is_refused(film: Path) -> None:
    del film
    done = CliRunner().invoke(main, ["sample", "no.mkv"], prog_name="drapto")
    assert done.exit_code == 3
    assert "does not exist" in done.output
