"""The stream-copy split, frame by frame against the source."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import av
import pytest

from drapto.errors import SourceError
from drapto.media.model import SourceInfo
from drapto.media.probe import probe_source
from drapto.video import cut as cut_module
from drapto.video.plan import SegmentPlan
from drapto.video.split import Cutting, Request, split
from tests import clips
from tests.disk import RATE
from tests.sources import fields

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


LONG = {"sintel_trailer_720p.mkv": 12.0, "dolby_vision_84_hlg.mkv": 1.6}
"""Real clips of which so many seconds are enough: every picture is decoded twice."""


@dataclass(frozen=True)
class Cut:
    """A source and its segment sources."""

    source: Path
    work: Path
    plan: SegmentPlan
    stream: int

    def sources(self) -> list[Path]:
        return [self.work / segment.path for segment in self.plan.segments if segment.path]


def cut(source: Path, work: Path, chunk_size: float | None) -> Cut:
    request = Request(
        source,
        work,
        work / "segments.json",
        work / "segments",
        work / "timestamps.txt",
        work / "keyframes.txt",
        work / "planned.txt",
    )
    targets = (work / "probe.json", request.timestamps, request.keyframes, work / "dynamic.txt")
    info = probe_source(source, *targets, digest="d")
    plan = split(
        request,
        info,
        fields(),
        Cutting("chunked", "asked", chunk_size, "frame", {}),
        disk_rate=RATE,
    )
    return Cut(source, work, plan, info.video.index)


def decoded(ffmpeg: Path, made: Cut) -> list[str]:
    """Return the MD5s of all segment sources' planned frames, in order."""
    return [
        md5
        for segment, path in zip(made.plan.segments, made.sources(), strict=True)
        for md5 in clips.frame_md5s(ffmpeg, path, frames=segment.frames)
    ]


@pytest.mark.parametrize("codec", ["h264", "hevc", "mpeg2"])
def test_open_gop_pieces_decode_to_the_sources_frames(
    codec: str, ffmpeg: Path, clip_cache: Path, tmp_path: Path
) -> None:
    source = clips.make_open_gop(ffmpeg, clip_cache / f"open-{codec}.mkv", codec)
    made = cut(source, tmp_path, 1)
    assert len(made.plan.segments) == 4
    assert decoded(ffmpeg, made) == clips.frame_md5s(ffmpeg, source)


@pytest.mark.media
@pytest.mark.parametrize(
    ("name", "segments"),
    [
        ("city_mpeg2_opengop.mkv", 8),
        ("ntsc_letterbox_mpeg2.mkv", 5),
        ("friday_bw_pillarbox.mkv", 5),
        ("dolby_vision_84_hlg.mkv", 2),
        ("sintel_trailer_720p.mkv", 2),
    ],
)
def test_real_clips(
    name: str, segments: int, ffmpeg: Path, media: Callable[[str], Path], tmp_path: Path
) -> None:
    source = media(name)
    if name in LONG:
        source = clips.beginning(ffmpeg, source, tmp_path / name, LONG[name])
    made = cut(source, tmp_path, 1)
    assert len(made.plan.segments) == segments
    assert decoded(ffmpeg, made) == clips.frame_md5s(ffmpeg, made.source, stream=f"0:{made.stream}")


def test_the_plan_says_what_each_piece_holds(ffmpeg: Path, clip_cache: Path, tmp_path: Path) -> None:
    source = clips.make_vfr(ffmpeg, clip_cache / "vfr.mkv")
    made = cut(source, tmp_path, 1)
    assert SegmentPlan.read(tmp_path / "segments.json") == made.plan
    segments = made.plan.segments
    assert [segment.index for segment in segments] == list(range(1, len(segments) + 1))
    assert made.plan.frames == 72
    assert [segment.first_frame for segment in segments] == [
        sum(before.frames for before in segments[:count]) for count in range(len(segments))
    ]
    for segment, after in itertools.pairwise(segments):
        assert segment.start_time + segment.duration == pytest.approx(after.start_time)
    assert [segment.size for segment in segments] == [path.stat().st_size for path in made.sources()]


def test_one_gop_is_read_from_the_source_itself(ffmpeg: Path, clip_cache: Path, tmp_path: Path) -> None:
    source = clips.make_one_gop(ffmpeg, clip_cache / "one.mkv")
    made = cut(source, tmp_path, 1)
    assert made.sources() == []
    (segment,) = made.plan.segments
    assert (segment.path, segment.frames, segment.size) == (None, 48, source.stat().st_size)
    assert "no keyframe near a cut" in made.plan.reason


def _without_scenes(choose: Callable[..., list[int]], *given: object, scenes: bool) -> list[int]:
    """Cut as earlier versions did."""
    del scenes
    return choose(*given, scenes=False)


