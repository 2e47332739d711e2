"""The real ab-av1: it finds a CRF with drapto's ffmpeg, or says that there is none, and leaves nothing."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from bench.abav1 import auto_encode
from drapto.encoding.abav1 import TIERS, Attempt, Found, NotFound, SampleTier, SearchSettings, search
from drapto.errors import ToolFailedError
from tests import clips

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from drapto.encoding.abav1 import AbAv1
    from drapto.engine.context import StageContext

PRESET = 12
FRAMES = 60
RATE = "12"
"""Samples are so many seconds long: of fewer frames, where there are few in one."""

SIZE = (640, 80)
BARS = clips.Bars(top=20, bottom=20)
CROP = "crop=640:40:0:20"
"""Flat, since VMAF is measured as wide as a display."""

WHOLE = SampleTier(1, 0)
LOWEST, HIGHEST = 36.0, 38.5
"""About the CRF that the clip needs, so that a search is a few encodes."""


def asked(
    target: float = 93, lowest: float = LOWEST, highest: float = HIGHEST, **more: str
) -> SearchSettings:
    return SearchSettings(PRESET, "tune=0:film-grain=8", "yuv420p10le", target, lowest, highest, **more)


@pytest.fixture(scope="module")
def clip(ffmpeg: Path, clip_cache: Path) -> Path:
    return clips.make_clip(
        ffmpeg, clip_cache / "abav1.mkv", frames=FRAMES, size=SIZE, rate=RATE, bars=BARS, open_gop=True
    )


@pytest.fixture(scope="module")
def found(ab_av1: AbAv1, clip: Path, shared_job: StageContext) -> Found:
    """A search with the usual sampling, where neither ffmpeg nor ffprobe is on PATH."""
    heard: list[Attempt] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", "/bin/no")
        result = search(
            ab_av1,
            clip,
            asked(filters=CROP),
            tier=TIERS[0],
            threads=1,
            scratch=shared_job.logs.parent / "scratch",
            context=shared_job,
            log="search-0001",
            on_attempt=heard.append,
        )
    assert isinstance(result, Found)
    assert list(result.attempts) == heard
    return result


def look(
    tool: AbAv1, source: Path, settings: SearchSettings, context: StageContext, tier: SampleTier
) -> Found | NotFound:
    scratch = context.logs.parent / "scratch"
    return search(
        tool, source, settings, tier=tier, threads=1, scratch=scratch, context=context, log="search"
    )


def test_the_crf_that_it_believes_in(found: Found) -> None:
    assert found.tier == TIERS[0]
    assert 93 < found.vmaf < 94
    assert LOWEST < found.crf < HIGHEST
    assert (4 * found.crf).is_integer()
    assert Attempt(found.crf, found.vmaf) in found.attempts
    assert len(found.attempts) > 1
    assert found.cpu_seconds > 0.1


def test_it_is_logged_and_leaves_nothing_behind(found: Found, shared_job: StageContext) -> None:
    del found
    log = (shared_job.logs / "search.log").read_text()
    assert re.search(r"(?m)^\$ \S*ab-av1 crf-search --input ", log)
    assert "sample 3/3 crf" in log
    assert "= status 0," in log
    assert [path.name for path in shared_job.logs.parent.iterdir()] == ["logs"]


def test_its_score_is_the_same_quantity_as_ours(
    ab_av1: AbAv1, clip: Path, ffmpeg: Path, context: StageContext, tmp_path: Path
) -> None:
    result = look(ab_av1, clip, asked(filters=CROP), context, WHOLE)
    assert isinstance(result, Found)
    coded = tmp_path / "coded.mkv"
    params = f"crf={result.crf}:tune=0:lp=1"
    options = [
        "-vf",
        CROP,
        "-pix_fmt",
        "yuv420p10le",
        "-c:v",
        "libsvtav1",
        "-preset",
        str(PRESET),
        "-g",
        "240",
    ]
    clips.run_ffmpeg(ffmpeg, "-i", clip, *options, "-svtav1-params", params, coded)
    measure = f"[1:v]{CROP},format=yuv420p10le[r];[0:v][r]libvmaf=pool=harmonic_mean"
    command = [ffmpeg, "-nostdin", "-i", coded, "-i", clip, "-lavfi", measure, "-f", "null", "-"]
    said = subprocess.run(command, capture_output=True, check=True).stderr.decode()
    score = float(re.findall(r"VMAF score: ([\d.]+)", said)[0])
    assert result.vmaf == pytest.approx(score, abs=0.01)


def test_the_same_search_finds_the_same(
    ab_av1: AbAv1, clip: Path, context: StageContext, found: Found
) -> None:
    again = search(
        ab_av1,
        clip,
        asked(filters=CROP),
        tier=TIERS[0],
        threads=2,
        scratch=context.logs.parent / "scratch",
        context=context,
        log="search",
    )
    assert isinstance(again, Found)
    assert (again.crf, again.attempts) == (found.crf, found.attempts)


def test_no_crf_within_the_bounds_is_an_answer(ab_av1: AbAv1, clip: Path, context: StageContext) -> None:
    result = look(ab_av1, clip, asked(99, lowest=59, highest=60), context, TIERS[0])
    assert isinstance(result, NotFound)
    assert "suitable crf" in result.why
    assert result.closest == min(result.attempts)
    assert result.closest.crf == 59
    assert result.cpu_seconds > 0


def test_the_last_tier_is_content_with_less(
    ab_av1: AbAv1, clip: Path, context: StageContext, found: Found
) -> None:
    # 6 x 2 s of 5 s: the whole file
    result = look(ab_av1, clip, asked(found.vmaf + 1, lowest=20, filters=CROP), context, TIERS[2])
    assert isinstance(result, Found)
    assert found.vmaf - 1 < result.vmaf < found.vmaf + 1


def test_the_best_quality_that_is_asked_for_is_not_exceeded(
    ab_av1: AbAv1, clip: Path, context: StageContext
) -> None:
    result = look(ab_av1, clip, asked(70, lowest=20, highest=20.5), context, WHOLE)
    assert isinstance(result, Found)
    assert result.crf == 20.5


@pytest.mark.parametrize("frames", [1, 5])
def test_a_few_frames(
    frames: int, ab_av1: AbAv1, ffmpeg: Path, context: StageContext, tmp_path: Path
) -> None:
    source = clips.make_clip(ffmpeg, tmp_path / "short.mkv", frames=frames, size=SIZE)
    assert isinstance(look(ab_av1, source, asked(lowest=30, highest=40), context, TIERS[0]), Found)


def test_black_whose_samples_are_too_small(
    ab_av1: AbAv1, ffmpeg: Path, context: StageContext, tmp_path: Path
) -> None:
    graph = "color=black:s=64x64:r=2"
    black = clips.make_clip(ffmpeg, tmp_path / "black.mkv", codec="mpeg4", frames=20, graph=graph)
    result = look(ab_av1, black, asked(highest=63), context, TIERS[0])
    assert isinstance(result, Found)
    assert result.tier.seconds == 0
    assert result.crf == 63
    assert "encoded sample too small" in (context.logs / "search.log").read_text()


def test_names_that_others_misread(
    ab_av1: AbAv1, ffmpeg: Path, context: StageContext, tmp_path: Path
) -> None:
    folder = tmp_path / os.fsdecode(b"it's 100% [odd]: \xff;\n")
    source = clips.make_clip(ffmpeg, tmp_path / "plain.mkv", frames=6, size=SIZE)
    named = folder / ("-%d" + "x" * 240 + ".mkv")
    folder.mkdir()
    source.rename(named)
    result = search(
        ab_av1,
        named,
        asked(),
        tier=WHOLE,
        threads=1,
        scratch=folder / "scratch",
        context=context,
        log="search",
    )
    assert isinstance(result, Found)
    assert list(folder.iterdir()) == [named]


def test_a_file_that_is_no_video(ab_av1: AbAv1, context: StageContext, tmp_path: Path) -> None:
    source = tmp_path / "0003.mkv"
    source.write_bytes(b"hello" * 999)
    with pytest.raises(
        ToolFailedError, match=r"0003\.mkv: ab-av1 failed with status 1: .*; see .*search\.log"
    ):
        look(ab_av1, source, asked(), context, TIERS[0])
    assert not (tmp_path / "scratch").exists()


def test_an_encoder_that_refuses_is_quoted(ab_av1: AbAv1, clip: Path, context: StageContext) -> None:
    settings = SearchSettings(PRESET, "tune=77", "yuv420p10le", 93, 5, 63)
    with pytest.raises(ToolFailedError, match=r"abav1\.mkv: ab-av1 failed with status 1: .*[a-z]{4}"):
        look(ab_av1, clip, settings, context, TIERS[0])


SEARCH = """
import sys
from pathlib import Path
from drapto.engine.context import StageContext
from drapto.engine.resources import DiskRate
from drapto.encoding.abav1 import TIERS, SearchSettings, find_ab_av1, search
source, ffmpeg, work = map(Path, sys.argv[1:])
context = StageContext("clip", ffmpeg, work / "logs", DiskRate(1 << 30, work / "d"))
settings = SearchSettings(2, "tune=0", "yuv420p10le", 93, 5, 63)
scratch = work / "scratch"
search(find_ab_av1(), source, settings, tier=TIERS[1], threads=1, scratch=scratch, context=context, log="s")
"""


def running(parent: psutil.Process, name: str) -> Iterator[psutil.Process]:
    """Yield the descendants that have become ``name``."""
    for child in parent.children(recursive=True):
        try:
            if name in os.path.basename(child.exe()):  # noqa: PTH119  deleted ones have odd names
                yield child
        except psutil.Error:
            continue


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's death signal is Linux's")
@pytest.mark.parametrize("victim", ["drapto", "ab-av1"])
def test_nothing_outlives_who_is_killed(
    victim: str, ab_av1: AbAv1, ffmpeg: Path, tmp_path: Path, clip_cache: Path
) -> None:
    source = clips.make_clip(ffmpeg, clip_cache / "large.mkv", frames=48, size=(640, 360))
    command = [sys.executable, "-c", SEARCH, source, ffmpeg, tmp_path]
    environ = os.environ | {"DRAPTO_AB_AV1": str(ab_av1.program)}
    with subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL) as parent:
        watched = psutil.Process(parent.pid)
        encoders: list[psutil.Process] = []
        while not encoders:
            assert parent.poll() is None
            encoders = list(running(watched, ffmpeg.name))
            time.sleep(0.01)
        searching = list(running(watched, "ab-av1"))
        assert len(searching) == 1
        (watched if victim == "drapto" else searching[0]).send_signal(signal.SIGKILL)
        _, alive = psutil.wait_procs([*encoders, *searching], timeout=10)
        assert not alive
        assert parent.wait(10) != 0


def test_the_peer_of_the_benchmark(
    ab_av1: AbAv1, clip: Path, context: StageContext, tmp_path: Path, found: Found
) -> None:
    target = tmp_path / "auto.mkv"
    made = auto_encode(
        ab_av1, clip, target, asked(filters=CROP), threads=1, scratch=tmp_path / "scratch", context=context
    )
    assert (made.crf, made.tier) == (found.crf, 1)
    assert made.vmaf == pytest.approx(found.vmaf, abs=0.006)
    assert made.bytes == target.stat().st_size > 1000
    assert made.cpu_seconds > 0.1


def test_the_peer_goes_on_to_the_next_tier(
    ab_av1: AbAv1, clip: Path, context: StageContext, tmp_path: Path
) -> None:
    tiers = (SampleTier(1, 1), SampleTier(1, 1, below=30))
    settings = asked(95, lowest=59.5, highest=60)
    target, scratch = tmp_path / "auto.mkv", tmp_path / "scratch"
    made = auto_encode(
        ab_av1, clip, target, settings, threads=1, scratch=scratch, context=context, tiers=tiers
    )
    assert made.tier == 2
    with pytest.raises(ToolFailedError, match="no CRF in any tier"):
        auto_encode(
            ab_av1, clip, target, settings, threads=1, scratch=scratch, context=context, tiers=tiers[:1]
        )
