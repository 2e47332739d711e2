"""Sources that are unlike a disc: rotated, RGB, full range, 4:4:4, several pictures, unnamed languages."""

from __future__ import annotations

import json
import re
import struct
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import pytest

from drapto.media.crop.detect import detect_crop, full_range_threshold
from drapto.media.limits import limits
from drapto.media.probe import inspect
from drapto.output.mux import signed
from tests import clips
from tests.system.projects import ProjectDir, new_project

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from drapto.encoding.abav1 import AbAv1
    from drapto.media.model import VideoTrack

FRAMES = 12
SIZE = (160, 96)
FLAT = (640, 64)
"""As it is shown while it is measured, it has a tenth of the pixels that one of `SIZE` has."""

BARS = "color=red:s=80x96:r=24,format=gbrp[l];color=0x2040c0:s=80x96:r=24,format=gbrp[r];[l][r]hstack"
"""Half red, half blue, in RGB: a wrong matrix or range shows in the colours that come out."""


def finish(folder: Path, source: Path, *, settings: str = "") -> tuple[ProjectDir, VideoTrack]:
    """Take a source through a whole project; return that and the output's picture."""
    project = new_project(folder / "project", source, settings=settings)
    project.doit()
    return project, inspect(output_of(project))[0].video


def output_of(project: ProjectDir) -> Path:
    [path] = (project.root / "output").iterdir()
    return path


def expected(project: ProjectDir, name: str) -> str:
    """Return what the validation expected, and found, of one check."""
    [path] = (project.root / "work").glob("*/validation.json")
    [check] = [check for check in json.loads(path.read_text())["checks"] if check["name"] == name]
    assert check["expected"] == check["found"]
    return str(check["expected"])


def plane(ffmpeg: Path, path: Path, *, pix_fmt: str, filters: str = "null") -> bytes:
    """Return the raw samples of the first picture, as it is coded."""
    options = ["-frames:v", "1", "-vf", filters, "-pix_fmt", pix_fmt, "-f", "rawvideo", "-"]
    return clips.run_ffmpeg(ffmpeg, "-noautorotate", "-i", path, *options)


def rotated(ffmpeg: Path, folder: Path, degrees: int, size: tuple[int, int] = SIZE) -> Path:
    """Make a clip that a player turns; its container says so."""
    upright = clips.make_clip(ffmpeg, folder / "upright.mkv", frames=FRAMES, size=size, keyint=10)
    path = folder / f"rotated-{degrees}.mkv"
    clips.run_ffmpeg(ffmpeg, "-display_rotation", str(degrees), "-i", upright, "-c", "copy", path)
    return path


def oriented(ffmpeg: Path, folder: Path, orientation: str) -> Path:
    """Make a clip whose H.264 stream says how it is to be shown."""
    upright = clips.make_clip(ffmpeg, folder / "upright.mkv", frames=FRAMES, size=SIZE, keyint=10)
    path = folder / "oriented.mkv"
    wanted = f"h264_metadata=display_orientation=insert:{orientation}"
    clips.run_ffmpeg(ffmpeg, "-i", upright, "-c", "copy", "-bsf:v", wanted, path)
    return path


def projection(path: Path) -> list[float]:
    """Return the rolls that a file's head gives, as Matroska has them."""
    marker = bytes.fromhex("767588")
    head = path.read_bytes()[:4096]
    return [struct.unpack(">d", head[at.end() : at.end() + 8])[0] for at in re.finditer(marker, head)]


