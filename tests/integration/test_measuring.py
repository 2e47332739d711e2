"""What metrics are given: the light of HDR pictures, lines for XPSNR; and wrong blocks, which none sees."""

from __future__ import annotations

import struct
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from drapto.errors import ToolFailedError
from drapto.quality.blocks import wrong_blocks
from drapto.quality.hdr import NOMINAL_PEAK, lit
from drapto.quality.metrics import METRICS
from drapto.quality.reference import Reference
from tests import clips

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.engine.context import StageContext
    from drapto.quality.metric import Measured

CODES = 1024
FRAMES = 8
RATE = Fraction(24)


def curve(ffmpeg: Path, light: str) -> list[int]:
    """Return what ffmpeg makes of each of 1,024 code values."""
    levels = struct.pack(f"<{CODES}H", *range(CODES)) * 2 + struct.pack("<H", 512) * CODES
    raw = clips.run_ffmpeg(
        ffmpeg,
        *("-f", "lavfi", "-i", f"color=s={CODES}x2,format=yuv420p10le,geq=lum=X:cb=512:cr=512"),
        *("-vf", f"{lit(light)}format=yuv420p10le", "-frames:v", "1", "-f", "rawvideo", "-"),
    )
    assert len(raw) == len(levels)
    return list(struct.unpack(f"<{CODES}H", raw[: 2 * CODES]))


