"""A segment that misses its target by little gets another tail, not another encode."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import av
import pytest

from drapto.encoding.attempts import Attempts
from drapto.encoding.segment import encode
from drapto.engine.context import file_url
from drapto.quality.scores import scores_of
from tests import clips
from tests.encodes import job, request, shape, target

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.encoding.record import EncodedSegment
    from drapto.engine.context import StageContext

FRAMES, GOP = 192, 64


@pytest.fixture(scope="module")
def clip(ffmpeg: Path, clip_cache: Path) -> Path:
    path = clip_cache / "splicing.mkv"
    pictures = "mandelbrot=s=640x64:r=24:start_scale=0.4:end_scale=0.003:end_pts=192,trim=end_frame=192"
    noise = "noise=alls=9:all_seed=3:allf=t,format=yuv420p"
    clips.run_ffmpeg(
        ffmpeg,
        *("-filter_complex", f"{pictures},{noise}", "-c:v", "libx264", "-preset", "ultrafast"),
        *("-crf", "8", path),
    )
    return path


def encoded(
    clip: Path, folder: Path, context: StageContext, *, score: float, tolerance: float, thorough: bool = False
) -> EncodedSegment:
    aim = target(score, tolerance=tolerance, highest=60, thorough=thorough)
    asked = request(clip, folder / "encoded", width=640, height=64)
    whole = dataclasses.replace(job(asked, shape(FRAMES, keyint=GOP), aim), attempts=folder / "attempts")
    return encode(whole, context).segment


def measured(ffmpeg: Path, encoded: Path, clip: Path, log: Path) -> list[float]:
    shown = "scale=1920:192:flags=bicubic,settb=1/24,setpts=N"
    ticks = f"[0:v]{shown}[a];[1:v]format=yuv420p10le,{shown}[b]"
    clips.run_ffmpeg(
        ffmpeg,
        *("-i", file_url(encoded), "-i", file_url(clip), "-lavfi"),
        *(f"{ticks};[a][b]libvmaf=log_fmt=json:log_path={log}", "-f", "null", "-"),
    )
    return [frame["metrics"]["vmaf"] for frame in json.loads(log.read_text())["frames"]]


@pytest.fixture(scope="module")
def spliced(
    clip: Path, tmp_path_factory: pytest.TempPathFactory, shared_job: StageContext
) -> tuple[Path, EncodedSegment]:
    """Return a segment that was spliced: among several targets, one is just missed."""
    for score in (90.0, 88.0, 86.0, 92.0, 84.0):
        folder = tmp_path_factory.mktemp("spliced")
        record = encoded(clip, folder, shared_job, score=score, tolerance=0.4)
        if record.stretches:
            return folder, record
    raise AssertionError("no target was missed by little")


def test_it_is_at_the_target(
    spliced: tuple[Path, EncodedSegment], clip: Path, ffmpeg: Path, tmp_path: Path
) -> None:
    folder, record = spliced
    frames = measured(ffmpeg, folder / "encoded" / "0001.mkv", clip, tmp_path / "vmaf.json")
    assert len(frames) == record.frames == FRAMES
    assert record.scores is not None
    assert record.scores.harmonic == pytest.approx(scores_of("vmaf", frames).harmonic, abs=0.15)
    assert 0 <= len(record.scores.values) - FRAMES // record.scores.stride <= 1
    assert abs(record.scores.harmonic - (record.target or 0)) <= 0.4
    assert record.why == "target"


def test_it_is_spliced_at_a_keyframe_and_says_so(spliced: tuple[Path, EncodedSegment]) -> None:
    folder, record = spliced
    head, tail = record.stretches
    assert head.frames % GOP == 0
    assert head.frames + tail.frames == FRAMES
    assert head.crf != tail.crf
    assert record.crf == pytest.approx((head.frames * head.crf + tail.frames * tail.crf) / FRAMES, abs=0.01)
    with av.open(str(folder / "encoded" / "0001.mkv")) as container:
        decoded = [frame.key_frame for frame in container.decode(video=0)]
    assert len(decoded) == FRAMES
    assert decoded[head.frames]


def test_it_cost_less_than_another_encode(spliced: tuple[Path, EncodedSegment]) -> None:
    folder, record = spliced
    known = Attempts.read(folder / "attempts" / "0001.json")
    assert record.encodes == pytest.approx(
        sum(FRAMES - one.first for one in known.attempts) / FRAMES, abs=1e-3
    )
    assert any(one.first for one in known.attempts) or len(known.attempts) > 1
    assert list((folder / "attempts").glob("*.mkv")) == []


def test_what_is_there_is_not_searched_again(
    spliced: tuple[Path, EncodedSegment], clip: Path, context: StageContext
) -> None:
    folder, record = spliced
    content = (folder / "encoded" / "0001.mkv").read_bytes()
    before = Attempts.read(folder / "attempts" / "0001.json")
    again = encoded(clip, folder, context, score=record.target or 0, tolerance=0.4)
    assert again == record
    assert (folder / "encoded" / "0001.mkv").read_bytes() == content
    assert Attempts.read(folder / "attempts" / "0001.json") == before


def test_what_is_gone_is_spliced_again_of_the_same_bytes(
    spliced: tuple[Path, EncodedSegment], clip: Path, context: StageContext
) -> None:
    folder, record = spliced
    path = folder / "encoded" / "0001.mkv"
    content = path.read_bytes()
    path.unlink()
    again = encoded(clip, folder, context, score=record.target or 0, tolerance=0.4)
    assert again.stretches == record.stretches
    assert path.read_bytes() == content


def test_more_frames_are_measured_without_another_encode(
    spliced: tuple[Path, EncodedSegment], clip: Path, context: StageContext
) -> None:
    folder, record = spliced
    before = [(one.crf, one.starts) for one in Attempts.read(folder / "attempts" / "0001.json").attempts]
    again = encoded(clip, folder, context, score=record.target or 0, tolerance=0.65, thorough=True)
    assert again.stretches == record.stretches
    assert again.scores is not None
    assert (again.scores.stride, len(again.scores.values)) == (1, FRAMES)
    after = [(one.crf, one.starts) for one in Attempts.read(folder / "attempts" / "0001.json").attempts]
    assert after == before
