"""Pictures that are hard to crop, at 8 and 10 bit, SDR and PQ: the known answer, and nothing cut into."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from drapto.media.crop.detect import detect_crop
from drapto.media.probe import inspect
from tests import clips
from tests.clips import NO_BARS, Bars

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.media.model import CropInfo

SIZE = (160, 90)
FRAMES = 240
STEP = 8
"""Of what is drawn, every 8th frame is coded, as a keyframe: where there are many, no other is looked at."""

THRESHOLD = 24 / 255
SCOPE = Bars(top=12, bottom=12)

PQ = "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc"
FORMATS = {
    "8 bit": ("h264", "yuv420p", ""),
    "10 bit": ("h264", "yuv420p10le", ""),
    "8 bit PQ": ("h264", "yuv420p", PQ),
    "10 bit PQ": ("hevc", "yuv420p10le", PQ),
}


def black(first: int, height: int, when: str) -> str:
    return f"drawbox=y={first}:h={height}:color=black:t=fill:enable='{when}'"


def white(x: int, y: int, width: int, height: int, when: str = "1") -> str:
    return f"drawbox=x={x}:y={y}:w={width}:h={height}:color=white:t=fill:enable='{when}'"


class Case(NamedTuple):
    """What is shown: a moving picture in bars, filters over it, and what has to be kept of it."""

    rect: str
    bars: Bars = SCOPE
    filters: str = ""
    size: tuple[int, int] = SIZE


TALL = Bars(top=4, bottom=4)

CASES = {
    "plain": Case("160:66:0:12"),
    "no bars": Case("160:90:0:0", NO_BARS),
    "taller scenes": Case("160:82:0:4", TALL, f"{black(0, 12, 'lt(n,160)')},{black(78, 12, 'lt(n,160)')}"),
    # a second of 2.39:1 in 1.95:1, and the other way round
    "a taller scene": Case(
        "160:82:0:4",
        TALL,
        f"{black(0, 12, 'not(between(n,100,123))')},{black(78, 12, 'not(between(n,100,123))')}",
    ),
    "a lower scene": Case(
        "160:82:0:4", TALL, f"{black(0, 12, 'between(n,100,123)')},{black(78, 12, 'between(n,100,123)')}"
    ),
    "dark skies": Case("160:66:0:12", filters=black(0, 45, "between(n,40,180)")),
    "hardly ever light": Case("160:66:0:12", filters=black(0, 90, "gte(n,70)")),
    "a flash": Case("160:66:0:12", filters=white(0, 0, 160, 90, "between(n,64,66)")),
    "a speck in the bar": Case("160:66:0:12", filters=white(80, 3, 2, 2)),
    "subtitles in the bar": Case("160:74:0:12", filters=white(50, 80, 60, 6, "lt(mod(n,80),24)")),
    "one subtitle in the bar": Case("160:74:0:12", filters=white(50, 80, 60, 6, "between(n,100,136)")),
    "a subtitle in each bar": Case(
        "160:86:0:4",
        filters=f"{white(50, 4, 60, 6, 'lt(mod(n,80),24)')},{white(50, 84, 60, 6, 'lt(mod(n,96),24)')}",
    ),
    "uneven bars": Case("144:66:6:4", Bars(left=6, right=10, top=4, bottom=20)),
    "pillarbox": Case("120:90:20:0", Bars(left=20, right=20)),
    "bars all around": Case("112:66:24:12", Bars(left=24, right=24, top=12, bottom=12)),
    # the edge is between lines 10 and 12 above, 76 and 78 below
    "jitter": Case(
        "160:68:0:10", Bars(top=22, bottom=22), "crop=160:90:0:'10+2*mod(floor(n/8),2)'", size=(160, 110)
    ),
    # 4:2:0 needs even numbers: a single line at an edge may go, as it does with ffmpeg's cropdetect
    "odd bars": Case("160:64:0:12", Bars(top=12, bottom=13)),
}


def find(source: Path, folder: Path) -> CropInfo:
    info, _ = inspect(source, digest="d")
    target = folder / "crop.json"
    return detect_crop(source, info, target, enabled=True, rect=None, threshold=THRESHOLD)


def make(ffmpeg: Path, target: Path, case: Case, form: str) -> Path:
    codec, pix_fmt, tags = FORMATS[form]
    filters = ",".join(one for one in (case.filters, tags, f"framestep={STEP}") if one)
    shape = {"frames": FRAMES // STEP, "keyint": 1, "bframes": 0, "size": case.size, "bars": case.bars}
    # coders save on what is of keyframes alone, and would make black another one
    shape["options"] = ("-crf", "16")
    return clips.make_clip(ffmpeg, target, codec=codec, pix_fmt=pix_fmt, filters=filters, **shape)  # type: ignore[arg-type]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", CASES)
def test_the_known_answer(ffmpeg: Path, tmp_path: Path, name: str, form: str) -> None:
    found = find(make(ffmpeg, tmp_path / "clip.mkv", CASES[name], form), tmp_path)
    assert str(found.rect) == CASES[name].rect, found.reason
    assert (found.black is not None) is ("PQ" in form)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("gain", [0.04, 0.08, 0.12, 0.2])
def test_a_film_that_is_dark_throughout_is_not_cut_into(
    ffmpeg: Path, tmp_path: Path, gain: float, form: str
) -> None:
    dark = f"lutyuv=y='minval+(val-minval)*{gain}'"
    found = find(make(ffmpeg, tmp_path / "clip.mkv", Case("", SCOPE, dark), form), tmp_path)
    assert found.rect.y <= SCOPE.top
    assert found.rect.y + found.rect.height >= SIZE[1] - SCOPE.bottom
    assert found.rect.width == SIZE[0]


@pytest.mark.parametrize(("level", "rect"), [(64, "160:66:0:12"), (110, "160:66:0:12"), (300, "160:90:0:0")])
def test_the_black_of_an_hdr_title_is_measured(ffmpeg: Path, tmp_path: Path, level: int, rect: str) -> None:
    raised = f"lutyuv=y='max(val,{level})'"
    case = Case(rect, SCOPE, f"format=yuv420p10le,lutyuv=y='max(val,64)+220*gt(val,70)',{raised}")
    found = find(make(ffmpeg, tmp_path / "clip.mkv", case, "10 bit PQ"), tmp_path)
    assert str(found.rect) == rect
    assert found.black == pytest.approx(level / 1023, abs=0.006)
    assert found.threshold == pytest.approx(min(max(1.5 * level, 128), 256) / 1023, rel=0.06)
