"""What ffmpeg is asked to measure, and how its answers are read."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drapto.engine.process import Finished
from drapto.errors import ToolFailedError
from drapto.media.filters import escaped
from drapto.media.model import CropRect
from drapto.quality.display import display_of
from drapto.quality.metrics import METRICS
from drapto.quality.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Sequence

REFERENCE = Reference(
    source=Path("source.mkv"),
    stream=2,
    crop=None,
    pix_fmt="yuv420p10le",
    width=1920,
    height=1080,
    frames=90,
    rate=Fraction(24000, 1001),
)

VMAF, XPSNR = METRICS["vmaf"], METRICS["xpsnr"]


class Answering:
    """Surroundings in which ffmpeg writes what a test says."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.asked: list[str] = []

    def run_ffmpeg(
        self,
        arguments: Sequence[str | Path],
        *,
        log: str,
        about: Path | None = None,
        on_progress: object = None,
    ) -> Finished:
        """Write it where the scores are wanted."""
        del log, about, on_progress
        self.asked = [str(one) for one in arguments]
        Path("scores").write_text(self.text)
        return Finished(stdout=b"", stderr="", seconds=1.0, cpu_seconds=0.5)

    @property
    def filters(self) -> list[str]:
        """The filter graph's chains."""
        return self.asked[self.asked.index("-filter_complex") + 1].split(";")


def measured(
    metric: str,
    text: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    stride: int,
    reference: Reference = REFERENCE,
) -> Answering:
    """Measure with ffmpeg's answer ``text``; return what was asked."""
    monkeypatch.chdir(folder)
    context = Answering(text)
    METRICS[metric].measure(
        Path("encode.mkv"),
        reference,
        Path("scores"),
        stride=stride,
        threads=2,
        context=context,  # type: ignore[arg-type]
        log="encode-0001",
    )
    return context


def vmaf_of(*scores: float) -> str:
    return json.dumps({"frames": [{"metrics": {"vmaf": score}} for score in scores]})


def test_vmaf_is_of_the_measured_frames_and_their_neighbours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = measured("vmaf", vmaf_of(91.0, *[93.0] * 10), tmp_path, monkeypatch, 9)
    chosen, tick = "select='between(n,1,2)+gte(n,3)*lt(mod(n-3,9),3)',", "settb=1001/24000,setpts=N"
    own = "select='eq(n,1)+gte(n,4)*not(mod(n-4,9))',"
    threefold = "settb=1/3,setpts=N*3,fps=3,tpad=stop=3,"
    assert asked.filters == [
        f"[0:v:0]{own}format=yuv420p10le,{threefold}{tick}[encode]",
        f"[1:2]trim=end_frame=90,{chosen}format=yuv420p10le,{tick}[reference]",
        (
            "[encode][reference]libvmaf=model=version=vmaf_v0.6.1:n_threads=2:n_subsample=3"
            ":log_fmt=json:log_path=scores:shortest=1[measured]"
        ),
    ]
    assert asked.asked[asked.asked.index("-frames:v") + 1] == "90"


@given(frames=st.integers(1, 400), half=st.integers(0, 12), rate=st.sampled_from([24, 60]))
def test_what_counts_is_every_nth_of_what_is_chosen(frames: int, half: int, rate: int) -> None:
    stride = 2 * half + 1
    display = display_of(1920, 1080, rate=Fraction(rate), family="v1")
    reference = replace(REFERENCE, frames=frames, display=display)
    first, reach = VMAF.first(reference, stride), display.reach
    counting = re.findall(r"\d+", VMAF.chosen(reference, stride))
    kept = list(range(frames))
    if first and counting:
        begin, end, *_ = map(int, counting)
        start = end + 1
        kept = [n for n in kept if begin <= n <= end or (n >= start and (n - start) % stride < reach.frames)]
    elif counting:
        kept = [n for n in kept if (n + reach.before) % stride < reach.frames]
    each = kept[:: reach.frames if counting else stride]
    assert each[1 if first else 0 :] == list(range(first, frames, stride))
    assert len(kept) <= VMAF.looked_at(reference, stride)
    if first:
        around = range(max(0, first - reach.before), first + reach.after + 1)
        assert set(around) <= set(kept), "what moves at the first is known"


