"""A segment that misses its target by little gets another tail, not another encode."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import av
import pytest

from drapto.encoding.attempts import Attempts
from drapto.encoding.targeted import encode_to_target
from drapto.engine.context import file_url
from drapto.quality.scores import scores_of
from drapto.quality.target import QualityTarget
from drapto.video.request import EncodeRequest
from tests import clips
from tests.encodes import settings

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.encoding.record import EncodedSegment
    from drapto.engine.context import StageContext

FRAMES, GOP = 192, 64


@pytest.fixture(scope="module")
def clip(ffmpeg: Path, clip_cache: Path) -> Path:
    path = clip_cache / "mending.mkv"
    pictures = "mandelbrot=s=320x180:r=24:start_scale=0.4:end_scale=0.003:end_pts=192,trim=end_frame=192"
    noise = "noise=alls=9:all_seed=3:allf=t,format=yuv420p"
    clips.run_ffmpeg(
        ffmpeg,
        *("-filter_complex", f"{pictures},{noise}", "-c:v", "libx264", "-preset", "ultrafast"),
        *("-crf", "8", path),
    )
    return path


def encode(
    clip: Path, folder: Path, context: StageContext, *, score: float, tolerance: float, thorough: bool = False
) -> EncodedSegment:
    target = QualityTarget(
        metric="vmaf",
        score=score,
        tolerance=tolerance,
        lowest=10,
        highest=60,
        most=6,
        thorough=thorough,
        engine="native",
        out_of_reach="closest",
    )
    request = EncodeRequest(
        source=clip,
        stream=0,
        target=folder / "encoded" / "0001.mkv",
        record=folder / "encoded" / "0001.json",
        index=1,
        slots=1,
        lp=1,
        attempts=folder / "attempts",
        width=320,
        height=180,
    )
    asked = settings(FRAMES, keyint=GOP, crf=None, target=target)
    return encode_to_target(request, asked, strategy="chunked", context=context)


def measured(ffmpeg: Path, encoded: Path, clip: Path, log: Path) -> list[float]:
    ticks = "[0:v]settb=1/24,setpts=N[a];[1:v]format=yuv420p10le,settb=1/24,setpts=N[b]"
    clips.run_ffmpeg(
        ffmpeg,
        *("-i", file_url(encoded), "-i", file_url(clip), "-lavfi"),
        *(f"{ticks};[a][b]libvmaf=log_fmt=json:log_path={log}", "-f", "null", "-"),
    )
    return [frame["metrics"]["vmaf"] for frame in json.loads(log.read_text())["frames"]]


@pytest.fixture(scope="module")
def mended(
    clip: Path, tmp_path_factory: pytest.TempPathFactory, shared_job: StageContext
) -> tuple[Path, EncodedSegment]:
    """Return a segment that was mended: among several targets, one is just missed."""
    for score in (90.0, 88.0, 86.0, 92.0, 84.0):
        folder = tmp_path_factory.mktemp("mended")
        record = encode(clip, folder, shared_job, score=score, tolerance=0.4)
        if record.stretches:
            return folder, record
    raise AssertionError("no target was missed by little")


def test_it_is_at_the_target(
    mended: tuple[Path, EncodedSegment], clip: Path, ffmpeg: Path, tmp_path: Path
) -> None:
    folder, record = mended
    frames = measured(ffmpeg, folder / "encoded" / "0001.mkv", clip, tmp_path / "vmaf.json")
    assert len(frames) == record.frames == FRAMES
    assert record.scores is not None
    assert record.scores.harmonic == pytest.approx(scores_of("vmaf", frames).harmonic, abs=0.15)
    assert 0 <= len(record.scores.values) - FRAMES // record.scores.step <= 1
    assert abs(record.scores.harmonic - (record.target or 0)) <= 0.4
    assert record.why == "target"


def test_it_is_joined_at_a_keyframe_and_says_so(mended: tuple[Path, EncodedSegment]) -> None:
    folder, record = mended
    head, tail = record.stretches
    assert head.frames % GOP == 0
    assert head.frames + tail.frames == FRAMES
    assert head.crf != tail.crf
    assert record.crf == pytest.approx((head.frames * head.crf + tail.frames * tail.crf) / FRAMES, abs=0.01)
    with av.open(str(folder / "encoded" / "0001.mkv")) as container:
        decoded = [frame.key_frame for frame in container.decode(video=0)]
    assert len(decoded) == FRAMES
    assert decoded[head.frames]


def test_it_cost_less_than_another_encode(mended: tuple[Path, EncodedSegment]) -> None:
    folder, record = mended
    known = Attempts.read(folder / "attempts" / "0001.json")
    assert record.encodes == pytest.approx(
        sum(FRAMES - one.first for one in known.attempts) / FRAMES, abs=1e-3
    )
    assert any(one.first for one in known.attempts) or len(known.attempts) > 1
    assert list((folder / "attempts").glob("*.mkv")) == []


def test_what_is_there_is_not_searched_again(
    mended: tuple[Path, EncodedSegment], clip: Path, context: StageContext
) -> None:
    folder, record = mended
    content = (folder / "encoded" / "0001.mkv").read_bytes()
    before = Attempts.read(folder / "attempts" / "0001.json")
    again = encode(clip, folder, context, score=record.target or 0, tolerance=0.4)
    assert again == record
    assert (folder / "encoded" / "0001.mkv").read_bytes() == content
    assert Attempts.read(folder / "attempts" / "0001.json") == before


def test_what_is_gone_is_joined_again_of_the_same_bytes(
    mended: tuple[Path, EncodedSegment], clip: Path, context: StageContext
) -> None:
    folder, record = mended
    path = folder / "encoded" / "0001.mkv"
    content = path.read_bytes()
    path.unlink()
    again = encode(clip, folder, context, score=record.target or 0, tolerance=0.4)
    assert again.stretches == record.stretches
    assert path.read_bytes() == content


def test_more_frames_are_measured_without_another_encode(
    mended: tuple[Path, EncodedSegment], clip: Path, context: StageContext
) -> None:
    folder, record = mended
    before = [(one.crf, one.starts) for one in Attempts.read(folder / "attempts" / "0001.json").attempts]
    again = encode(clip, folder, context, score=record.target or 0, tolerance=0.65, thorough=True)
    assert again.stretches == record.stretches
    assert again.scores is not None
    assert (again.scores.step, len(again.scores.values)) == (1, FRAMES)
    after = [(one.crf, one.starts) for one in Attempts.read(folder / "attempts" / "0001.json").attempts]
    assert after == before