def test_a_title_that_was_cut_without_a_look_at_its_scenes_stays_so(
    ffmpeg: Path, clip_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = clip_cache / "scenes.mkv"
    pictures = "testsrc2=s=160x90:r=24:d=4,format=yuv420p"
    keys = "0,1,1.5,2.5,3.5"  # an interval of a second, and a new scene after half of one
    clips.run_ffmpeg(
        ffmpeg,
        *("-f", "lavfi", "-i", pictures, "-c:v", "libx264", "-preset", "ultrafast", "-g", "240"),
        *("-sc_threshold", "0", "-force_key_frames", keys, source),
    )
    with monkeypatch.context() as earlier:
        earlier.setattr(cut_module, "choose_cuts", partial(_without_scenes, cut_module.choose_cuts))
        before = cut(source, tmp_path / "old", 1.2).plan
    assert cut(source, tmp_path / "old", 1.2).plan == before
    assert [segment.start_time for segment in before.segments] == [0.0, 1.0, 2.5]
    assert all(segment.scenes == () for segment in before.segments[:1])
    whole = cut(source, tmp_path / "whole", None).plan
    assert whole.segments[0].scenes == (36,)
    new = cut(source, tmp_path / "new", 1.2).plan
    assert [segment.start_time for segment in new.segments] == [0.0, 1.5, 2.5]


def test_the_same_bytes_again_and_no_piece_of_an_older_plan(
    ffmpeg: Path, clip_cache: Path, tmp_path: Path
) -> None:
    source = clips.make_open_gop(ffmpeg, clip_cache / "open-h264.mkv", "h264")
    first = {path.name: path.read_bytes() for path in cut(source, tmp_path / "a", 1).sources()}
    cut(source, tmp_path / "b", 1)
    assert {path.name: path.read_bytes() for path in (tmp_path / "b" / "segments").iterdir()} == first
    cut(source, tmp_path / "b", 2)
    assert len(list((tmp_path / "b" / "segments").iterdir())) == 2


def test_times_and_pixels_are_the_sources(ffmpeg: Path, clip_cache: Path, tmp_path: Path) -> None:
    source = clips.make_open_gop(ffmpeg, clip_cache / "open-hevc.mkv", "hevc")
    made = cut(source, tmp_path, 2)
    with av.open(str(source)) as before, av.open(str(made.sources()[0])) as after:
        expected = sorted(packet.pts for packet in before.demux(video=0) if packet.pts is not None)
        found = sorted(packet.pts for packet in after.demux(video=0) if packet.pts is not None)
        assert found[: made.plan.segments[0].frames] == expected[: made.plan.segments[0].frames]
        assert before.streams.video[0].average_rate == after.streams.video[0].average_rate


def test_a_source_that_breaks_off_leaves_no_piece(ffmpeg: Path, clip_cache: Path, tmp_path: Path) -> None:
    source = clips.make_open_gop(ffmpeg, clip_cache / "open-h264.mkv", "h264")
    made = cut(source, tmp_path, 1)
    request = Request(
        tmp_path / "gone.mkv",
        tmp_path,
        tmp_path / "other.json",
        tmp_path / "other",
        tmp_path / "timestamps.txt",
        tmp_path / "keyframes.txt",
        tmp_path / "planned.txt",
    )

    info = SourceInfo.read(tmp_path / "probe.json")
    with pytest.raises(SourceError, match=r"gone\.mkv: cannot be copied"):
        split(
            request,
            info,
            fields(),
            Cutting("c", "r", 1, "frame", {}),
            disk_rate=RATE,
        )
    assert made.plan.frames == 96
    assert not (tmp_path / "other.json").exists()
    assert not list((tmp_path / "other").glob("*")) if (tmp_path / "other").exists() else True


def test_keyframes_that_are_out_of_order_are_named(ffmpeg: Path, clip_cache: Path, tmp_path: Path) -> None:
    source = clips.make_clip(ffmpeg, clip_cache / "closed.mkv", bframes=0, keyint=12)
    swapped = tmp_path / "swapped.mkv"
    with av.open(str(source)) as given, av.open(str(swapped), "w", options={"fflags": "+bitexact"}) as target:
        stream = target.add_stream_from_template(given.streams.video[0], opaque=True)
        packets = [packet for packet in given.demux(video=0) if packet.size]
        for packet in [*packets[:12], *packets[24:36], *packets[12:24], *packets[36:]]:
            packet.stream, packet.dts = stream, -(1 << 40)
            target.mux(packet)
    with pytest.raises(SourceError, match=r"swapped\.mkv: is damaged: its keyframes are not in order"):
        cut(swapped, tmp_path / "work", 0.5)
    assert not [*(tmp_path / "work" / "segments").glob("*.partial")]


FOREIGN = {
    "wmv2": ("yuv420p", ["-q:v", "4"]),
    "dvvideo": ("yuv420p", ["-vf", "scale=720:576", "-r", "25"]),
    "huffyuv": ("yuv422p", ["-context", "0"]),
    "utvideo": ("gbrp", []),
    "flv": ("yuv420p", ["-q:v", "4"]),
    "png": ("rgb24", []),
}
"""Codecs that Matroska has no name of its own for: pixel format and options."""


@pytest.mark.parametrize("codec", FOREIGN)
def test_a_codec_of_avi_is_cut_as_well(codec: str, ffmpeg: Path, tmp_path: Path) -> None:
    pixels, options = FOREIGN[codec]
    source = tmp_path / "source.mkv"
    picture = clips.moving_picture((160, 96), "24")
    coded = ["-c:v", codec, "-g", "12", "-pix_fmt", pixels, *options, "-frames:v", "60"]
    clips.run_ffmpeg(ffmpeg, "-f", "lavfi", "-i", picture, *coded, source)
    made = cut(source, tmp_path, 1)
    assert len(made.sources()) > 1
    assert decoded(ffmpeg, made) == clips.frame_md5s(ffmpeg, source)
    with av.open(source) as given, av.open(made.sources()[-1]) as kept:
        one, other = given.streams.video[0].codec_context, kept.streams.video[0].codec_context
        assert (one.codec.name, one.codec_tag, one.extradata) == (
            other.codec.name,
            other.codec_tag,
            other.extradata,
        )
