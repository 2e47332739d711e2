"""`drapto crop`: what it says, and the picture that it draws."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import av
import pytest
from click.testing import CliRunner

from drapto.cli import main
from tests import clips
from tests.clips import Bars

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def clip(ffmpeg: Path, clip_cache: Path) -> Path:
    return clips.make_clip(ffmpeg, clip_cache / "it's [50%].mkv", bars=Bars(top=22, bottom=22), frames=72)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["crop", *map(str, arguments)], prog_name="drapto")


def pixels(path: Path) -> tuple[int, int, bytes]:
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0)).reformat(format="rgb24")
        plane = frame.planes[0]
        rows = [
            bytes(plane)[y * plane.line_size : y * plane.line_size + 3 * frame.width]
            for y in range(frame.height)
        ]
        return frame.width, frame.height, b"".join(rows)


def test_the_crop_is_said_and_drawn(here: Path, clip: Path) -> None:
    done = run(clip)
    assert done.exit_code == 0, done.output
    assert "320:136:0:22 (75.6 % of the picture; bars in" in done.output
    assert "top          22 px cut, 22 black in" in done.output
    preview = here / "it's [50%].crop.png"
    assert done.output.endswith(f"preview      {preview.name}\n")
    width, height, data = pixels(preview)
    # three frames of 480x270 and four gaps of 6 pixels each way
    assert (width, height) == (3 * 480 + 24, 3 * 270 + 24)

    def at(x: int, y: int) -> tuple[int, int, int]:
        start = 3 * (y * width + x)
        return data[start], data[start + 1], data[start + 2]

    for column in range(3):
        for row in range(3):
            red, green, blue = at(6 + column * 486 + 240, 6 + row * 276 + 10)
            assert (red > 80, max(green, blue) < 40) == (True, True), "the bar is red"
    first = preview.read_bytes()
    assert run(clip).exit_code == 0
    assert preview.read_bytes() == first
    assert list(here.iterdir()) == [preview], "nothing else is left behind"


def test_as_json_and_elsewhere(here: Path, clip: Path) -> None:
    done = run(clip, "--json", "-o", "there/preview.png", "--set", "crop.rect=200:100:20:40")
    shown = json.loads(done.stdout)
    assert (shown["rect"]["width"], shown["method"]) == (200, "manual")
    assert len(shown["shown"]) == 9
    assert (here / "there" / "preview.png").is_file()


def test_without_a_preview(here: Path, clip: Path) -> None:
    done = run(clip, "--no-preview")
    assert done.exit_code == 0
    assert "preview" not in done.output
    assert not list(here.iterdir())


def test_what_is_no_file_is_refused(here: Path) -> None:
    done = run(here / "gone.mkv")
    assert done.exit_code == 3
    assert "gone.mkv: does not exist; check the name" in done.stderr