def pq(luminance: float) -> float:
    """Return the PQ signal, 0 to 1, of a luminance in cd/m2 (SMPTE ST 2084)."""
    power = (luminance / 10_000) ** 0.1593017578125
    return float(((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375)


def pu21(luminance: float) -> float:
    """Return PU21's value (``banding_glare``), about 256 for 100 cd/m2."""
    power = luminance**0.9062562627
    fraction = (0.353487901 + 0.3734658629 * power) / (1 + 8.277049286e-05 * power)
    return float(596.3148142 * (fraction**0.09150303166 - 0.9099517204))


def test_pu21_is_that_of_its_authors() -> None:
    assert pu21(100) == pytest.approx(256, abs=1)
    assert pu21(0.005) == pytest.approx(0, abs=0.01)
    assert pu21(10_000) == pytest.approx(595.39, abs=0.01)


@pytest.mark.parametrize(("light", "black", "span"), [("pu21-pq", 64, 876), ("pu21-pq-full", 0, 1023)])
def test_pqs_light_becomes_steps_that_are_equally_visible(
    light: str, black: int, span: int, ffmpeg: Path
) -> None:
    codes = curve(ffmpeg, light)
    assert codes == sorted(codes)
    assert codes[: black + 1] == [black] * (black + 1)
    for luminance in (0.1, 1, 5, 20, 100, 203, 600, 1000):
        code = black + round(span * pq(luminance))
        expected = black + span * pu21(luminance) / pu21(NOMINAL_PEAK)
        assert codes[code] == pytest.approx(expected, abs=2), luminance
    if span == CODES - 1:
        return
    bright = codes[black + round(span * pq(1000)) : black + span : 20]
    assert bright == sorted(set(bright)), "what is brighter than SDR's white is not cut off"
    assert codes[-1] <= CODES - 1


def test_hlg_is_shown_by_a_display_of_1000(ffmpeg: Path) -> None:
    codes = curve(ffmpeg, "pu21-hlg")
    assert codes == sorted(codes)
    assert codes[64] == 64
    assert codes[940] == pytest.approx(940, abs=1)
    # 75 % is diffuse white, 203 cd/m2 (ITU-R BT.2408)
    assert codes[64 + round(0.75 * 876)] == pytest.approx(64 + 876 * pu21(203) / pu21(1000), abs=3)


PQ_COLOURS = "setparams=range=tv:color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc"


def make(
    ffmpeg: Path, folder: Path, filters: str, size: tuple[int, int] = (320, 192)
) -> tuple[Path, Reference]:
    """Return a lossless clip with colours of its own, and it as a reference."""
    path = folder / "source.mkv"
    picture = f"testsrc2=s={size[0]}x{size[1]}:r=24,noise=alls=6:all_seed=1,format=yuv420p10le,{filters}"
    clips.run_ffmpeg(ffmpeg, "-f", "lavfi", "-i", picture, "-frames:v", str(FRAMES), "-c:v", "ffv1", path)
    return path, Reference(
        source=path,
        stream=0,
        crop=None,
        pix_fmt="yuv420p10le",
        width=size[0],
        height=size[1],
        frames=FRAMES,
        rate=RATE,
    )


def encode(ffmpeg: Path, source: Path, target: Path, filters: str = "null") -> Path:
    clips.run_ffmpeg(
        ffmpeg,
        *("-i", source, "-vf", filters, "-fps_mode", "passthrough"),
        *("-c:v", "libsvtav1", "-preset", "12", "-crf", "45", target),
    )
    return target


def test_an_hdr_pictures_light_is_what_vmaf_sees(ffmpeg: Path, tmp_path: Path, context: StageContext) -> None:
    dark = f"lutyuv=y='64+(val-64)*0.55',{PQ_COLOURS}"
    source, reference = make(ffmpeg, tmp_path, dark, (1920, 96))
    made = encode(ffmpeg, source, tmp_path / "encode.mkv")

    def score(light: str) -> float:
        measured = METRICS["vmaf"].measure(
            made,
            replace(reference, light=light),
            tmp_path / "scores.json",
            stride=1,
            threads=1,
            context=context,
            log="vmaf",
        )
        scores = measured.scores
        assert (scores.light, scores.measurement.light) == (light, light)
        return scores.harmonic

    lut = lit("pu21-pq")
    tick = "settb=1/24,setpts=N"
    log = tmp_path / "plain.json"
    graph = f"[0]{lut}{tick}[e];[1]{lut}{tick}[r];[e][r]libvmaf=log_fmt=json:log_path={log}"
    clips.run_ffmpeg(ffmpeg, "-i", made, "-i", source, "-lavfi", graph, "-f", "null", "-")
    plain = METRICS["vmaf"].read(log)
    outside = len(plain) / sum(1 / (value + 1) for value in plain) - 1
    assert score("pu21-pq") == pytest.approx(outside, abs=0.1)
    assert score("pq") == score("")
    assert abs(score("pu21-pq") - score("pq")) > 0.2, "the curve changes nothing"


def test_a_part_of_an_encode_scores_what_it_does_in_the_whole(
    ffmpeg: Path, tmp_path: Path, context: StageContext
) -> None:
    source, whole = make(ffmpeg, tmp_path, "null", (1920, 96))
    made = encode(ffmpeg, source, tmp_path / "encode.mkv")

    def values(reference: Reference) -> tuple[float, ...]:
        measured = METRICS["vmaf"].measure(
            made,
            reference,
            tmp_path / "scores.json",
            stride=1,
            threads=1,
            context=context,
            log="vmaf",
        )
        return measured.scores.values

    # the motion at its ends is that of the frames around it, which the part does not have
    assert values(whole.window(3, 4))[1:-1] == values(whole)[4:6]


@pytest.mark.parametrize("crop", ["640:320:0:0", "624:320:8:0", "584:320:24:0", "576:320:0:0"])
def test_xpsnr_is_the_same_whatever_the_width(
    crop: str, ffmpeg: Path, tmp_path: Path, context: StageContext
) -> None:
    source, reference = make(ffmpeg, tmp_path, f"crop={crop}", (640, 320))
    width = int(crop.split(":", maxsplit=1)[0])
    made = encode(ffmpeg, source, tmp_path / "encode.mkv")
    measured = METRICS["xpsnr"].measure(
        made,
        replace(reference, width=width),
        tmp_path / "scores.txt",
        stride=1,
        threads=1,
        context=context,
        log="xpsnr",
    )
    assert 20 < measured.scores.minimum < measured.scores.mean < 45


def test_wrong_blocks_are_found_where_they_are(ffmpeg: Path, tmp_path: Path, context: StageContext) -> None:
    source, reference = make(ffmpeg, tmp_path, "null")
    # 70 of 1,023 steps too bright: 6.8 % of full scale, in 16x16 pixels of two frames
    block = "geq=lum='lum(X,Y)+70*between(X,64,79)*between(Y,32,47)':cb='cb(X,Y)':cr='cr(X,Y)'"
    wrong = f"split[a][b];[b]{block}[c];[a][c]overlay=enable='between(n,4,5)':format=yuv420p10"
    made = tmp_path / "encode.mkv"
    clips.run_ffmpeg(ffmpeg, "-i", source, "-filter_complex", wrong, "-c:v", "ffv1", made)
    found, _ = wrong_blocks(
        made, reference, tmp_path / "blocks.txt", threads=1, context=context, log="blocks"
    )
    assert [frame for frame, _ in found] == [4, 5]
    assert all(off == pytest.approx(6.8, abs=0.3) for _, off in found)
    later, _ = wrong_blocks(
        source, reference, tmp_path / "blocks.txt", threads=1, context=context, log="blocks"
    )
    assert later == ()


def test_only_the_measured_frames_of_an_encode_are_looked_at_and_score_the_same(
    ffmpeg: Path, tmp_path: Path, context: StageContext
) -> None:
    source, reference = make(ffmpeg, tmp_path, "null", (1280, 96))
    made = encode(ffmpeg, source, tmp_path / "encode.mkv")

    def measured(stride: int, kept: Path | None = None) -> Measured:
        return METRICS["vmaf"].measure(
            made,
            replace(reference, kept=kept),
            tmp_path / "scores.json",
            stride=stride,
            threads=1,
            context=context,
            log="vmaf",
        )

    every = measured(1)
    for stride in (5, 7):
        kept = tmp_path / "kept.nut"
        choose = f"format=yuv420p10le,{METRICS['vmaf'].chosen(reference, stride)}null"
        raw = ("-fps_mode", "passthrough", "-c:v", "rawvideo", "-f", "nut", "-y", kept)
        clips.run_ffmpeg(ffmpeg, "-i", source, "-vf", choose, *raw)
        found, again = measured(stride, kept), measured(stride)
        assert found.scores == again.scores
        assert found.scores.values == tuple(every.scores.values[one] for one in found.scores.numbers)
        assert (found.decoded, again.decoded) == (True, False)


def test_an_encode_that_does_not_decode_has_no_scores(
    ffmpeg: Path, tmp_path: Path, context: StageContext
) -> None:
    source, reference = make(ffmpeg, tmp_path, "null", (1280, 96))
    made = encode(ffmpeg, source, tmp_path / "encode.mkv")
    content = bytearray(made.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 400] = bytes(range(200)) * 2
    made.write_bytes(content)
    kept = tmp_path / "kept.nut"
    choose = f"format=yuv420p10le,{METRICS['vmaf'].chosen(reference, 5)}null"
    raw = ("-fps_mode", "passthrough", "-c:v", "rawvideo", "-f", "nut", "-y", kept)
    clips.run_ffmpeg(ffmpeg, "-i", source, "-vf", choose, *raw)
    with pytest.raises(ToolFailedError):
        METRICS["vmaf"].measure(
            made,
            replace(reference, kept=kept),
            tmp_path / "scores.json",
            stride=5,
            threads=1,
            context=context,
            log="vmaf",
        )
