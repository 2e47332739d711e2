"""Finding bars in real clips."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from drapto.errors import ConfigError
from drapto.media.crop.detect import detect_crop
from drapto.media.crop.samples import WANTED
from drapto.media.model import CropInfo
from drapto.media.probe import inspect
from tests import clips
from tests.clips import Bars
from tests.oddities.suites import in_blocks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


THRESHOLD = 24 / 255
SCOPE = Bars(top=12, bottom=12)
MANY_KEYS: dict[str, Any] = {"frames": 240, "keyint": 8, "size": (160, 90), "bframes": 0}
"""Thirty keyframes, so that nothing else is decoded."""


@pytest.fixture
def crop(tmp_path: Path) -> Callable[..., CropInfo]:
    def run(source: Path, *, enabled: bool = True, rect: str | None = None) -> CropInfo:
        info, _ = inspect(source, digest="d")
        target = tmp_path / "crop.json"
        found = detect_crop(source, info, target, enabled=enabled, rect=rect, threshold=THRESHOLD)
        assert CropInfo.read(target) == found
        return found

    return run


@pytest.mark.parametrize(
    ("pix_fmt", "codec"), [("yuv420p", "h264"), ("yuv420p10le", "hevc"), ("yuv420p", "mpeg2")]
)
@pytest.mark.parametrize(
    ("bars", "rect"),
    [
        (Bars(), "320:180:0:0"),
        (Bars(top=22, bottom=22), "320:136:0:22"),
        (Bars(left=40, right=40), "240:180:40:0"),
        (Bars(left=20, right=24, top=10, bottom=12), "276:158:20:10"),
    ],
)
def test_bars_are_found_at_any_depth(
    ffmpeg: Path,
    clip_cache: Path,
    crop: Callable[..., CropInfo],
    pix_fmt: str,
    codec: str,
    bars: Bars,
    rect: str,
) -> None:
    name = f"bars-{codec}-{bars.left}-{bars.top}.mkv"
    source = clips.make_clip(ffmpeg, clip_cache / name, codec=codec, pix_fmt=pix_fmt, bars=bars, frames=36)
    found = crop(source)
    assert str(found.rect) == rect
    assert found.cuts is (rect != "320:180:0:0")


def test_a_clip_with_one_keyframe_is_looked_at_all_along(
    ffmpeg: Path, clip_cache: Path, crop: Callable[..., CropInfo]
) -> None:
    source = clips.make_one_gop(ffmpeg, clip_cache / "one-bars.mkv", bars=Bars(top=22, bottom=22), frames=120)
    found = crop(source)
    assert str(found.rect) == "320:136:0:22"
    times = [sample.time for sample in found.samples]
    assert times == sorted(set(times))
    assert times[-1] > 4


def test_keyframes_are_enough_where_there_are_many(
    ffmpeg: Path, clip_cache: Path, crop: Callable[..., CropInfo]
) -> None:
    source = clips.make_clip(ffmpeg, clip_cache / "keys.mkv", bars=SCOPE, **MANY_KEYS)
    found = crop(source)
    assert str(found.rect) == "160:66:0:12"
    assert len(found.samples) == 30 <= WANTED
    assert all(round(sample.time * 24) % 8 == 0 for sample in found.samples)
    assert all((sample.top, sample.bottom) == (12, 12) for sample in found.samples)


@pytest.mark.parametrize("options", [MANY_KEYS, {"frames": 60, "keyint": 30, "size": (160, 90)}])
def test_a_file_without_index_or_keyframes_is_read_through(
    ffmpeg: Path, tmp_path: Path, crop: Callable[..., CropInfo], options: dict[str, Any]
) -> None:
    source = clips.make_clip(ffmpeg, tmp_path / "plain.mkv", bars=SCOPE, **options)
    known = crop(source)
    in_blocks(source, 1, lambda block: block[:3] + bytes([block[3] & 0x7F]) + block[4:])
    found = crop(source)
    assert str(found.rect) == "160:66:0:12"
    assert {sample.time for sample in found.samples} >= {
        sample.time for sample in known.samples if round(sample.time * 24) % options["keyint"] == 0
    }
    assert len(found.samples) == len(known.samples)


@pytest.mark.parametrize(
    ("filters", "rect"),
    [
        # a white flash over everything, and a speck: one keyframe of thirty
        ("drawbox=enable='between(n,79,81)':color=white:t=fill", "160:66:0:12"),
        ("drawbox=enable='between(n,79,81)':x=70:y=2:w=40:h=6:color=white:t=fill", "160:66:0:12"),
        # a subtitle that comes back
        ("drawbox=enable='lt(mod(n,80),30)':x=40:y=80:w=80:h=4:color=white:t=fill", "160:72:0:12"),
        # a fade from black, and a black stretch
        ("fade=in:0:60,drawbox=enable='between(n,100,160)':color=black:t=fill", "160:66:0:12"),
        # all black
        ("drawbox=color=black:t=fill", "160:90:0:0"),
    ],
)
def test_what_fools_a_single_look(
    ffmpeg: Path, tmp_path: Path, crop: Callable[..., CropInfo], filters: str, rect: str
) -> None:
    source = clips.make_clip(ffmpeg, tmp_path / "clip.mkv", bars=SCOPE, filters=filters, **MANY_KEYS)
    assert str(crop(source).rect) == rect


@pytest.mark.parametrize("taller", [8, 32, 80, 200])
def test_taller_scenes_are_never_cut(
    ffmpeg: Path, tmp_path: Path, crop: Callable[..., CropInfo], taller: int
) -> None:
    scene = clips.moving_picture((160, 90), "24", Bars(top=4, bottom=4))
    graph = f"{scene},drawbox=enable='gte(n,{taller})':h=12:color=black:t=fill"
    graph += f",drawbox=enable='gte(n,{taller})':y=78:h=12:color=black:t=fill"
    source = clips.make_clip(ffmpeg, tmp_path / "clip.mkv", graph=graph, **MANY_KEYS)
    assert str(crop(source).rect) == "160:82:0:4"


def test_an_odd_size_is_kept_where_nothing_is_cut_and_even_where_something_is(
    ffmpeg: Path, tmp_path: Path, crop: Callable[..., CropInfo]
) -> None:
    picture = clips.moving_picture((200, 100), "24")
    odd: dict[str, Any] = {"codec": "ffv1", "frames": 30}
    whole = clips.make_clip(ffmpeg, tmp_path / "whole.mkv", graph=f"{picture},scale=200:101", **odd)
    assert str(crop(whole).rect) == "200:101:0:0"
    graph = f"{picture},format=yuv444p,scale=160:101,pad=200:101:20:0"
    barred = clips.make_clip(ffmpeg, tmp_path / "barred.mkv", graph=graph, **odd)
    assert str(crop(barred).rect) == "160:100:20:0"


def test_cropping_is_turned_off(ffmpeg: Path, clip_cache: Path, crop: Callable[..., CropInfo]) -> None:
    source = clips.make_clip(ffmpeg, clip_cache / "keys.mkv", bars=SCOPE, **MANY_KEYS)
    found = crop(source, enabled=False)
    assert (str(found.rect), found.method, found.samples) == ("160:90:0:0", "disabled", ())
    assert not found.cuts


def test_a_rectangle_by_hand_is_taken_as_it_is(
    ffmpeg: Path, clip_cache: Path, crop: Callable[..., CropInfo]
) -> None:
    source = clips.make_clip(ffmpeg, clip_cache / "keys.mkv", bars=SCOPE, **MANY_KEYS)
    found = crop(source, rect="120:60:20:14")
    assert (str(found.rect), found.method, found.reason) == ("120:60:20:14", "manual", "set by hand")
    assert found.settings == {"enabled": True, "rect": "120:60:20:14", "threshold": THRESHOLD}


@pytest.mark.parametrize("rect", ["162:60:0:0", "120:60:60:0", "120:60:0:40"])
def test_a_rectangle_outside_the_picture_is_refused(
    ffmpeg: Path, clip_cache: Path, crop: Callable[..., CropInfo], rect: str
) -> None:
    source = clips.make_clip(ffmpeg, clip_cache / "keys.mkv", bars=SCOPE, **MANY_KEYS)
    with pytest.raises(ConfigError, match=f"{rect} does not lie inside the 160x90 picture; correct"):
        crop(source, rect=rect)


def test_the_sample_loses_its_bars(ffmpeg: Path, clip_cache: Path, crop: Callable[..., CropInfo]) -> None:
    sample = clips.make_sample(ffmpeg, clip_cache / "short-sample.mkv", seconds=3)
    first = crop(sample)
    assert str(first.rect) == "640:272:0:44"
    assert crop(sample).dumps() == first.dumps()


@pytest.mark.media
@pytest.mark.parametrize(
    ("name", "rect"),
    [
        ("sintel_kitchen_sink", "1280:544:0:88"),
        ("sintel_trailer_720p", "1280:544:0:88"),
        ("friday_bw_pillarbox", "630:478:4:0"),
        ("ntsc_letterbox_mpeg2", "704:358:0:62"),
        ("pal_interlaced_bff_mpeg2", "696:574:8:0"),
        ("bbb_720p_aac51", "1280:720:0:0"),
        ("changi_4k_hevc", "2160:3840:0:0"),
        ("city_mpeg2_opengop", "720:405:0:0"),
        ("chapters_444", "320:240:0:0"),
        ("marathon_540p_vfr", "960:540:0:0"),
        ("dolby_vision_84_hlg", "1920:1080:0:0"),
        ("hdr10plus", "256:144:0:0"),
        ("vobsub_pgs_no_audio", "176:144:0:0"),
    ],
)
def test_real_clips(
    media: Callable[[str], Path], crop: Callable[..., CropInfo], name: str, rect: str
) -> None:
    found = crop(media(f"{name}.mkv"))
    assert str(found.rect) == rect
    if name == "sintel_trailer_720p":
        # of 1,253; what it costs is the benchmark's business
        assert 10 < len(found.samples) <= 80
