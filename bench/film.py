"""A target on a film that drapto has never seen: what it costs, what it delivers, and what ab-av1 does."""

from __future__ import annotations

import json
import math
import shutil
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.encoding import PRESET, SVT
from bench.timing import Timed, doit, median, timed
from drapto.encoding.abav1 import find_ab_av1
from drapto.encoding.abav1.programs import toolchain
from drapto.encoding.record import EncodedSegment
from drapto.errors import ToolMissingError
from drapto.media.filters import escaped
from drapto.quality.scores import scores_of
from drapto.rules import DODO
from drapto.video.plan import SegmentPlan
from tests import clips

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from drapto.quality.scores import Scores

TARGET = 93.0

CLOSE = 1.0
"""Points of VMAF from the target within which a segment counts as delivered as asked."""

WORST = 0.05
"""The share of segments below the percentile that is told of both."""

SHOWN = "scale=1920:1080:flags=bicubic:force_original_aspect_ratio=decrease"
"""What makes a picture of square pixels as large as a television of 1080 lines shows it."""


@dataclass(frozen=True)
class Delivered:
    """What one program made of the film.

    Attributes:
        bytes: Of the video.
        took: What all of it took, searching and measuring included.
        whole: The scores of all frames, measured by plain ffmpeg.
        segments: The harmonic mean of each of drapto's segments.
    """

    bytes: int
    took: Timed
    whole: Scores
    segments: list[float]

    @property
    def low(self) -> float:
        """The 5th percentile of the segments."""
        return sorted(self.segments)[math.floor(WORST * len(self.segments))]


@dataclass(frozen=True)
class Shown:
    """What the film showed.

    Attributes:
        film: Its name.
        seconds: Its length.
        mean_crf: Of the targeted job, over all frames.
        targeted: The runs of the targeted job.
        fixed: Those of a job at the mean CRF, each right after a targeted one.
        plain: Those of a plain ffmpeg at that CRF, each right after that.
        records: The segments.
        own: What drapto delivered.
        peer: What ab-av1 did; None where it is not installed.
        fall: By how much the logarithm of the bytes grows with each point of VMAF.
    """

    film: str
    seconds: float
    mean_crf: float
    targeted: list[Timed]
    fixed: list[Timed]
    plain: list[Timed]
    records: list[EncodedSegment]
    own: Delivered
    peer: Delivered | None
    fall: float

    def ratio(self, ours: Sequence[Timed], base: Sequence[Timed], field: str) -> float:
        """Return the median ratio of ``field``, each of ours over the one that ran after it."""
        return median(
            [getattr(one, field) / getattr(after, field) for one, after in zip(ours, base, strict=True)]
        )

    @property
    def errors(self) -> list[float]:
        """Reported score less that of all frames, for each segment."""
        each = zip(self.records, self.own.segments, strict=True)
        return [record.scores.harmonic - outside for record, outside in each if record.scores]

    @property
    def close(self) -> float:
        """Share of the segments within `CLOSE` of the target."""
        return statistics.mean(abs(score - TARGET) <= CLOSE for score in self.own.segments)

    @property
    def excused(self) -> float:
        """Share of those that are not, but say why."""
        each = zip(self.records, self.own.segments, strict=True)
        return statistics.mean(abs(score - TARGET) > CLOSE and one.why != "target" for one, score in each)

    @property
    def bytes_ratio(self) -> float:
        """Drapto's bytes over ab-av1's, had ab-av1's film the same VMAF."""
        if self.peer is None:
            return math.nan
        equal = self.peer.bytes * math.exp(self.fall * (self.own.whole.harmonic - self.peer.whole.harmonic))
        return self.own.bytes / equal


def measure(
    film: Path, folder: Path, ffmpeg: Path, *, cores: set[int], chunk_size: float, rounds: int
) -> Shown:
    """Run the targeted job and those that it is held against, in turn."""
    shutil.rmtree(folder, ignore_errors=True)

    def job(name: str, quality: str, crf: float = 25.0) -> Timed:
        _project(folder / name, film, chunk_size, quality, crf)
        return timed(doit(), folder / name, cores=cores)

    targeted = [job("target-0", "target")]
    work = folder / "target-0" / "work" / film.stem
    plan = SegmentPlan.read(work / "encode_data" / "segments.json")
    records = [EncodedSegment.read(work / "encoded" / f"{one.name}.json") for one in plan.segments]
    mean = sum(one.crf * one.frames for one in records) / plan.frames
    crf = round(4 * mean) / 4
    fixed = [job("fixed-0", "crf", crf)]
    plain = [timed(_plain(ffmpeg, film, folder / "plain.mkv", plan, crf), folder, cores=cores)]
    for number in range(1, rounds):
        targeted.append(job(f"target-{number}", "target"))
        fixed.append(job(f"fixed-{number}", "crf", crf))
        plain.append(timed(_plain(ffmpeg, film, folder / "plain.mkv", plan, crf), folder, cores=cores))
    own = _delivered(work / "video.mkv", film, plan, targeted[0], ffmpeg)
    even = _delivered(folder / "plain.mkv", film, plan, plain[0], ffmpeg)
    peer = _peer(film, folder, plan, ffmpeg, cores)
    return Shown(
        film=film.name,
        seconds=plan.frames / float(plan.rate),
        mean_crf=mean,
        targeted=targeted,
        fixed=fixed,
        plain=plain,
        records=records,
        own=own,
        peer=peer,
        fall=_fall(even, peer),
    )


