"""Closed captions through the whole graph: each frame shows those that it had, read by the decoder itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from drapto.media.probe import examine
from tests import captioned, clips
from tests.system.projects import ProjectDir, new_project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FRAMES = 50
SOME = {number: captioned.said(number) for number in range(FRAMES) if number % 3 and not 20 < number < 30}
DVD = captioned.captions.DVD + b"\x82" + b"\xff\x94\x2c\xfe\x80\x80" * 12


@pytest.fixture(scope="module")
def finished(ffmpeg: Path, tmp_path_factory: pytest.TempPathFactory) -> ProjectDir:
    folder = tmp_path_factory.mktemp("captions")
    sources = []
    for codec in ("h264", "hevc", "mpeg2"):
        plain = clips.make_open_gop(ffmpeg, folder / f"plain-{codec}.mkv", codec, frames=FRAMES)
        captioned.add(plain, folder / f"{codec}.mkv", SOME)
        sources.append(folder / f"{codec}.mkv")
    captioned.add(folder / "plain-mpeg2.mkv", folder / "dvd.mkv", {}, dvd={0: DVD, 26: DVD})
    plain = clips.make_telecined(ffmpeg, folder / "plain-telecined.mkv", frames=60)
    every = {number: captioned.said(number, 20) for number in range(60)}
    captioned.add(plain, folder / "telecined.mkv", every)
    project = new_project(folder / "project", *sources, folder / "dvd.mkv", folder / "telecined.mkv")
    project.doit()
    return project


@pytest.mark.parametrize("name", ["h264", "hevc", "mpeg2", "dvd"])
def test_every_frame_has_its_own(finished: ProjectDir, name: str) -> None:
    given = captioned.seen(finished.root / "source" / f"{name}.mkv")
    assert sum(map(bool, given)) == (2 if name == "dvd" else len(SOME))
    assert captioned.seen(finished.root / "output" / f"{name}.mkv") == given
    checks = json.loads((finished.work(name) / "validation.json").read_text())["checks"]
    assert "video captions" in {check["name"] for check in checks}


def test_film_out_of_telecined_video_keeps_all_of_them(finished: ProjectDir) -> None:
    given = captioned.seen(finished.root / "source" / "telecined.mkv")
    found = captioned.seen(finished.root / "output" / "telecined.mkv")
    assert (len(given), len(found)) == (60, 48)
    assert b"".join(found) == b"".join(given)
    assert len(b"".join(given)) == 60 * 20 * 3


@pytest.mark.media
def test_the_captions_of_a_real_clip(ffmpeg: Path, cases: Callable[[str], Path], tmp_path: Path) -> None:
    whole = cases("cea608_708_in_h264.mkv")
    source = tmp_path / "clip.mkv"
    clips.run_ffmpeg(ffmpeg, "-i", whole, "-t", "0.4", "-map", "0", "-c", "copy", source)
    project = new_project(tmp_path / "project", source)
    project.doit()
    given = captioned.seen(source)
    assert len(given) > 5
    assert all(given)
    assert captioned.seen(project.root / "output" / "clip.mkv") == given


@pytest.mark.media
def test_every_frame_of_a_real_clip_is_read(cases: Callable[[str], Path]) -> None:
    source = cases("cea608_708_in_h264.mkv")
    found = [frame.captions or b"" for frame in examine(source).dynamic]
    assert len(found) == 599
    assert found[:60] == captioned.seen(source, 60)
    assert all(found)


def test_captions_without_a_frame_go_to_the_one_before(ffmpeg: Path, tmp_path: Path) -> None:
    plain = clips.make_clip(ffmpeg, tmp_path / "plain.mkv", frames=12, size=(64, 64), bframes=0)
    given = {number: captioned.said(number) for number in range(12)}
    captioned.add(plain, tmp_path / "clip.mkv", given, bare={5})
    found = [frame.captions for frame in examine(tmp_path / "clip.mkv", frame_index="decode").dynamic]
    assert len(found) == 11
    assert found[4] == given[4] + given[5]
    assert [*found[:4], *found[5:]] == [*(given[number] for number in (0, 1, 2, 3, 6, 7, 8, 9, 10, 11))]
