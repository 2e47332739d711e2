"""Sources that change on the way: every frame comes out, in one form, and the change's time is told."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from drapto.errors import SourceError
from drapto.media.probe import inspect, probe_source
from tests import changing, clips
from tests.changing import joined, picture
from tests.system.projects import ProjectDir, new_project

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from drapto.media.model import SourceInfo

HDR10 = (
    "-pix_fmt yuv420p10le -x265-params log-level=none:pools=none:repeat-headers=1:keyint=12:hdr10=1"
    ":colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:max-cll={}"
    ":master-display=G(8500,39850)B(6550,2300)R(35400,14600)WP(15635,16450)L(10000000,{})"
)


def finish(folder: Path, source: Path, *, settings: str = "") -> tuple[ProjectDir, SourceInfo, str]:
    """Take a source through a whole project; return it, what is in the output, and what was said."""
    project = new_project(folder / "project", source, settings=settings)
    said = project.doit().output
    [path] = (project.root / "output").iterdir()
    return project, inspect(path)[0], said


def output_of(project: ProjectDir) -> Path:
    [path] = (project.root / "output").iterdir()
    return path


def colours(ffmpeg: Path, path: Path, time: float) -> bytes:
    """Return the picture at a time in RGB, as its description says, in 4x4 pixels."""
    options = ["-vf", "scale=4:4:flags=area,format=rgb24", "-frames:v", "1", "-f", "rawvideo", "-"]
    return clips.run_ffmpeg(ffmpeg, "-ss", str(time), "-i", path, "-map", "0:v:0", *options)


def distance(one: bytes, other: bytes) -> float:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


CHANGES: dict[str, tuple[str, list[list[str]], dict[str, Any], str]] = {
    "to another size and back": (
        "h264",
        [picture(), picture("128x80"), picture(frames=12)],
        {"width": 160, "height": 96, "sar": 1, "frames": 60},
        "after 1.0 s the picture changes its size from 160x96 to 128x80: all of it comes out as 160x96",
    ),
    "small at first": (
        "h264",
        [picture("80x48", frames=12), picture(frames=36)],
        {"width": 160, "height": 96, "sar": 1, "frames": 48},
        "after 0.5 s the picture changes its size from 80x48 to 160x96: all of it comes out as 160x96",
    ),
    "to pixels of another shape": (
        "mpeg2",
        [
            picture("176x144", rate="25", frames=25, filters="setsar=12/11"),
            picture("176x144", rate="25", frames=25, filters="setsar=16/11"),
        ],
        {"width": 176, "height": 144, "sar": Fraction(12, 11), "frames": 50},
        "after 1.0 s the picture changes the shape of its pixels from 12:11 to 16:11",
    ),
    "to more bits": (
        "hevc",
        [picture(), [*picture(), "-pix_fmt", "yuv420p10le"]],
        {"frames": 48, "pix_fmt": "yuv420p10le"},
        "after 1.0 s the picture changes its pixel format from yuv420p to yuv420p10le",
    ),
    "to more chroma": (
        "h264",
        [picture(), [*picture(filters="format=yuv444p"), "-pix_fmt", "yuv444p"]],
        {"frames": 48},
        "after 1.0 s the picture changes its pixel format from yuv420p to yuv444p",
    ),
    "to other HDR10 metadata": (
        "hevc",
        [
            [*picture(), *HDR10.format("1000,400", 1).split()],
            [*picture(), *HDR10.format("600,200", 50).split()],
        ],
        {"frames": 48, "hdr": "HDR10"},
        "after 1.0 s the picture changes its HDR10 metadata: each segment has that of its first frame",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_all_pictures_come_out_in_one_form(ffmpeg: Path, tmp_path: Path, change: str) -> None:
    codec, parts, wanted, note = CHANGES[change]
    rate = "25" if codec == "mpeg2" else "24"
    source = joined(ffmpeg, tmp_path / "clip.mkv", codec, parts, rate=rate)
    _, info, said = finish(tmp_path, source)
    assert note in said
    assert {name: getattr(info.video, name) for name in wanted} == wanted
    assert all("HDR10" in left for left in info.notes)


def test_a_picture_that_is_turned_keeps_its_shape(ffmpeg: Path, tmp_path: Path) -> None:
    upright = picture("96x160", filters="drawbox=color=white:t=fill")
    source = joined(ffmpeg, tmp_path / "clip.mkv", "h264", [picture(), upright])
    project, info, said = finish(tmp_path, source)
    assert "after 1.0 s the picture changes its size from 160x96 to 96x160" in said
    assert (info.video.width, info.video.height, info.video.frames) == (160, 96, 48)
    grey = ["-vf", "scale=20:12:flags=area,format=gray", "-frames:v", "1", "-f", "rawvideo", "-"]
    shown = clips.run_ffmpeg(ffmpeg, "-ss", "1.5", "-i", output_of(project), "-map", "0:v:0", *grey)
    bar, white = [row[:5] + row[-5:] for row in _rows(shown)], [row[7:13] for row in _rows(shown)]
    assert max(map(max, bar)) < 30
    assert min(map(min, white)) > 200


def _rows(shown: bytes) -> list[bytes]:
    return [shown[at : at + 20] for at in range(0, len(shown), 20)]


def test_a_full_range_part_is_made_limited_as_the_first(ffmpeg: Path, tmp_path: Path) -> None:
    full = [*picture(filters="scale=out_range=pc"), "-color_range", "pc"]
    source = joined(ffmpeg, tmp_path / "clip.mkv", "h264", [[*picture(), "-color_range", "tv"], full])
    project, info, _ = finish(tmp_path, source)
    assert info.video.colour.range == "tv"
    for time in (0.5, 1.5):
        assert distance(colours(ffmpeg, source, time), colours(ffmpeg, output_of(project), time)) < 8


@pytest.mark.media
def test_the_colours_stay_where_their_description_changes(
    ffmpeg: Path, cases: Callable[[str], Path], tmp_path: Path
) -> None:
    source = cases("h264_colour_changes.mkv")
    project, info, said = finish(tmp_path, source)
    assert "after 3.0 s the picture changes its colours from tv/bt709 to tv/bt470bg/smpte170m" in said
    assert (info.video.frames, info.video.colour.matrix) == (144, "bt709")
    for time in (1.0, 2.5, 3.5, 5.0):
        assert distance(colours(ffmpeg, source, time), colours(ffmpeg, output_of(project), time)) < 10


@pytest.mark.media
def test_the_case_of_a_smaller_picture(cases: Callable[[str], Path], tmp_path: Path) -> None:
    _, info, said = finish(tmp_path, cases("h264_size_changes.mkv"))
    assert "after 2.0 s the picture changes its size from 640x272 to 480x204" in said
    assert (info.video.width, info.video.height, info.video.frames, info.video.sar) == (640, 272, 144, 1)


def test_the_quality_is_measured_against_the_same_pictures(ffmpeg: Path, tmp_path: Path) -> None:
    # as they are shown, these have a tenth of the pixels that those of 160x96 have
    parts = [picture("640x64", frames=6), picture("512x64", frames=12)]
    source = joined(ffmpeg, tmp_path / "clip.mkv", "h264", parts)
    project = new_project(tmp_path / "project", source)
    project.target("[quality]\nout_of_reach = 'closest'\nmax_encodes = 1\n")
    project.doit()
    records = [json.loads(path.read_text()) for path in project.work().glob("encoded/*.json")]
    assert sum(record["frames"] for record in records) == 18
    assert all(record["scores"]["harmonic"] > 80 for record in records)


def test_a_change_in_a_title_that_is_all_decoded_is_seen(ffmpeg: Path, tmp_path: Path) -> None:
    source = joined(ffmpeg, tmp_path / "clip.mkv", "h264", [picture(), picture("128x80")])
    by_packets, by_frames = (inspect(source, frame_index=how)[0] for how in ("packets", "decode"))
    assert by_packets.video.changes == by_frames.video.changes != ()
    assert by_packets.notes == by_frames.notes


def fielded(size: str) -> list[str]:
    """Return a part of an interlaced title."""
    wide, high = (int(part) for part in size.split("x"))
    graph = f"{clips.film((wide, high), rate='50')},tinterlace=interleave_top"
    return ["-f", "lavfi", "-i", graph, "-frames:v", "25", *clips.FIELD_FLAGS]


def test_an_interlaced_title_that_changes_its_size_is_deinterlaced(ffmpeg: Path, tmp_path: Path) -> None:
    parts = [fielded("352x288"), fielded("352x240")]
    source = joined(ffmpeg, tmp_path / "clip.mkv", "mpeg2", parts, rate="25")
    project, info, said = finish(tmp_path, source)
    # its decoder loses a frame when it begins anew, as a player's does
    assert "1 frame cannot be decoded, from 0.96 to 1.00 s" in said
    assert "interlaced, top field first, deinterlaced" in said
    assert (info.video.frames, info.video.height) == (49, 288)
    assert inspect(output_of(project))[1] == inspect(source)[1]


@pytest.mark.parametrize("codec", ["libx264 -bf 3", "libx265 -x265-params log-level=none:bframes=3"])
def test_pictures_that_are_reordered_all_come_out(ffmpeg: Path, tmp_path: Path, codec: str) -> None:
    parts = []
    for number, size in enumerate(("160x96", "128x80", "160x96")):
        part = tmp_path / f"{number}.ts"
        coded = ["-c:v", *codec.split(), "-preset", "ultrafast", "-g", "12", "-pix_fmt", "yuv420p"]
        clips.run_ffmpeg(ffmpeg, *picture(size), *coded, part)
        parts.append(part)
    listed = tmp_path / "parts.txt"
    listed.write_text("".join(f"file '{part}'\n" for part in parts))
    source = tmp_path / "clip.mkv"
    clips.run_ffmpeg(ffmpeg, "-f", "concat", "-safe", "0", "-i", listed, "-c", "copy", source)
    video = inspect(source)[0].video
    assert [change.form.size for change in video.changes] == ["128x80", "160x96"]
    _, info, _ = finish(tmp_path, source)
    assert (info.video.frames, info.video.width) == (72, 160)


def test_what_does_not_change_is_not_decoded(ffmpeg: Path, tmp_path: Path) -> None:
    source = clips.make_clip(ffmpeg, tmp_path / "clip.mkv", frames=48, size=(160, 96))
    video = inspect(source)[0].video
    assert (video.counted, video.first_form, video.changes) == ("packets", None, ())


@pytest.mark.parametrize("codec", ["libvpx-vp9 -deadline realtime -cpu-used 8", "libsvtav1 -preset 12"])
def test_streams_of_the_web_are_seen_into(ffmpeg: Path, tmp_path: Path, codec: str) -> None:
    parts = []
    for number, size in enumerate(("160x96", "128x80")):
        part = tmp_path / f"{number}.ivf"
        options = ["-c:v", *codec.split(), "-g", "12", "-f", "ivf"]
        clips.run_ffmpeg(ffmpeg, *picture(size), *options, part)
        parts.append(part)
    source = tmp_path / "clip.mkv"
    changing.chained(parts, source)
    video = inspect(source)[0].video
    assert [(change.time, change.form.size) for change in video.changes] == [(1.0, "128x80")]


def test_sdr_that_becomes_hdr_is_refused_before_it_is_encoded(ffmpeg: Path, tmp_path: Path) -> None:
    plain = [*picture(), "-pix_fmt", "yuv420p10le"]
    hdr = [*picture(), *HDR10.format("1000,400", 1).split()]
    source = joined(ffmpeg, tmp_path / "clip.mkv", "hevc", [plain, hdr])
    targets = [tmp_path / name for name in ("probe", "times", "keys", "dynamic")]
    with pytest.raises(SourceError, match=r"clip\.mkv: .* in SDR to .* \(smpte2084\) after 1\.0 s.*split"):
        probe_source(source, *targets, digest="d")


def heard(ffmpeg: Path, path: Path, channels: int, time: float, tones: Sequence[int]) -> list[set[int]]:
    """Return which tones each channel has at a time."""
    options = [
        "-ss",
        str(time),
        "-i",
        path,
        "-map",
        "0:a:0",
        "-t",
        "0.1",
        "-f",
        "f32le",
        "-ac",
        str(channels),
    ]
    samples = memoryview(clips.run_ffmpeg(ffmpeg, *options, "-")).cast("f")
    return [
        {tone for tone in tones if changing.level(samples[channel::channels], tone) > 0.05}
        for channel in range(channels)
    ]


FILM = ["-f", "lavfi", "-i", "testsrc2=s=160x96:r=24:d=2", "-frames:v", "48"]
SURROUND = [300, 400, 500, 60, 700, 800]
SPEAKERS = [{300}, {400}, {500}, {60}, {700}, {800}]
SILENT: set[int] = set()


def with_sound(ffmpeg: Path, folder: Path, codec: str, parts: Sequence[Sequence[str]]) -> Path:
    """Make a film whose sound is of several parts."""
    sound = joined(ffmpeg, folder / "sound.mkv", codec, parts)
    path = folder / "clip.mkv"
    coded = ["-map", "0:v", "-map", "1:a", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
    clips.run_ffmpeg(ffmpeg, *FILM[:4], "-i", sound, *coded, "-c:a", "copy", path)
    return path


SOUNDS: dict[str, tuple[str, list[list[str]], str, list[set[int]], list[set[int]], str]] = {
    "stereo to 5.1": (
        "ac3",
        [changing.tones("stereo", [900, 1000]), changing.tones("5.1(side)", SURROUND)],
        "5.1",
        [{900}, {1000}, SILENT, SILENT, SILENT, SILENT],
        SPEAKERS,
        "audio track 0 changes from stereo at 48000 Hz to 5.1(side) at 48000 Hz after 1.0 s",
    ),
    "5.1 to stereo": (
        "eac3",
        [changing.tones("5.1(side)", SURROUND), changing.tones("stereo", [900, 1000])],
        "5.1",
        SPEAKERS,
        [{900}, {1000}, SILENT, SILENT, SILENT, SILENT],
        "audio track 0 changes from 5.1(side) at 48000 Hz to stereo at 48000 Hz after 1.0 s",
    ),
    "mono to stereo": (
        "ac3",
        [changing.tones("mono", [500]), changing.tones("stereo", [900, 1000])],
        "stereo",
        [{500}, {500}],
        [{900}, {1000}],
        "audio track 0 changes from mono at 48000 Hz to stereo at 48000 Hz after 1.0 s",
    ),
    "stereo to 5.1 in DTS": (
        "dts",
        [changing.tones("stereo", [900, 1000]), changing.tones("5.1(side)", SURROUND)],
        "5.1",
        [{900}, {1000}, SILENT, SILENT, SILENT, SILENT],
        SPEAKERS,
        "audio track 0 changes from stereo at 48000 Hz to 5.1(side) at 48000 Hz after 1.0 s",
    ),
    "44.1 to 48 kHz": (
        "mp3",
        [changing.tones("stereo", [900, 1000], rate=44_100), changing.tones("stereo", [900, 1000])],
        "stereo",
        [{900}, {1000}],
        [{900}, {1000}],
        "audio track 0 changes from stereo at 44100 Hz to stereo at 48000 Hz after 1.0 s",
    ),
}


@pytest.mark.parametrize("change", SOUNDS)
def test_sound_has_the_largest_layout_throughout(ffmpeg: Path, tmp_path: Path, change: str) -> None:
    codec, parts, layout, before, after, note = SOUNDS[change]
    source = with_sound(ffmpeg, tmp_path, codec, parts)
    project, info, said = finish(tmp_path, source)
    assert note in said
    assert "damaged" not in said
    [track] = info.audio
    assert track.layout == layout
    assert abs(track.end - inspect(source)[0].audio[0].end) < 0.1
    tones = [*SURROUND, 900, 1000]
    assert heard(ffmpeg, output_of(project), len(before), 0.5, tones) == before
    assert heard(ffmpeg, output_of(project), len(after), 1.5, tones) == after


@pytest.mark.media
def test_the_case_of_stereo_that_becomes_surround(
    ffmpeg: Path, cases: Callable[[str], Path], tmp_path: Path
) -> None:
    source = cases("ac3_stereo_becomes_51.mkv")
    # of the picture, a corner is enough
    project, info, said = finish(tmp_path, source, settings="[crop]\nrect = '160:96:0:0'\n")
    assert "to 5.1(side) at 48000 Hz after 2.0 s" in said
    assert (info.audio[0].layout, info.audio[0].end) == ("5.1", pytest.approx(6.016, abs=0.002))
    given = heard(ffmpeg, source, 6, 4, SURROUND)
    assert sorted(given, key=min) == sorted(SPEAKERS, key=min)
    assert heard(ffmpeg, output_of(project), 6, 4, SURROUND) == given
