"""Chunked fixed CRF against one plain ffmpeg of the same clip, crop and settings."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bench.timing import Timed, doit, measured_doit, median, timed
from drapto.rules import DODO
from drapto.video.plan import SegmentPlan

if TYPE_CHECKING:
    from pathlib import Path

PRESET = 6
CRF = 25
SVT = "tune=0:film-grain=0:film-grain-denoise=0"


@dataclass
class Rounds:
    """What the rounds measured.

    A shared machine's speed drifts by a third within minutes, so each of drapto's runs stands between two of
    plain ffmpeg's and is held against their mean.

    Attributes:
        clip: The clip's name.
        cores: How many were used.
        chunk_size: Seconds per segment.
        plain: The plain encodes, one more than there are runs of drapto's.
        stage, whole: drapto's runs, each with the mean of the plain ones beside it.
        overhead: Share of the whole job's CPU that is neither encoder nor checking decode.
    """

    clip: str
    cores: int
    chunk_size: float
    segments: int = 0
    plain: list[Timed] = field(default_factory=list)
    stage: list[tuple[Timed, Timed]] = field(default_factory=list)
    whole: list[tuple[Timed, Timed]] = field(default_factory=list)
    overhead: list[float] = field(default_factory=list)
    size_ratio: float = 0.0

    def stage_wall(self) -> float:
        """Return the encode stage's wall time over the plain encode's, median of the rounds."""
        return median([ours.wall / plain.wall for ours, plain in self.stage])

    def whole_wall(self) -> float:
        """Return the whole job's wall time over the plain encode's."""
        return median([ours.wall / plain.wall for ours, plain in self.whole])

    def whole_cpu(self) -> float:
        """Return the whole job's CPU over the plain encode's."""
        return median([ours.cpu / plain.cpu for ours, plain in self.whole])

    def plain_wall(self) -> float:
        """Return the plain encode's wall time in seconds, median of the rounds."""
        return median([one.wall for one in self.plain])

    def own_peak(self) -> int:
        """Return the highest peak memory of drapto's own process, bytes."""
        return max(ours.own_peak for ours, _ in self.whole)


def compare(
    clip: Path, folder: Path, ffmpeg: Path, *, rounds: int, cores: set[int], chunk_size: float
) -> Rounds:
    """Encode ``clip`` both ways, in turn, ``rounds`` times."""
    found = Rounds(clip.name, len(cores), chunk_size)
    shutil.rmtree(folder, ignore_errors=True)
    cut = folder / "cut"
    _project(cut, clip, chunk_size)
    timed(doit("crop", "segment"), cut, cores=cores)
    work = cut / "work" / clip.stem
    found.segments = len(SegmentPlan.read(work / "encode_data" / "segments.json").segments)

    def plain() -> Timed:
        found.plain.append(timed(_plain(ffmpeg, clip, work, folder / "plain.mkv"), folder, cores=cores))
        return found.plain[-1]

    before = plain()
    for number in range(rounds):
        stage = folder / f"stage-{number}"
        shutil.copytree(cut, stage, symlinks=True)
        ours = timed(doit("encode"), stage, cores=cores)
        after = plain()
        found.stage.append((ours, _mean(before, after)))
        whole = folder / f"whole-{number}"
        _project(whole, clip, chunk_size)
        ours = timed(measured_doit(whole / "peak"), whole, cores=cores)
        before = plain()
        ours = Timed(ours.wall, ours.cpu, int((whole / "peak").read_text()))
        found.whole.append((ours, _mean(after, before)))
        made = whole / "work" / clip.stem
        found.overhead.append(1 - _spent_in(made / "logs", ("encode", "audio", "validate")) / ours.cpu)
        sizes = [(made / "video.mkv").stat().st_size, (folder / "plain.mkv").stat().st_size]
        found.size_ratio = sizes[0] / sizes[1]
    return found


def _mean(one: Timed, other: Timed) -> Timed:
    return Timed((one.wall + other.wall) / 2, (one.cpu + other.cpu) / 2)


def _project(folder: Path, clip: Path, chunk_size: float) -> None:
    (folder / "source").mkdir(parents=True)
    (folder / "source" / clip.name).symlink_to(clip)
    (folder / "dodo.py").write_text(DODO)
    (folder / "drapto.toml").write_text(
        f'[encoding]\npreset = {PRESET}\n[quality]\nmode = "crf"\n[processing]\nchunk_size = {chunk_size}\n'
    )


def _plain(ffmpeg: Path, clip: Path, work: Path, target: Path) -> list[str | Path]:
    """Return the command a person would write for the same picture, on all cores."""
    rect = json.loads((work / "crop.json").read_text())["rect"]
    plan = SegmentPlan.read(work / "encode_data" / "segments.json")
    crop = "crop={width}:{height}:{x}:{y}".format(**rect)
    keyint = max(segment.keyint for segment in plan.segments)
    return [
        *(ffmpeg, "-nostdin", "-v", "error", "-y", "-i", clip, "-map", "0:v:0", "-vf", crop),
        *("-fps_mode", "passthrough", "-pix_fmt", "yuv420p10le", "-c:v", "libsvtav1", "-preset", str(PRESET)),
        *("-svtav1-params", f"{SVT}:crf={CRF}:keyint={keyint}", "-f", "matroska", target),
    ]


def _spent_in(logs: Path, stages: tuple[str, ...]) -> float:
    """Return the CPU seconds of the children that the title's logs name."""
    texts = [path.read_text(errors="replace") for path in logs.glob("*.log*") if path.name.startswith(stages)]
    return sum(float(match) for text in texts for match in re.findall(r"wall, ([\d.]+) s CPU", text))