@pytest.mark.parametrize("degrees", [90, -90, 180])
def test_a_turned_picture_is_encoded_as_it_is_and_turned_by_the_player(
    ffmpeg: Path, tmp_path: Path, degrees: int
) -> None:
    source = rotated(ffmpeg, tmp_path, degrees)
    assert inspect(source)[0].video.rotation % 360 == degrees % 360
    project, video = finish(tmp_path, source, settings="[crop]\nrect = '128:96:16:0'\n")
    assert (video.width, video.height) == (128, 96)
    assert video.rotation % 360 == degrees % 360
    assert projection(output_of(project)) == [degrees]
    assert expected(project, "video rotation") == str(degrees % 360)
    assert expected(project, "decoded frames") == str(FRAMES)
    given = plane(ffmpeg, source, pix_fmt="gray", filters="crop=128:96:16:0")
    made = plane(ffmpeg, output_of(project), pix_fmt="gray")
    assert sum(abs(a - b) for a, b in zip(given, made, strict=True)) / len(given) < 6


def test_a_turned_picture_is_measured_as_it_is_coded(ffmpeg: Path, tmp_path: Path) -> None:
    project = new_project(tmp_path / "project", rotated(ffmpeg, tmp_path, 90, FLAT))
    closest = "[quality]\nout_of_reach = 'closest'\nmax_encodes = 1\n"
    project.target(f"{closest}[crop]\nrect = '512:40:64:12'\n")
    project.doit()
    records = [json.loads(path.read_text()) for path in (project.root / "work").glob("*/encoded/*.json")]
    assert records
    assert all(record["scores"]["harmonic"] > 60 for record in records)


def test_ab_av1_which_would_turn_it_is_not_asked(ab_av1: AbAv1, ffmpeg: Path, tmp_path: Path) -> None:
    project = new_project(tmp_path / "project", rotated(ffmpeg, tmp_path, 90, FLAT))
    engine = "[quality]\nengine = 'ab-av1'\nmax_encodes = 1\nout_of_reach = 'closest'\n"
    engine += f"[tools]\nab_av1 = '{ab_av1.program}'\n"
    project.target(f"{engine}[crop]\nrect = '512:40:64:12'\n")
    project.doit()
    logs = (path.read_text() for path in (project.root / "work").glob("*/logs/encode.log"))
    assert "crf-search" not in "".join(logs)


def test_a_rotation_in_the_stream_is_written_into_the_container(ffmpeg: Path, tmp_path: Path) -> None:
    project, video = finish(tmp_path, oriented(ffmpeg, tmp_path, "rotate=90"))
    assert (video.width, video.height, video.rotation % 180) == (*SIZE, 90)
    assert len(projection(output_of(project))) == 1
    assert expected(project, "video rotation") == str(video.rotation % 360)


@pytest.mark.parametrize(
    ("orientation", "left"),
    [("flip=horizontal", 0), ("flip=vertical", 0), ("flip=horizontal:rotate=90", 90)],
)
def test_a_mirrored_picture_is_turned_by_a_filter(
    ffmpeg: Path, tmp_path: Path, orientation: str, left: int
) -> None:
    """Shown by a player that turns and mirrors, source and output are the same picture."""
    source = oriented(ffmpeg, tmp_path, orientation)
    assert inspect(source)[0].video.mirrored
    # asymmetric, so that a crop of the wrong side shows
    project, video = finish(tmp_path, source, settings="[crop]\nrect = '128:80:0:0'\n")
    assert (video.mirrored, video.rotation % 180, video.frames) == (False, left, FRAMES)
    way = {"flip=horizontal": "hflip", "flip=vertical": "vflip"}.get(orientation, "hflip")
    given = plane(ffmpeg, source, pix_fmt="gray", filters=f"{way},crop=128:80:0:0")
    made = plane(ffmpeg, output_of(project), pix_fmt="gray")
    assert sum(abs(a - b) for a, b in zip(given, made, strict=True)) / len(given) < 6
    whole, cut = shown(ffmpeg, source), shown(ffmpeg, output_of(project))
    assert len(cut) == 128 * 80 < len(whole) == SIZE[0] * SIZE[1]


def test_a_mirrored_picture_without_a_crop_is_shown_as_the_source(ffmpeg: Path, tmp_path: Path) -> None:
    source = oriented(ffmpeg, tmp_path, "flip=horizontal:rotate=90")
    project, _ = finish(tmp_path, source)
    given, made = shown(ffmpeg, source), shown(ffmpeg, output_of(project))
    assert sum(abs(a - b) for a, b in zip(given, made, strict=True)) / len(given) < 6