def _project(folder: Path, film: Path, chunk_size: float, mode: str, crf: float) -> None:
    (folder / "source").mkdir(parents=True)
    (folder / "source" / film.name).symlink_to(film)
    (folder / "dodo.py").write_text(DODO)
    (folder / "drapto.toml").write_text(
        f"[encoding]\npreset = {PRESET}\nvmaf_target = {TARGET}\n[encoding.crf]\nsd = {crf}\nhd = {crf}\n"
        f'[quality]\nmode = "{mode}"\n[processing]\nchunk_size = {chunk_size}\n'
    )


def _plain(ffmpeg: Path, film: Path, target: Path, plan: SegmentPlan, crf: float) -> list[str | Path]:
    """Return the command a person would write for the same picture, on all cores."""
    keyint = max(segment.keyint for segment in plan.segments)
    return [
        *(ffmpeg, "-nostdin", "-v", "error", "-y", "-i", film, "-map", "0:v:0", "-fps_mode", "passthrough"),
        *("-pix_fmt", "yuv420p10le", "-c:v", "libsvtav1", "-preset", str(PRESET)),
        *("-svtav1-params", f"{SVT}:crf={crf:g}:keyint={keyint}", "-f", "matroska", target),
    ]


def _delivered(encoded: Path, film: Path, plan: SegmentPlan, took: Timed, ffmpeg: Path) -> Delivered:
    """Measure every frame, as it is shown, by plain ffmpeg."""
    log = encoded.with_suffix(".vmaf.json")
    ticks = f"settb={plan.rate.denominator}/{plan.rate.numerator},setpts=N,format=yuv420p10le,{SHOWN}"
    graph = (
        f"[0:v]{ticks}[a];[1:v:0]{ticks}[b];[a][b]libvmaf=n_threads=2:log_fmt=json:log_path={escaped(log)}"
    )
    clips.run_ffmpeg(
        ffmpeg, "-i", encoded, "-i", film, "-lavfi", graph, "-fps_mode", "passthrough", "-f", "null", "-"
    )
    frames = [frame["metrics"]["vmaf"] for frame in json.loads(log.read_text())["frames"]]
    if len(frames) != plan.frames:
        raise RuntimeError(f"{encoded} has {len(frames)} frames instead of {plan.frames}")
    parts = [frames[one.first_frame : one.first_frame + one.frames] for one in plan.segments]
    segments = [scores_of("vmaf", part).harmonic for part in parts]
    return Delivered(encoded.stat().st_size, took, scores_of("vmaf", frames), segments)


def _peer(film: Path, folder: Path, plan: SegmentPlan, ffmpeg: Path, cores: set[int]) -> Delivered | None:
    """Run ab-av1 as its users do: on the whole film, with its own sampling, scaling and steps of the CRF."""
    try:
        tool = find_ab_av1()
    except ToolMissingError:
        return None
    target = folder / "ab-av1.mkv"
    with toolchain(folder / "scratch", tool, film, ffmpeg) as place:
        took = timed(
            [
                *(place.program, "auto-encode", "--input", place.source, "--output", target),
                *("--encoder", "libsvtav1", "--preset", str(PRESET), "--pix-format", "yuv420p10le"),
                *(part for pair in SVT.split(":") if "grain" not in pair for part in ("--svt", pair)),
                *("--min-vmaf", f"{TARGET:g}", "--max-encoded-percent", "1000", "--cache", "false"),
                *("--temp-dir", place.temp, "--video-only"),
            ],
            folder,
            cores=cores,
        )
    return _delivered(target, film, plan, took, ffmpeg)


def _fall(even: Delivered, peer: Delivered | None) -> float:
    """Return how the logarithm of the bytes grows with VMAF, by two encodes of the film at one CRF each."""
    if peer is None or abs(peer.whole.harmonic - even.whole.harmonic) < USUAL_APART:
        return USUAL_FALL
    return math.log(peer.bytes / even.bytes) / (peer.whole.harmonic - even.whole.harmonic)


USUAL_FALL = 0.13
"""Where those two are too close: of the clips that constants were set on, between CRF 24 and 32."""

USUAL_APART = 0.3
