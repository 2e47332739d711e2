"""What ffmpeg is asked to measure, and how its answers are read."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from drapto.engine.process import Finished
from drapto.errors import ToolFailedError
from drapto.media.model import CropRect
from drapto.quality.metrics import METRICS, Reference, escaped

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

    def run_ffmpeg(self, arguments: Sequence[str | Path], *, log: str, about: Path | None = None) -> Finished:
        """Write it where the scores are wanted."""
        del log, about
        self.asked = [str(one) for one in arguments]
        Path("scores").write_text(self.text)
        return Finished(stdout=b"", stderr="", seconds=1.0, cpu_seconds=0.5)

    @property
    def filters(self) -> list[str]:
        """The filter graph's chains."""
        return self.asked[self.asked.index("-filter_complex") + 1].split(";")


def measured(metric: str, text: str, folder: Path, monkeypatch: pytest.MonkeyPatch, stride: int) -> Answering:
    """Measure with ffmpeg's answer ``text``; return what was asked."""
    monkeypatch.chdir(folder)
    context = Answering(text)
    METRICS[metric].measure(
        Path("encode.mkv"),
        REFERENCE,
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
    asked = measured("vmaf", vmaf_of(*[93.0] * 10), tmp_path, monkeypatch, 9)
    chosen, tick = "select='lt(mod(n+1,9),3)',", "settb=1001/24000,setpts=N"
    assert asked.filters == [
        f"[0:v:0]{chosen}format=yuv420p10le,{tick}[encode]",
        f"[1:2]{chosen}format=yuv420p10le,{tick}[reference]",
        (
            "[encode][reference]libvmaf=model=version=vmaf_v0.6.1:n_threads=2:n_subsample=3"
            ":log_fmt=json:log_path=scores:shortest=1"
        ),
    ]
    assert asked.asked[asked.asked.index("-frames:v") + 1] == "90"


def test_xpsnr_leaves_no_frame_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f"n: {n}  XPSNR y: 40.0  XPSNR u: 43.0  XPSNR v: inf" for n in range(1, 91)]
    asked = measured("xpsnr", "\n".join(lines), tmp_path, monkeypatch, 9)
    assert not any("select" in one for one in asked.filters)
    assert asked.filters[-1] == "[encode][reference]xpsnr=stats_file=scores:shortest=1"


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
        measured("vmaf", vmaf_of(*[93.0] * 9), tmp_path, monkeypatch, 9)


@pytest.mark.parametrize("text", ["", "{}", '{"frames": [{"metrics": {}}]}'])
def test_an_answer_without_scores_is_an_error(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ToolFailedError, match=r"encode\.mkv: vmaf wrote no scores"):
        measured("vmaf", text, tmp_path, monkeypatch, 9)


@pytest.mark.parametrize(
    ("size", "model"),
    [
        ((1920, 1080), "vmaf_v0.6.1"),
        ((1440, 2560), "vmaf_v0.6.1"),
        ((2562, 1440), "vmaf_4k_v0.6.1"),
        ((1600, 1500), "vmaf_4k_v0.6.1"),
    ],
)
def test_the_model_is_of_the_pictures_size(size: tuple[int, int], model: str) -> None:
    width, height = size
    assert VMAF.model_for(replace(REFERENCE, width=width, height=height)) == model
    assert XPSNR.model_for(REFERENCE) == ""


def test_what_leads_to_a_references_frames() -> None:
    filtered = replace(REFERENCE, filters=("bwdif",), crop=CropRect(width=16, height=8, x=0, y=2))
    tail = filtered.part(30)
    assert (tail.first, tail.frames) == (30, 60)
    assert tail.prepare == "bwdif,trim=start_frame=30,"
    assert REFERENCE.convert == "format=yuv420p10le,"
    assert tail.part(10).first == 40


def test_a_name_that_filters_would_take_apart() -> None:
    assert escaped(Path("a:b,c'd")) == r"a\\:b\,c\\\'d"
