"""What files score as a display shows them: what plain ffmpeg says, by the command in docs/quality.md."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from drapto import load_config
from drapto.errors import SourceError
from drapto.output.score import score
from tests import clips

if TYPE_CHECKING:
    from collections.abc import Callable

    from drapto.config import Config
    from drapto.output.score import Score

FRAMES = 4

DOCS = Path(__file__).parents[2] / "docs" / "quality.md"

EXAMPLE = ("scale=1440:810:flags=bicubic,", "crop=720:360:0:60,", "settb=1/24,", "vmaf_v0.6.1")
"""What of the command in the docs is of its example: how large it is shown, the crop, the rate, the model."""


class Case(NamedTuple):
    """A film, and what of the command is its own.

    Attributes:
        size: Of its picture, pixels.
        scale, crop, settb, model: In place of `EXAMPLE`.
        sar: The shape of its pixels.
        bars: Its black bars.
        rate: Frames a second.
        settings: Those that are not the default.
    """

    size: tuple[int, int]
    scale: str
    crop: str
    settb: str
    model: str
    sar: str = "1"
    bars: clips.Bars = clips.NO_BARS
    rate: str = "24"
    settings: dict[str, object] = {}  # noqa: RUF012  nobody changes it


LETTERBOX = clips.Bars(top=60, bottom=60)

CASES = {
    "anamorphic DVD": Case((720, 480), "scale=1440:1080:flags=bicubic,", "", *EXAMPLE[2:], sar="8/9"),
    "letterboxed, cropped": Case((720, 480), *EXAMPLE, sar="8/9", bars=LETTERBOX),
    "letterboxed, whole": Case(
        (720, 480),
        "scale=1440:1080:flags=bicubic,",
        "",
        *EXAMPLE[2:],
        sar="8/9",
        bars=LETTERBOX,
        settings={"crop.enabled": False},
    ),
    "4K": Case((3840, 160), "", "", "settb=1/24,", "vmaf_4k_v0.6.1"),
    "60p": Case(
        (640, 160),
        "scale=1920:480:flags=bicubic,",
        "",
        "settb=1/60,",
        "vmaf_v1.0.16_hfr_3d0h",
        rate="60",
        settings={"quality.vmaf_model": "v1"},
    ),
    "phone": Case(
        (640, 160),
        "scale=1920:480:flags=bicubic,",
        "",
        "settb=1/24,",
        "vmaf_v1.0.16_5d0h",
        settings={"quality.vmaf_model": "v1", "quality.viewing": "phone"},
    ),
}


def settings(folder: Path, overrides: dict[str, object]) -> Config:
    return load_config(folder, environ={}, overrides=overrides)


def encode(ffmpeg: Path, source: Path, target: Path, *, filters: str = "null", frames: int = FRAMES) -> Path:
    """Encode the picture of a film quickly, and not well."""
    clips.run_ffmpeg(
        ffmpeg,
        *("-i", source, "-vf", f"{filters},format=yuv420p10le", "-frames:v", str(frames), "-an"),
        *("-c:v", "libsvtav1", "-preset", "12", "-crf", "45", "-fps_mode", "passthrough", target),
    )
    return target


def command_of_the_docs(ffmpeg: Path, output: Path, source: Path, own: tuple[str, str, str, str]) -> float:
    """Return what the command in the docs says, with what is a film's own in place of the example's."""
    (text,) = re.findall(r"```sh\nffmpeg (.*?)\n```", DOCS.read_text(), re.DOTALL)
    for example, other in zip(EXAMPLE, own, strict=True):
        assert example in text
        text = text.replace(example, other)
    text = text.replace("encoded.mkv", str(output)).replace("movie.mkv", str(source))
    run = subprocess.run(f"{ffmpeg} -nostdin {text}", shell=True, capture_output=True, check=True)  # noqa: S602
    return float(re.findall(r"VMAF score: ([\d.]+)", run.stderr.decode())[-1])


@pytest.mark.parametrize("name", CASES)
def test_plain_ffmpeg_says_the_same(name: str, ffmpeg: Path, tmp_path: Path) -> None:
    case = CASES[name]
    source = clips.make_clip(
        ffmpeg,
        tmp_path / "movie.mkv",
        frames=FRAMES,
        size=case.size,
        rate=case.rate,
        bars=case.bars,
        filters=f"setsar={case.sar}",
    )
    output = encode(ffmpeg, source, tmp_path / "encoded.mkv", filters=case.crop.rstrip(",") or "null")
    found = score(source, output, settings(tmp_path, case.settings))
    said = command_of_the_docs(ffmpeg, output, source, case[1:5])
    assert found.scores.harmonic == pytest.approx(said, abs=0.02)
    assert 20 < said < 99.9, "an encode that shows nothing"
    assert found.display.model == found.scores.model == case.model
    assert (found.frames, found.scores.stride, len(found.scores.values)) == (FRAMES, 1, FRAMES)


REAL = {
    "ntsc_letterbox_mpeg2.mkv": ("crop=704:352:0:64,", "scale=1440:792:flags=bicubic,", "vmaf_v0.6.1"),
    "city_mpeg2_opengop.mkv": ("", "scale=1920:1080:flags=bicubic,", "vmaf_v0.6.1"),
    "changi_4k_hevc.mkv": ("", "", "vmaf_4k_v0.6.1"),
}
"""Of real films: what is cut off, and how the rest is shown."""

COLUMNS = ",crop=320:3840:920:0"
"""Of a picture that is 3840 pixels high, enough to be judged on a display of 4K."""


@pytest.mark.parametrize("name", REAL)
def test_so_it_does_of_real_films(
    name: str, media: Callable[[str], Path], ffmpeg: Path, tmp_path: Path
) -> None:
    crop, scale, model = REAL[name]
    cut = f"trim=end_frame={FRAMES}" + (COLUMNS if "4k" in name else "")
    source = tmp_path / "movie.mkv"
    lossless = ("-c:v", "ffv1", "-an", "-sn", "-fps_mode", "passthrough")
    clips.run_ffmpeg(
        ffmpeg, "-threads", "1", "-noautorotate", "-i", media(name), "-vf", cut, *lossless, source
    )
    output = encode(ffmpeg, source, tmp_path / "encoded.mkv", filters=crop.rstrip(",") or "null")
    asked = crop.removeprefix("crop=").rstrip(",") or None
    found = score(source, output, settings(tmp_path, {}), crop=asked)
    said = command_of_the_docs(ffmpeg, output, source, (scale, crop, "settb=1/24,", model))
    assert found.scores.harmonic == pytest.approx(said, abs=0.02)
    assert found.display.model == model


@pytest.fixture(scope="module")
def strip(ffmpeg: Path, clip_cache: Path) -> Path:
    """Two seconds of a picture that is small on a display."""
    return clips.make_clip(ffmpeg, clip_cache / "strip.mkv", frames=48, size=(640, 64))


@pytest.fixture(scope="module")
def whole(strip: Path, ffmpeg: Path, tmp_path_factory: pytest.TempPathFactory) -> Score:
    """What an encode of all of it scores."""
    folder = tmp_path_factory.mktemp("whole")
    return score(strip, encode(ffmpeg, strip, folder / "out.mkv", frames=48), settings(folder, {}))


def test_every_nth_frame_is_a_part_of_all(strip: Path, whole: Score, tmp_path: Path) -> None:
    found = score(strip, Path(whole.output), settings(tmp_path, {}), every=7)
    assert found.scores.stride == 7
    assert found.scores.values == pytest.approx(whole.scores.values[3::7], abs=1e-3)


@pytest.mark.parametrize("every", [1, 3, 11])
def test_how_much_is_done_is_told_up_to_the_end(
    strip: Path, whole: Score, every: int, tmp_path: Path
) -> None:
    """ffmpeg counts frames beside those that are measured, too: by these alone it would end at 300 %."""
    told: list[float] = []
    score(strip, Path(whole.output), settings(tmp_path, {}), every=every, tell=told.append)
    assert told[-1] == pytest.approx(1, abs=0.25)


def test_the_lowest_moments_are_apart(whole: Score) -> None:
    times = [moment.time for moment in whole.worst]
    assert whole.worst[0].score == whole.scores.minimum
    assert len(times) > 1
    assert all(abs(one - other) >= 1 for one in times for other in times if one != other)
    assert whole.scores.minimum <= whole.scores.p5 <= whole.p10 <= whole.scores.mean


@pytest.mark.parametrize("container", ["mp4", "y4m", "avi"])
def test_of_any_file_that_ffmpeg_reads(container: str, strip: Path, ffmpeg: Path, tmp_path: Path) -> None:
    other = tmp_path / f"other.{container}"
    coded = ("-pix_fmt", "yuv420p") if container == "y4m" else ("-c:v", "mpeg4", "-qscale:v", "12")
    clips.run_ffmpeg(ffmpeg, "-i", strip, "-an", *coded, other)
    found = score(strip, other, settings(tmp_path, {}), every=5)
    assert found.frames == 48
    assert found.paired == "by number"
    assert (found.scores.harmonic > 99) == (container == "y4m")


def test_another_size_is_shown_as_large(strip: Path, whole: Score, ffmpeg: Path, tmp_path: Path) -> None:
    small = encode(ffmpeg, strip, tmp_path / "small.mkv", filters="scale=320:32", frames=48)
    found = score(strip, small, settings(tmp_path, {}), every=5)
    assert found.shown == whole.shown == (1920, 192)
    assert found.scores.harmonic < whole.scores.harmonic


def test_frames_that_were_left_out_are_known_by_their_times(
    strip: Path, whole: Score, ffmpeg: Path, tmp_path: Path
) -> None:
    gap = tmp_path / "gap.mkv"
    clips.run_ffmpeg(
        ffmpeg,
        *("-i", whole.output, "-vf", "select='not(between(n,10,12))'", "-fps_mode", "passthrough"),
        *("-c:v", "ffv1", gap),
    )
    found = score(strip, gap, settings(tmp_path, {}))
    assert found.paired == "by time, since the source has 48 frames and the output 45"
    left = [*whole.scores.values[:8], *whole.scores.values[15:]]
    assert [*found.scores.values[:8], *found.scores.values[12:]] == pytest.approx(left, abs=1.5)


def test_what_holds_other_frames_is_refused(strip: Path, ffmpeg: Path, tmp_path: Path) -> None:
    short = encode(ffmpeg, strip, tmp_path / "short.mkv", frames=40)
    with pytest.raises(SourceError, match=r"short\.mkv: has 40 frames, and the source 48"):
        score(strip, short, settings(tmp_path, {}))
    closed = tmp_path / "closed.mkv"
    clips.run_ffmpeg(
        ffmpeg, "-i", strip, "-vf", "select='not(eq(n,10))',setpts=N/24/TB", "-c:v", "ffv1", closed
    )
    with pytest.raises(SourceError, match="has 47 frames, and the source 48"):
        score(strip, closed, settings(tmp_path, {}))


def test_another_picture_is_refused(strip: Path, ffmpeg: Path, tmp_path: Path) -> None:
    other = encode(ffmpeg, strip, tmp_path / "other.mkv", filters="crop=320:64", frames=48)
    with pytest.raises(SourceError, match=r"shows 320x64, which is neither the source's 640x64.*--crop"):
        score(strip, other, settings(tmp_path, {}))
    found = score(strip, other, settings(tmp_path, {}), crop="320:64:160:0", every=11)
    assert str(found.crop) == "320:64:160:0"


def test_an_interlaced_source_is_held_against_as_it_is_encoded(ffmpeg: Path, tmp_path: Path) -> None:
    source = clips.make_interlaced(ffmpeg, tmp_path / "fields.mkv", frames=50)
    output = encode(
        ffmpeg, source, tmp_path / "whole.mkv", filters="bwdif=mode=send_frame:deint=all", frames=50
    )
    found = score(source, output, settings(tmp_path, {}), every=25)
    assert found.paired.startswith("by number, the source's fields interlaced")


def test_text_is_no_picture(strip: Path, tmp_path: Path) -> None:
    (tmp_path / "text.mkv").write_text("text")
    with pytest.raises(SourceError, match=r"text\.mkv: cannot be read by ffmpeg"):
        score(strip, tmp_path / "text.mkv", settings(tmp_path, {}))
