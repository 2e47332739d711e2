"""Interlaced and telecined titles from end to end."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from drapto.media.fields.idet import look
from drapto.media.fields.model import FieldsInfo
from drapto.media.probe import inspect
from tests import clips
from tests.system.projects import ProjectDir, new_project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drapto.engine.context import StageContext
    from drapto.media.model import VideoTrack


ONCE = '[quality]\nout_of_reach = "closest"\nmax_encodes = 1\nmetric = "xpsnr"\n'
"""Each segment is measured, and not searched."""


def output(project: ProjectDir, title: str) -> tuple[Path, VideoTrack, list[int]]:
    path = project.root / "output" / f"{title}.mkv"
    info, times = inspect(path)
    assert info.video.scan != "interlaced"
    return path, info.video, times


def combed(path: Path, video: VideoTrack, context: StageContext) -> float:
    points = look(path, video, context=context, log="look")
    return max(point.multiple.fraction_combed for point in points)


@pytest.fixture(scope="module")
def finished(ffmpeg: Path, tmp_path_factory: pytest.TempPathFactory) -> ProjectDir:
    folder = tmp_path_factory.mktemp("fields")
    sources = [
        clips.make_telecined(ffmpeg, folder / "telecined.mkv"),
        clips.make_soft_telecined(ffmpeg, folder / "soft.mkv"),
        clips.make_interlaced(ffmpeg, folder / "interlaced.mkv"),
    ]
    project = new_project(folder / "project", *sources)
    project.target(ONCE)
    project.doit()
    return project


def test_telecined_film_comes_out_at_its_own_rate(finished: ProjectDir, context: StageContext) -> None:
    path, video, times = output(finished, "telecined")
    assert (video.rate, video.frames, video.variable) == (Fraction(24000, 1001), 96, False)
    assert all(abs(time / 1e9 - number * 1001 / 24000) < 0.001 for number, time in enumerate(times))
    assert combed(path, video, context) == 0
    plan = json.loads((finished.work("telecined") / "encode_data" / "segments.json").read_text())
    assert len(plan["segments"]) > 2
    records = [json.loads(path.read_text()) for path in finished.work("telecined").glob("encoded/*.json")]
    # held against what the filters make of each segment source, frame for frame
    assert all(record["scores"]["harmonic"] > 34 for record in records)


def test_soft_telecine_comes_out_with_its_frames_and_times(finished: ProjectDir) -> None:
    assert FieldsInfo.read(finished.work("soft") / "fields.json").kind == "progressive"
    _, video, times = output(finished, "soft")
    _, expected = inspect(finished.root / "source" / "soft.mkv")
    assert (video.rate, times) == (Fraction(24000, 1001), expected)


def test_interlaced_video_comes_out_whole(finished: ProjectDir, context: StageContext) -> None:
    path, video, _ = output(finished, "interlaced")
    assert (video.rate, video.frames) == (25, 75)
    assert combed(path, video, context) == 0
    checks = json.loads((finished.work("interlaced") / "validation.json").read_text())["checks"]
    assert "video fields" in {check["name"] for check in checks}


def test_the_rate_of_fields_is_of_concern_to_interlaced_titles_alone(
    finished: ProjectDir, context: StageContext
) -> None:
    finished.target(f'{ONCE}[deinterlace]\nrate = "field"\n')
    ran = finished.executed()
    assert {name.split(":")[1] for name in ran} == {"interlaced"}
    assert "fields:interlaced" not in ran
    path, video, times = output(finished, "interlaced")
    assert (video.rate, video.frames) == (50, 150)
    assert all(abs(time / 1e9 - number / 50) < 0.001 for number, time in enumerate(times))
    assert combed(path, video, context) == 0


def test_what_stays_combed_is_not_published_and_the_way_out_is_said(ffmpeg: Path, tmp_path: Path) -> None:
    lines = "nullsrc=s=320x240:r=25,format=gray,geq=lum='128+100*sin(2*PI*(Y+0.5*N)/4)',format=yuv420p"
    source = clips.make_clip(
        ffmpeg, tmp_path / "lines.mkv", codec="mpeg2", frames=30, graph=lines, options=clips.FIELD_FLAGS
    )
    project = new_project(tmp_path / "p", source)
    said = project.doit(status=1).output
    assert "video fields (expected at most 10 % of the frames combed" in said
    assert "deinterlace.titles" in said
    assert not list((project.root / "output").glob("*"))
    project.configure('[deinterlace.titles]\nlines = "off"\n')
    project.doit()
    assert (project.root / "output" / "lines.mkv").exists()


def test_a_small_test_pattern_is_left_alone(ffmpeg: Path, tmp_path: Path) -> None:
    source = clips.make_clip(ffmpeg, tmp_path / "pattern.mkv", frames=25, graph="testsrc2=s=128x64:r=25")
    project = new_project(tmp_path / "p", source)
    project.doit()
    assert FieldsInfo.read(project.work("pattern") / "fields.json").kind == "progressive"


@pytest.mark.media
def test_real_discs(media: Callable[[str], Path], tmp_path: Path, context: StageContext) -> None:
    names = ("pal_interlaced_bff_mpeg2", "ntsc_letterbox_mpeg2")
    project = new_project(tmp_path / "p", *(media(f"{name}.mkv") for name in names))
    project.doit()
    path, video, times = output(project, names[0])
    assert (video.width, video.height, video.rate, len(times)) == (696, 574, 25, 31)
    assert combed(path, video, context) == 0
    found = FieldsInfo.read(project.work(names[1]) / "fields.json")
    assert (found.kind, found.marked) == ("progressive", True)
    _, video, times = output(project, names[1])
    assert (video.width, video.height, video.sar, len(times)) == (704, 358, Fraction(10, 11), 202)