def shown(ffmpeg: Path, path: Path) -> bytes:
    """Return the luma of the first picture as a player turns it."""
    return clips.run_ffmpeg(ffmpeg, "-i", path, "-frames:v", "1", "-pix_fmt", "gray", "-f", "rawvideo", "-")


@pytest.mark.parametrize(("given", "kept"), [(0, 0), (270, -90), (-180, 180), (360, 0), (45, 45), (-90, -90)])
def test_a_roll_is_from_minus_180_to_180(given: int, kept: int) -> None:
    assert signed(given) == kept


RGB_CODERS: dict[str, tuple[str, ...]] = {
    "gbrp": ("-c:v", "libx264rgb", "-qp", "0", "-preset", "ultrafast"),
    "bgr0": ("-c:v", "ffv1", "-pix_fmt", "bgr0"),
    "gbrp10le": ("-c:v", "ffv1", "-pix_fmt", "gbrp10le"),
    "xyz12le": ("-c:v", "libopenjpeg", "-pix_fmt", "xyz12le", "-cinema_mode", "2k_24"),
}


@pytest.mark.parametrize("pix_fmt", RGB_CODERS)
def test_rgb_becomes_yuv_by_a_stated_matrix_with_the_same_colours(
    ffmpeg: Path, tmp_path: Path, pix_fmt: str
) -> None:
    source = tmp_path / "rgb.mkv"
    inputs = ["-filter_complex", BARS, "-frames:v", str(FRAMES)]
    clips.run_ffmpeg(ffmpeg, *inputs, *RGB_CODERS[pix_fmt], *clips.STRIPPED.split(), source)
    info = inspect(source)[0]
    assert (info.video.pix_fmt, info.video.colour.range) == (pix_fmt, "pc")
    assert "by the matrix bt470bg and in the limited range" in limits(info)[0]
    project, video = finish(tmp_path, source)
    assert (video.colour.matrix, video.colour.range) == ("bt470bg", "tv")
    assert (expected(project, "video colour matrix"), expected(project, "video colour range")) == (
        "bt470bg",
        "tv",
    )
    shown = plane(ffmpeg, output_of(project), pix_fmt="rgb24")
    width, height = SIZE
    for x, colour in ((20, (255, 0, 0)), (140, (0x20, 0x40, 0xC0))):
        at = (height // 2 * width + x) * 3
        assert all(abs(a - b) <= 6 for a, b in zip(shown[at : at + 3], colour, strict=True)), shown[
            at : at + 3
        ]


@pytest.mark.parametrize("pix_fmt", ["bgr0", "yuvj420p"])
def test_the_quality_is_measured_by_the_same_matrix_and_range(
    ffmpeg: Path, tmp_path: Path, pix_fmt: str
) -> None:
    source = tmp_path / "clip.mkv"
    graph = f"{clips.moving_picture(FLAT, '24')},scale=out_range=pc,format={pix_fmt}"
    inputs = ["-f", "lavfi", "-i", graph, "-frames:v", "24"]
    coded = ["-c:v", "ffv1" if pix_fmt == "bgr0" else "libx264", "-pix_fmt", pix_fmt]
    clips.run_ffmpeg(ffmpeg, *inputs, *coded, source)
    assert inspect(source)[0].video.colour.range == "pc"
    project = new_project(tmp_path / "project", source)
    project.target("[quality]\nout_of_reach = 'closest'\n")
    project.doit()
    [path] = project.work().glob("encoded/*.json")
    record = json.loads(path.read_text())
    assert record["scores"]["harmonic"] == pytest.approx(93, abs=3)
    # VMAF hardly minds a wrong matrix, so look at what was asked for, too
    log = (project.work() / "logs" / "encode.log").read_text()
    measured = [line for line in log.splitlines() if line.startswith("$") and "libvmaf" in line]
    assert ("out_color_matrix=bt470bg" in measured[-1]) == (pix_fmt == "bgr0")


@pytest.mark.parametrize("pix_fmt", ["yuvj420p", "yuvj422p", "yuvj444p"])
def test_full_range_stays_full_range(ffmpeg: Path, tmp_path: Path, pix_fmt: str) -> None:
    graph = f"color=white:s={SIZE[0]}x{SIZE[1]}:r=24,scale=out_range=pc,format={pix_fmt}"
    source = clips.make_clip(ffmpeg, tmp_path / "full.mkv", frames=FRAMES, graph=graph, pix_fmt=pix_fmt)
    assert inspect(source)[0].video.colour.range == "pc"
    project, video = finish(tmp_path, source)
    assert (video.colour.range, expected(project, "video colour range")) == ("pc", "pc")
    luma = struct.unpack(f"<{SIZE[0] * SIZE[1]}H", plane(ffmpeg, output_of(project), pix_fmt="gray10le"))
    assert min(luma) > 1015, "white is 1023 there, 940 in the limited range"


def samples(path: Path) -> list[list[int]]:
    """Return the first picture's planes as they are decoded, no conversion between."""
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
    assert isinstance(frame, av.VideoFrame)
    size = "H" if frame.format.components[0].bits > 8 else "B"
    planes = []
    for plane in frame.planes:
        values = memoryview(bytes(plane)).cast(size)
        stride = len(values) // plane.height
        planes.append(
            [value for row in range(plane.height) for value in values[row * stride :][: plane.width]]
        )
    return planes


@pytest.mark.parametrize(
    ("codec", "pix_fmt", "colours"),
    [
        ("libx264 -qp 4", "gray", "pc"),
        ("libx264 -qp 4", "gray10le", "pc"),
        ("libx265 -preset ultrafast -qp 4 -x265-params log-level=none", "gray", "pc"),
        ("libx265 -preset ultrafast -qp 4 -x265-params log-level=none:range=limited", "gray", "tv"),
        ("ffv1", "gray10le", "pc"),
        ("ffv1", "gray10le", "tv"),
    ],
)
def test_grey_stays_grey_with_its_range(
    ffmpeg: Path, tmp_path: Path, codec: str, pix_fmt: str, colours: str
) -> None:
    source = tmp_path / "grey.mkv"
    steps = f"nullsrc=s={SIZE[0]}x{SIZE[1]}:r=24,format=gray,geq=lum='16*floor(X/16)+60',format={pix_fmt}"
    steps += f",setrange={colours}"
    inputs = ["-f", "lavfi", "-i", steps, "-frames:v", str(FRAMES)]
    clips.run_ffmpeg(ffmpeg, *inputs, "-c:v", *codec.split(), "-color_range", colours, source)
    assert inspect(source)[0].video.colour.range == colours
    project, video = finish(tmp_path, source)
    assert (video.pix_fmt, expected(project, "video colour range")) == ("yuv420p10le", colours)
    given, made = samples(source)[0], samples(output_of(project))
    scale = 4 if max(given) < 256 else 1
    assert max(abs(scale * a - b) for a, b in zip(given, made[0], strict=True)) < 40
    assert abs(sum(scale * a - b for a, b in zip(given, made[0], strict=True))) / len(given) < 4
    assert all(abs(value - 512) <= 2 for chroma in made[1:] for value in chroma)


def test_dark_full_range_pictures_are_not_taken_for_bars(ffmpeg: Path, tmp_path: Path) -> None:
    """Luma of 16 is black in the limited range and 6 % of white in the full one."""
    picture = "color=gray:s=160x64:r=24,format=yuvj420p,lutyuv=y=160:u=128:v=128"
    found = {}
    for level in (0, 16):
        edges = f"color=black:s=160x16:r=24,format=yuvj420p,lutyuv=y={level}:u=128:v=128,split[t][b]"
        graph = f"{edges};{picture}[p];[t][p][b]vstack=3"
        source = tmp_path / f"{level}.mkv"
        inputs = ["-filter_complex", graph, "-frames:v", str(FRAMES)]
        coded = ["-c:v", "libx264", "-qp", "1", "-pix_fmt", "yuvj420p", "-color_range", "pc"]
        clips.run_ffmpeg(ffmpeg, *inputs, *coded, source)
        info = inspect(source)[0]
        crop = detect_crop(source, info, tmp_path / "crop.json", enabled=True, rect=None, threshold=24 / 255)
        assert crop.threshold == full_range_threshold(24 / 255) == pytest.approx(8 / 219)
        found[level] = crop.rect.height
    assert found == {0: 64, 16: 96}


@pytest.mark.parametrize(
    ("pix_fmt", "codec", "note"),
    [
        ("yuv444p", "h264", "4:4:4 chroma comes out as 4:2:0"),
        ("yuv422p10le", "h264", "4:2:2 chroma comes out as 4:2:0"),
        ("yuv420p12le", "hevc", "12 bits of each sample come out as 10"),
    ],
)
def test_what_the_encode_does_not_hold_is_said(
    ffmpeg: Path, tmp_path: Path, pix_fmt: str, codec: str, note: str
) -> None:
    source = clips.make_clip(
        ffmpeg, tmp_path / "more.mkv", codec=codec, frames=FRAMES, size=SIZE, pix_fmt=pix_fmt
    )
    project = new_project(tmp_path / "project", source)
    assert note in project.doit().output
    assert inspect(output_of(project))[0].video.pix_fmt == "yuv420p10le"


@pytest.mark.media
def test_a_real_clip_in_444_says_so(media: Callable[[str], Path]) -> None:
    assert limits(inspect(media("chapters_444.mkv"))[0]) == ["4:4:4 chroma comes out as 4:2:0"]


def packed(ffmpeg: Path, path: Path, inputs: Sequence[str], options: Sequence[str | Path]) -> Path:
    clips.run_ffmpeg(ffmpeg, *inputs, *options, path)
    return path


def test_one_picture_of_several_is_encoded_and_a_cover_and_unnamed_tracks_are_kept(
    ffmpeg: Path, tmp_path: Path
) -> None:
    cover = tmp_path / "cover.png"
    clips.run_ffmpeg(ffmpeg, "-f", "lavfi", "-i", "testsrc2=s=64x96", "-frames:v", "1", "-update", "1", cover)
    inputs = [
        *("-f", "lavfi", "-i", "testsrc2=s=160x96:r=24:d=1"),
        *("-f", "lavfi", "-i", "testsrc=s=64x64:r=24:d=1"),
        *("-f", "lavfi", "-i", "sine=440:d=1", "-f", "lavfi", "-i", "sine=660:d=1"),
    ]
    tracks = ["-map", "0", "-map", "1", "-map", "2", "-map", "3", "-metadata:s:a:1", "language=ger"]
    coded = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "flac"]
    attach: list[str | Path] = ["-attach", cover, "-metadata:s:t", "mimetype=image/png"]
    attach += ["-metadata:s:t", "filename=cover.png"]
    source = packed(ffmpeg, tmp_path / "several.mkv", inputs, [*tracks, *coded, *attach])
    project = new_project(tmp_path / "project", source)
    assert "video track 1 (h264 64x64, 24 frames) is left out" in project.doit().output
    info = inspect(output_of(project))[0]
    assert (info.video.width, info.video.height, info.video.rate) == (160, 96, Fraction(24))
    assert info.other_video == ()
    assert [track.language for track in (info.video, *info.audio)] == [None, None, "ger"]
    [kept] = info.attachments
    assert (kept.filename, kept.mimetype, kept.size) == ("cover.png", "image/png", cover.stat().st_size)
    with av.open(str(output_of(project))) as container:
        assert [stream.metadata.get("language") for stream in container.streams.audio] == [None, "ger"]
