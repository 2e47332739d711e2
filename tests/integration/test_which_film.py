"""Files with several pictures, pictures of an odd shape, pictures for two eyes: what is encoded of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drapto.errors import SourceError
from drapto.media.matroska.pictures import track_heads
from drapto.media.probe import inspect, probe_source
from tests import clips
from tests.oddities import elements, reported, suites, surgery
from tests.oddities.containers import of_tracks
from tests.system.projects import ProjectDir, new_project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drapto.media.model import SourceInfo

FILM = "testsrc2=s=160x96:r=24:d=1"
X264 = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 12"


def finish(folder: Path, source: Path, *, settings: str = "") -> tuple[ProjectDir, SourceInfo, str]:
    """Take a source through a whole project; return it, what is in the output, and what was said."""
    project = new_project(folder / "project", source, settings=settings)
    said = project.doit().output
    return project, inspect(output_of(project))[0], said


def output_of(project: ProjectDir) -> Path:
    [path] = (project.root / "output").iterdir()
    return path


def packed(ffmpeg: Path, path: Path, inputs: list[str], *options: str) -> Path:
    """Make a file of several lavfi graphs."""
    lavfi = [part for graph in inputs for part in ("-f", "lavfi", "-i", graph)]
    maps = [part for number in range(len(inputs)) for part in ("-map", str(number))]
    clips.run_ffmpeg(ffmpeg, *lavfi, *maps, *options, *clips.STRIPPED.split(), path)
    return path


def poster(first: bool) -> tuple[list[str], list[str]]:
    still = "color=red:s=200x300:r=24:d=0.04"
    film, picture = ("1", "0") if first else ("0", "1")
    coders = [f"-c:v:{film}", "libx264", f"-c:v:{picture}", "mjpeg", "-pix_fmt", "yuvj420p"]
    flags = [f"-disposition:v:{film}", "0", f"-disposition:v:{picture}", "default"]
    return ([still, FILM] if first else [FILM, still]), [*coders, *flags]


@pytest.mark.parametrize("first", [True, False])
def test_a_poster_is_not_the_film_wherever_it_is(ffmpeg: Path, tmp_path: Path, first: bool) -> None:
    inputs, options = poster(first)
    source = packed(ffmpeg, tmp_path / "clip.mkv", inputs, *options)
    info = inspect(source)[0]
    assert (info.video.codec, info.video.index, info.video.frames) == ("h264", int(first), 24)
    assert "(mjpeg 200x300, 1 frame) is left out: it is a single picture" in info.notes[0]
    _, made, _ = finish(tmp_path, source)
    assert (made.video.width, made.video.frames, made.other_video) == (160, 24, ())


def test_thumbnails_are_not_the_film(ffmpeg: Path, tmp_path: Path) -> None:
    thumbnails = "testsrc=s=320x180:r=2:d=5"
    inputs = [thumbnails, "testsrc2=s=160x96:r=24:d=5"]
    coders = ["-c:v:0", "mjpeg", "-c:v:1", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
    source = packed(ffmpeg, tmp_path / "clip.mkv", inputs, *coders, "-disposition:v:0", "default")
    info = inspect(source)[0]
    assert (info.video.index, info.video.frames) == (1, 120)
    assert info.notes[0].endswith("it has few frames; the film is track 1")


def test_a_track_that_is_not_enabled_is_not_the_film(ffmpeg: Path, tmp_path: Path) -> None:
    source = packed(
        ffmpeg,
        tmp_path / "clip.mkv",
        ["testsrc=s=320x192:r=24:d=1", FILM],
        *X264.split(),
        "-disposition",
        "0",
    )
    assert inspect(source)[0].video.index == 0
    # libavformat writes no FlagEnabled; its FlagLacing, which is 0 for pictures, is made one in the first
    data = source.read_bytes().replace(bytes.fromhex("9c8100"), bytes.fromhex("b98100"), 1)
    source.write_bytes(data)
    assert not track_heads(source)[0].enabled
    info = inspect(source)[0]
    assert info.video.index == 1
    assert "is left out: it is not enabled" in info.notes[0]


def test_a_track_without_a_frame_is_not_the_film(ffmpeg: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole.mkv"
    inputs = ["-f", "lavfi", "-i", "testsrc=s=320x192:r=24:d=1", "-f", "lavfi", "-i", FILM]
    late = ["-itsoffset", "2", *inputs[:4], *inputs[4:]]
    clips.run_ffmpeg(ffmpeg, *late, "-map", "0", "-map", "1", *X264.split(), "-disposition", "0", whole)
    source = tmp_path / "clip.mkv"
    clips.run_ffmpeg(ffmpeg, "-i", whole, "-map", "0", "-c", "copy", "-t", "0.9", source)
    info = inspect(source)[0]
    assert (info.video.index, info.other_video) == (1, ())
    assert "video track 0 (h264 320x192, 0 frames) is left out: none of it can be decoded" in info.notes[0]


def test_a_tag_in_an_old_encoding_loses_no_film(ffmpeg: Path, tmp_path: Path) -> None:
    source = packed(ffmpeg, tmp_path / "clip.mkv", [FILM], *X264.split(), "-metadata:s:v", "title=Die XX")
    source.write_bytes(source.read_bytes().replace(b"Die XX", "Die Ä".encode("latin-1") + b"!"))
    _, made, _ = finish(tmp_path, source)
    assert (made.video.title, made.video.frames) == ("Die Ä!", 24)


@pytest.mark.parametrize("codec", ["mjpeg", "png"])
def test_a_poster_alone_is_refused(ffmpeg: Path, tmp_path: Path, codec: str) -> None:
    inputs = ["color=red:s=200x300:r=24:d=0.04", "sine=440:d=2"]
    source = packed(ffmpeg, tmp_path / "clip.mkv", inputs, "-c:v", codec, "-c:a", "flac")
    with pytest.raises(SourceError, match=r"clip\.mkv: has a single picture and no film"):
        inspect(source)


def test_a_single_coded_frame_is_encoded_and_said(ffmpeg: Path, tmp_path: Path) -> None:
    inputs = ["testsrc2=s=160x96:r=24:d=0.04", "sine=440:d=2"]
    source = packed(ffmpeg, tmp_path / "clip.mkv", inputs, *X264.split(), "-c:a", "flac")
    _, made, said = finish(tmp_path, source)
    assert "the picture is a single frame" in said
    assert made.video.frames == 1


def test_empty_tracks_are_left_out_with_a_note(ffmpeg: Path, tmp_path: Path) -> None:
    subtitles = tmp_path / "late.srt"
    subtitles.write_text("1\n00:00:00,900 --> 00:00:01,000\nLate\n")
    inputs = ["-f", "lavfi", "-i", FILM, "-f", "lavfi", "-i", "sine=440:d=2", "-i", subtitles]
    maps = ["-map", "0", "-map", "1", "-map", "1", "-map", "2", "-map", "2", *X264.split(), "-c:a", "flac"]
    whole = tmp_path / "whole.mkv"
    clips.run_ffmpeg(ffmpeg, *inputs, *maps, "-c:s", "srt", whole)
    source = tmp_path / "clip.mkv"
    # what starts after the end of the copy leaves its tracks empty
    clips.run_ffmpeg(ffmpeg, "-i", whole, "-map", "0", "-c", "copy", "-t", "0.5", source)
    info = inspect(source)[0]
    assert info.subtitles == ()
    assert [note for note in info.notes if "empty" in note] == [
        "subtitle track 3 (subrip) is empty: left out",
        "subtitle track 4 (subrip) is empty: left out",
    ]
    _, made, _ = finish(tmp_path, source)
    assert (len(made.audio), made.subtitles) == (2, ())


def test_a_single_packet_of_sound_and_a_single_late_subtitle_are_kept(ffmpeg: Path, tmp_path: Path) -> None:
    subtitles = tmp_path / "late.srt"
    subtitles.write_text("1\n00:00:00,900 --> 00:00:01,000\nLate\n")
    inputs = ["-f", "lavfi", "-i", FILM, "-f", "lavfi", "-i", "sine=440:r=48000:d=0.03", "-i", subtitles]
    maps = ["-map", "0", "-map", "1", "-map", "2", *X264.split(), "-c:a", "ac3", "-c:s", "srt"]
    source = tmp_path / "clip.mkv"
    clips.run_ffmpeg(ffmpeg, *inputs, *maps, source)
    _, made, _ = finish(tmp_path, source)
    assert [track.packets for track in made.subtitles] == [1]
    assert len(made.audio) == 1


def test_more_than_240_frames_a_second_keep_their_times(ffmpeg: Path, tmp_path: Path) -> None:
    source = packed(ffmpeg, tmp_path / "clip.mkv", ["testsrc2=s=160x96:r=300:d=0.4"], *X264.split())
    project, made, _ = finish(tmp_path, source)
    assert made.video.frames == 120
    assert inspect(output_of(project))[1] == inspect(source)[1]


def test_what_is_too_large_is_refused_before_it_is_encoded(ffmpeg: Path, tmp_path: Path) -> None:
    source = packed(ffmpeg, tmp_path / "clip.mkv", ["color=gray:s=64x8706:r=24:d=0.1"], *X264.split())
    targets = [tmp_path / name for name in ("probe", "times", "keys", "dynamic")]
    with pytest.raises(SourceError, match=r"64x8706 pixels, and SVT-AV1 takes 16384x8704 at most"):
        probe_source(source, *targets, digest="d")
    assert not any(target.exists() for target in targets)


def test_bars_inside_what_the_container_crops_are_found(ffmpeg: Path, tmp_path: Path) -> None:
    """The container takes 30 lines off the top and 20 off the bottom; black are 40 above and below."""
    barred = "testsrc2=s=160x80:r=24:d=2,lutyuv=y='max(val,64)',pad=160:160:0:40:black,setsar=4/3"
    path = packed(ffmpeg, tmp_path / "clip.mkv", [barred], *X264.split())
    # what libavformat writes of the shape (DisplayWidth, DisplayHeight) is made PixelCropTop and …Bottom
    data = path.read_bytes()
    at = data.index(bytes.fromhex("54b081"))
    changed = data[at : at + 8].replace(bytes.fromhex("54b0"), bytes.fromhex("54bb"))
    changed = changed.replace(bytes.fromhex("54ba"), bytes.fromhex("54aa"))
    changed = changed[:3] + b"\x1e" + changed[4:7] + b"\x14"
    path.write_bytes(data[:at] + changed + data[at + 8 :])
    assert (inspect(path)[0].video.height, inspect(path)[0].video.sar) == (110, 1)
    project, made, _ = finish(tmp_path, path)
    assert (made.video.width, made.video.height, made.video.sar, made.video.frames) == (160, 80, 1, 48)
    assert not track_heads(output_of(project))[0].crop


def test_alpha_beside_the_picture_is_left_out_with_its_mark(ffmpeg: Path, tmp_path: Path) -> None:
    coded = ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-pix_fmt", "yuva420p"]
    source = packed(ffmpeg, tmp_path / "clip.mkv", [f"{FILM},format=yuva420p"], *coded)
    assert track_heads(source)[0].alpha
    project, made, said = finish(tmp_path, source)
    assert "the alpha channel beside the picture is left out" in said
    # what the file says of its own encode is the one tag that it has
    tags = set(made.video.tags)
    assert (made.video.frames, tags, track_heads(output_of(project))[0].alpha) == (
        24,
        {"ENCODER_SETTINGS"},
        False,
    )


STEREO = "testsrc2=s=80x96:r=24:d=1,lutyuv=y='max(val,64)',pad=120:96:20:0:black"


def test_two_eyes_pictures_keep_their_halves_and_their_mode(ffmpeg: Path, tmp_path: Path) -> None:
    """Bars at the sides of each eye's picture are not cut: the halves would be cut at other places."""
    both = f"{STEREO},split[a][b];[a][b]hstack"
    options = ["-x264-params", "frame-packing=3", *X264.split()]
    source = packed(ffmpeg, tmp_path / "clip.mkv", [both], *options)
    assert inspect(source)[0].video.stereo_mode == 1
    project, made, _ = finish(tmp_path, source)
    assert (made.video.width, made.video.height, made.video.sar) == (240, 96, 1)
    head = track_heads(output_of(project))[0]
    assert (head.stereo_mode, head.display or (240, 96)) == (1, (240, 96))