def test_xpsnr_leaves_no_frame_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f"n: {n}  XPSNR y: 40.0  XPSNR u: 43.0  XPSNR v: inf" for n in range(1, 91)]
    asked = measured("xpsnr", "\n".join(lines), tmp_path, monkeypatch, 9)
    assert not any("select" in one for one in asked.filters)
    assert asked.filters[-1] == "[encode][reference]xpsnr=stats_file=scores:shortest=1[measured]"


def test_luma_weighs_four_times_a_plane_of_chroma(tmp_path: Path) -> None:
    path = tmp_path / "scores"
    path.write_text(
        "n:    1  XPSNR y: 40.0000  XPSNR u: 43.0000  XPSNR v: 46.0000\n"
        "n:    2  XPSNR y: inf  XPSNR u: inf  XPSNR v: inf\n"
        "\nXPSNR average, 2 frames  y: 40.0  u: 43.0  v: 46.0  (minimum: 40.0)\n"
    )
    assert XPSNR.read(path) == [pytest.approx((160 + 43 + 46) / 6), 100.0]


def test_other_frames_than_were_asked_for_are_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ToolFailedError, match=r"encode\.mkv: vmaf measured 9 frames of 10"):
        measured("vmaf", vmaf_of(*[93.0] * 10), tmp_path, monkeypatch, 9)


@pytest.mark.parametrize("text", ["", "{}", '{"frames": [{"metrics": {}}]}'])
def test_an_answer_without_scores_is_an_error(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ToolFailedError, match=r"encode\.mkv: vmaf wrote no scores"):
        measured("vmaf", text, tmp_path, monkeypatch, 9)


def test_both_pictures_are_shown_alike_and_only_those_that_are_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    display = display_of(720, 480, sar=Fraction(8, 9), rate=Fraction(60), family="v1")
    crop = CropRect(width=720, height=360, x=0, y=60)
    shown = replace(REFERENCE, width=720, height=360, crop=crop, display=display)
    asked = measured("vmaf", vmaf_of(91.0, *[93.0] * 7), tmp_path, monkeypatch, 13, shown)
    chosen = "select='between(n,0,2)+gte(n,3)*lt(mod(n-3,13),7)',"
    scaled = "setparams=colorspace=unknown,setparams=color_trc=unknown,scale=1440:810:flags=bicubic,"
    tick = "settb=1001/24000,setpts=N"
    own = "select='eq(n,0)+gte(n,7)*not(mod(n-7,13))',"
    sevenfold = "settb=1/7,setpts=N*7,fps=7,tpad=stop=7,"
    assert asked.filters == [
        f"[0:v:0]{own}format=yuv420p10le,{scaled}{sevenfold}{tick}[encode]",
        f"[1:2]trim=end_frame=90,{chosen}crop=720:360:0:60,format=yuv420p10le,{scaled}{tick}[reference]",
        (
            "[encode][reference]libvmaf=model=version=vmaf_v1.0.16_hfr_3d0h:n_threads=2:n_subsample=7"
            ":log_fmt=json:log_path=scores:shortest=1[measured]"
        ),
    ]
    assert VMAF.measurement(shown) == ("vmaf", "vmaf_v1.0.16_hfr_3d0h", "1440x1080", "")


def test_xpsnr_is_of_the_picture_as_it_is() -> None:
    small = replace(REFERENCE, width=640, height=360)
    assert XPSNR.measurement(small) == ("xpsnr", "", "", "")
    assert VMAF.measurement(small) == ("vmaf", "vmaf_v0.6.1", "1920x1080", "")
    assert VMAF.measurement(REFERENCE) == ("vmaf", "vmaf_v0.6.1", "", "")


def test_what_leads_to_a_references_frames() -> None:
    filtered = replace(REFERENCE, filters=("bwdif",), crop=CropRect(width=16, height=8, x=0, y=2))
    tail = filtered.part(30)
    assert (tail.first, tail.frames) == (30, 60)
    assert tail.prepare == "bwdif,trim=start_frame=30,"
    assert REFERENCE.convert == "format=yuv420p10le,"
    assert tail.part(10).first == 40


def test_a_name_that_filters_would_take_apart() -> None:
    assert escaped(Path("a:b,c'd")) == r"a\\:b\,c\\\'d"
