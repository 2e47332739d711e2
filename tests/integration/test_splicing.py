"""A segment is encoded in parts, each of which makes up for those before it."""

from __future__ import annotations

import dataclasses
import itertools
import json
from typing import TYPE_CHECKING

import av
import pytest

from drapto.encoding.attempt_store import AttemptStore
from drapto.encoding.attempts import Attempts
from drapto.encoding.job import SegmentContext
from drapto.encoding.segment import encode
from drapto.encoding.trial_encodes import TrialEncodes
from drapto.engine.context import file_url
from drapto.quality.display import Display
from drapto.quality.dividing import starts
from drapto.quality.scores import scores_of
from tests import clips
from tests.encodes import job, request, shape, target

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.encoding.record import EncodedSegment
    from drapto.engine.context import StageContext
    from drapto.quality.scores import Scores
    from drapto.quality.target import QualityTarget
    from drapto.video.encode_settings import EncodeShape

FRAMES, GOP = 192, 64
DISPLAY = Display(model="vmaf_v0.6.1", width=960, height=96, coded_width=640, coded_height=64)
"""Half as large as it would be, which takes less time."""


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
    aim = target(score, tolerance=tolerance, highest=60, thorough=thorough, display=DISPLAY)
    asked = request(clip, folder / "encoded", width=640, height=64)
    whole = dataclasses.replace(job(asked, shape(FRAMES, keyint=GOP), aim), attempts=folder / "attempts")
    return encode(whole, context).segment


def measured(ffmpeg: Path, encoded: Path, clip: Path, log: Path) -> list[float]:
    shown = "scale=960:96:flags=bicubic,settb=1/24,setpts=N"
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
    """Return a segment that was encoded in parts."""
    folder = tmp_path_factory.mktemp("spliced")
    return folder, encoded(clip, folder, shared_job, score=88.0, tolerance=0.4)


def test_it_is_at_the_target(
    spliced: tuple[Path, EncodedSegment], clip: Path, ffmpeg: Path, tmp_path: Path
) -> None:
    folder, record = spliced
    frames = measured(ffmpeg, folder / "encoded" / "0001.mkv", clip, tmp_path / "vmaf.json")
    assert len(frames) == record.frames == FRAMES
    assert record.scores is not None
    each = [frames[number] for number in record.scores.numbers]
    assert record.scores.values == pytest.approx(each, abs=0.05), "each is that frame's"
    # 38 of 192 frames, no two of which are alike
    assert record.scores.harmonic == pytest.approx(scores_of("vmaf", frames).harmonic, abs=0.5)
    assert abs(len(record.scores.values) - FRAMES // record.scores.stride) <= 3, "one for each part"
    assert abs(record.scores.harmonic - (record.target or 0)) <= 0.4
    assert record.why == "target"


def test_it_is_spliced_at_a_keyframe_and_says_so(spliced: tuple[Path, EncodedSegment]) -> None:
    folder, record = spliced
    first = starts(FRAMES, 240)
    assert [one.frames for one in record.stretches] == [
        end - begin for begin, end in itertools.pairwise((*first, FRAMES))
    ]
    mean = sum(one.frames * one.crf for one in record.stretches) / FRAMES
    assert record.crf == pytest.approx(mean, abs=0.01)
    with av.open(str(folder / "encoded" / "0001.mkv")) as container:
        decoded = [frame.key_frame for frame in container.decode(video=0)]
    assert len(decoded) == FRAMES
    assert all(decoded[frame] for frame in first)


def measured_twice(
    source: Path, folder: Path, context: StageContext, how: EncodeShape, goal: QualityTarget
) -> tuple[Scores, Scores]:
    """Return the scores of frames that were kept while they were encoded, and of the same, decoded."""
    asked = request(source, folder / "encoded")
    found = []
    for name, stride in (("kept", 5), ("decoded", 0)):
        whole = dataclasses.replace(job(asked, how, goal), attempts=folder / name)
        segment = SegmentContext(whole, goal, context)
        trials = TrialEncodes(segment, AttemptStore.of(whole, segment.measurement))
        attempt = trials.encoded(40.0, 10, 70, stride=stride)
        kept = list((folder / name).glob("*frames*"))
        assert len(kept) == (1 if stride else 0)
        found.append((attempt.digest, trials.measured(attempt, 5)))
        assert not any(path.exists() for path in kept), "raw frames are large"
    assert found[0][0] == found[1][0], "it changes no byte"
    return found[0][1], found[1][1]


def test_keeping_the_frames_to_measure_changes_neither_bytes_nor_scores(
    clip: Path, tmp_path: Path, shared_job: StageContext
) -> None:
    kept, decoded = measured_twice(
        clip, tmp_path, shared_job, shape(FRAMES, keyint=GOP), target(display=DISPLAY)
    )
    assert kept == decoded
    assert len(kept.values) == 12


@pytest.mark.parametrize(
    ("pictures", "changes", "light"),
    [
        ("format=yuv420p10le,setparams=range=tv:{hdr}", {}, "pu21-pq"),
        ("scale=out_range=pc,format=yuv420p10le,setparams=range=pc:{hdr}", {}, "pu21-pq-full"),
        ("format=gbrp", {"yuv_matrix": "bt709"}, ""),
    ],
)
def test_kept_frames_have_the_range_and_the_colours_of_their_source(
    pictures: str,
    changes: dict[str, object],
    light: str,
    ffmpeg: Path,
    tmp_path: Path,
    shared_job: StageContext,
) -> None:
    source = tmp_path / "source.mkv"
    colours = pictures.format(hdr="color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc")
    noise = "mandelbrot=s=192x108:r=24,noise=alls=9:all_seed=3:allf=t"
    clips.run_ffmpeg(
        ffmpeg, *("-f", "lavfi", "-i", f"{noise},{colours}", "-frames:v", "72", "-c:v", "ffv1", source)
    )
    # shown as large as it is, which takes less time
    display = Display(model="vmaf_v0.6.1", width=192, height=108, coded_width=192, coded_height=108)
    goal = target(light=light, display=display)
    kept, decoded = measured_twice(source, tmp_path, shared_job, shape(72, **changes), goal)
    assert kept == decoded


def test_what_it_cost_is_recorded(spliced: tuple[Path, EncodedSegment]) -> None:
    folder, record = spliced
    known = Attempts.read(folder / "attempts" / "0001.json")
    assert record.encodes == pytest.approx(
        sum(one.frames(FRAMES) for one in known.attempts) / FRAMES, abs=1e-3
    )
    assert not any(one.whole for one in known.attempts)
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
