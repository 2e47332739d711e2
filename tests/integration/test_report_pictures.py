"""Frames as pictures: the one that was asked for, by both kinds of seeking; HDR as a screen shows it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from drapto.errors import ArtifactError, ToolFailedError
from drapto.media.model import Colour
from drapto.media.picture import look_at
from drapto.media.probe import examine
from drapto.report import pictures
from drapto.report.pictures import Frame, View, grab
from drapto.report.scenes import strip
from drapto.report.timeline import Interval
from tests import clips
from tests.oddities import boxes, elements, reported

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drapto.engine.context import StageContext

FRAMES = 36


@pytest.fixture(scope="module")
def clip(ffmpeg: Path, clip_cache: Path) -> Path:
    return clips.make_clip(ffmpeg, clip_cache / "report.mkv", frames=FRAMES, size=(320, 180), keyint=12)


def view_of(path: Path, filters: tuple[str, ...] = ()) -> View:
    video = look_at(path).video
    return View(path, video.index, video.width, video.height, video.sar, video.colour, filters=filters)


def chosen(ffmpeg: Path, view: View, number: int, size: tuple[int, int] = (320, 180)) -> bytes:
    """Return a frame as the same JPEG, found by counting all of them."""
    filters = [f"select=eq(n\\,{number})", *pictures._filters(view, Frame(0.0), size)]
    return clips.run_ffmpeg(
        ffmpeg, *("-i", view.path, "-vf", ",".join(filters), "-frames:v", "1", "-c:v", "mjpeg"),
        *("-flags:v", "+bitexact", "-q:v", "3", "-f", "mjpeg", "-"),
    )  # fmt: skip


@pytest.mark.parametrize("number", [0, 1, 11, 12, 25, FRAMES - 1])
def test_it_is_the_frame_of_that_time(ffmpeg: Path, clip: Path, context: StageContext, number: int) -> None:
    view, times = view_of(clip), look_at(clip).times
    time = (times[number] - (times[number] - times[number - 1]) / 2) / 1e9 if number else 0.0
    found = grab(view, Frame(time), width=960, most=1 << 20, context=context)
    assert (found.width, found.height) == (320, 180)
    assert found.jpeg == chosen(ffmpeg, view, number)


def test_an_index_that_lies_is_not_believed(ffmpeg: Path, tmp_path: Path, context: StageContext) -> None:
    view = view_of(reported.make(ffmpeg, boxes.cues_that_lie.__name__, tmp_path))
    found = [grab(view, Frame(time), width=960, most=1 << 20, context=context) for time in (0.0, 0.6, 1.354)]
    assert len({one.jpeg for one in found}) == len(found)
    assert found[2].jpeg == chosen(ffmpeg, view, 33, (320, 240))


@pytest.mark.parametrize(
    ("name", "number"),
    [
        (elements.every_block_says_keyframe.__name__, 57),
        (elements.every_block_of_vp9_says_keyframe.__name__, 57),
        (reported.begins_after_fifty_years.__name__, 20),  # by a clock that began in 1970
    ],
)
def test_a_frame_is_found_where_keyframes_are_none_and_times_are_large(
    name: str, number: int, ffmpeg: Path, tmp_path: Path, context: StageContext
) -> None:
    source = reported.make(ffmpeg, name, tmp_path)
    probed = examine(source)
    view = replace(view_of(source), keyframes=probed.keyframes)
    time = (probed.times[number] - 20_000_000) / 1e9
    found = grab(view, Frame(time), width=960, most=1 << 20, context=context)
    assert found.jpeg == chosen(ffmpeg, view, number, (320, 240))


def test_of_what_is_shown_for_long_there_is_a_picture(
    ffmpeg: Path, tmp_path: Path, context: StageContext
) -> None:
    slides = clips.make_clip(ffmpeg, tmp_path / "slides.mkv", frames=4, rate="1/10", size=(320, 180))
    view, times = view_of(slides), look_at(slides).times
    stills, problems = strip(view, [Interval("1", 0.0, 40.0, 4, 1)], times, context)
    assert (len(stills), problems) == (4, [])
    assert len({one.picture.jpeg for one in stills}) == 4


@pytest.mark.parametrize("number", [0, 7])
def test_it_is_the_frame_of_that_number_behind_filters(
    ffmpeg: Path, clip: Path, context: StageContext, number: int
) -> None:
    times = look_at(clip).times
    begin = (times[24] - 1_000_000) / 1e9
    view = view_of(clip, (f"trim=start={begin:.6f}",))
    found = grab(view, Frame(times[24] / 1e9, number), width=960, most=1 << 20, context=context)
    assert found.jpeg == chosen(ffmpeg, view_of(clip), 24 + number)


def test_it_is_compressed_until_it_is_small_and_made_no_larger(clip: Path, context: StageContext) -> None:
    view = view_of(clip)
    fine = grab(view, Frame(0.5), width=960, most=1 << 20, context=context)
    coarse = grab(view, Frame(0.5), width=960, most=1, context=context)
    small = grab(view, Frame(0.5), width=100, most=1 << 20, context=context)
    assert len(coarse.jpeg) < len(fine.jpeg)
    assert (small.width, small.height) == (100, 56)


@pytest.mark.parametrize(
    ("sar", "rotation", "size"),
    [(Fraction(1), 0, (320, 180)), (Fraction(4, 3), 0, (428, 180)), (Fraction(1), 90, (180, 320))],
)
def test_pixels_are_square_and_it_stands_upright(
    clip: Path, context: StageContext, sar: Fraction, rotation: int, size: tuple[int, int]
) -> None:
    view = View(clip, 0, 320, 180, sar, Colour(), rotation)
    found = grab(view, Frame(0.0), width=960, most=1 << 20, context=context)
    assert (found.width, found.height) == pytest.approx(size, abs=2)


def test_what_is_not_there_is_said(clip: Path, context: StageContext, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"has no frame at 99\.000 s"):
        grab(view_of(clip), Frame(99.0), width=960, most=1 << 20, context=context)
    broken = tmp_path / "broken.mkv"
    broken.write_bytes(b"no film")
    with pytest.raises(ToolFailedError):
        grab(View(broken, 0, 320, 180, Fraction(1), Colour()), Frame(0.0), width=9, most=1, context=context)


def test_hdr_is_mapped(media: Callable[[str], Path], context: StageContext) -> None:
    view = view_of(media("dolby_vision_84_hlg.mkv"))
    assert view.colour.transfer in pictures.HDR_TRANSFERS
    found = grab(view, Frame(0.0), width=320, most=1 << 20, context=context)
    assert (found.width, found.height) == (320, 180)
    assert len(found.jpeg) > 5_000