@pytest.mark.parametrize("mode", [None, 13, 14])
def test_of_a_3d_disc_s_two_eyes_one_is_encoded_and_said_to_be_one(
    ffmpeg: Path, tmp_path: Path, mode: int | None
) -> None:
    source = reported.make(ffmpeg, suites.mvc_of_a_3d_disc.__name__, tmp_path)
    size = [(b"\xb0", b"\x02\x80"), (b"\xba", b"\x01\x68")]
    said = [] if mode is None else [(b"\x53\xb8", bytes([mode]))]
    of_tracks(source, 0, {"E0": surgery.joined([*size, *said])})
    video = inspect(source)[0].video
    assert (video.views, video.stereo_mode, video.frames) == (2, 0, 36)
    if mode == 13:
        project, _, output = finish(tmp_path, source)
        assert "the picture has a second view, for the other eye (MVC): the first one is encoded" in output
        assert "differs" not in output
        assert track_heads(output_of(project))[0].stereo_mode == 0


def test_what_old_muxers_state_of_a_size_shapes_no_pixel(ffmpeg: Path, tmp_path: Path) -> None:
    source = reported.make(ffmpeg, elements.a_height_of_whole_macroblocks.__name__, tmp_path)
    project, made, _ = finish(tmp_path, source)
    assert (made.video.width, made.video.height, made.video.sar) == (320, 240, 1)
    assert track_heads(output_of(project))[0].display in (None, (320, 240))


def test_frames_that_are_packed_in_pairs_are_not_parted(ffmpeg: Path, tmp_path: Path) -> None:
    source = reported.make(ffmpeg, suites.packed_b_frames_of_an_avi.__name__, tmp_path)
    info, times = inspect(source)
    assert (info.video.keyframes, len(times)) == (1, 48)


CORNER = (160, 96)
"""What is encoded of a case that is not about its size: it takes half as long."""


@pytest.mark.media
@pytest.mark.parametrize(
    ("case", "size", "frames", "said"),
    [
        ("pixel_crop", (632, 276), 144, ""),
        ("stereo_side_by_side", (640, 272), 144, ""),
        ("mv_hevc_stereo", CORNER, 11, "the picture has a second view"),
        ("poster_is_the_first_video", CORNER, 144, "video track 0 (mjpeg 600x900, 1 frame) is left out"),
        ("vobsub_blocks_without_duration", CORNER, 144, "5 packets of subtitle track 0 with a duration"),
        ("empty_subtitle_track", CORNER, 192, "subtitle track 2 (subrip) is empty: left out"),
        ("300_per_second", CORNER, 600, ""),
    ],
)
def test_the_cases(
    cases: Callable[[str], Path], tmp_path: Path, case: str, size: tuple[int, int], frames: int, said: str
) -> None:
    source = cases(f"{case}.mkv")
    settings = "[crop]\nrect = '160:96:0:0'\n" if size == CORNER else ""
    project, made, output = finish(tmp_path, source, settings=settings)
    assert said in output
    assert ((made.video.width, made.video.height), made.video.frames, made.video.sar) == (size, frames, 1)
    assert inspect(output_of(project))[1] == inspect(source)[1]
    head = track_heads(output_of(project))[0]
    assert not head.crop
    # no display size is the picture's own; that of two eyes' would be halved
    assert (head.stereo_mode, head.display or size) == (1 if "stereo_side" in case else 0, size)
    assert [track.end for track in made.subtitles] == ([12.0] if "vobsub" in case else [])


@pytest.mark.media
@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("9000_lines", "128x9000 pixels, and SVT-AV1 takes 16384x8704 at most"),
        ("timestamp_scale_1", r"TimestampScale would be 1 ns|its timestamps are damaged"),
        ("gutted_45_of_259_frames", r"214 of 259 frames cannot be decoded, from 1\.54 to 10\.43 s"),
    ],
)
def test_the_cases_that_are_refused(
    cases: Callable[[str], Path], tmp_path: Path, case: str, said: str
) -> None:
    targets = [tmp_path / name for name in ("probe", "times", "keys", "dynamic")]
    with pytest.raises(SourceError, match=said):
        probe_source(cases(f"{case}.mkv"), *targets, digest="d")
    assert list(tmp_path.iterdir()) == []
