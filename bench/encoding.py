"""Chunked fixed CRF against one plain ffmpeg of the same clip, crop and settings."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bench.timing import Timed, doit, measured_doit, median, timed
from drapto.video.plan import SegmentPlan
from rules import DODO

if TYPE_CHECKING:
    from pathlib import Path

PRESET = 6
CRF = 25
SVT = "tune=0:film-grain=0:film-grain-denoise=0"


@dataclass
class Rounds:
    """What the rounds measured; one entry a round in each list."""

    clip: str
    cores: int
    chunk_size: float
    segments: int = 0
    plain: list[Timed] = field(default_factory=list)
    stage: list[Timed] = field(default_factory=list)
    whole: list[Timed] = field(default_factory=list)
    overhead: list[float] = field(default_factory=list)
    size_ratio: float = 0.0

    def stage_wall(self) -> float:
        """Return the encode stage's wall time over the plain encode's, median of the rounds."""
        return median([ours.wall / plain.wall for ours, plain in zip(self.stage, self.plain, strict=True)])

    def whole_wall(self) -> float:
        """Return the whole job's wall time over the plain encode's."""
        return median([ours.wall / plain.wall for ours, plain in zip(self.whole, self.plain, strict=True)])

    def whole_cpu(self) -> float:
        """Return the whole job's CPU over the plain encode's."""
        return median([ours.cpu / plain.cpu for ours, plain in zip(self.whole, self.plain, strict=True)])

    def plain_wall(self) -> float:
        """Return the plain encode's wall time in seconds, median of the rounds."""
        return median([one.wall for one in self.plain])

    def own_peak(self) -> int:
        """Return the highest peak memory of drapto's own process, bytes."""
        return max(one.own_peak for one in self.whole)


def compare(
    clip: Path, folder: Path, ffmpeg: Path, *, rounds: int, cores: set[int], chunk_size: float
) -> Rounds:
    """Encode ``clip`` both ways, in turn, ``rounds`` times."""
    found = Rounds(clip.name, len(cores), chunk_size)
    for number in range(rounds):
        place = folder / f"round-{number}"
        shutil.rmtree(place, ignore_errors=True)
        _project(place / "stage", clip, chunk_size)
        timed(doit("crop", "segment"), place / "stage", cores=cores)
        found.stage.append(timed(doit("encode"), place / "stage", cores=cores))
        work = place / "stage" / "work" / clip.stem
        found.plain.append(timed(_plain(ffmpeg, clip, work, place / "plain.mkv"), place, cores=cores))
        _project(place / "whole", clip, chunk_size)
        report = place / "peak"
        whole = timed(measured_doit(report), place / "whole", cores=cores)
        found.whole.append(Timed(whole.wall, whole.cpu, int(report.read_text())))
        logs = place / "whole" / "work" / clip.stem / "logs"
        found.overhead.append(1 - _spent_in(logs, ("encode-", "audio-", "validate", "decode")) / whole.cpu)
        found.size_ratio = (
            (work.parent.parent.parent / "whole" / "work" / clip.stem / "video.mkv").stat().st_size
        )
        found.size_ratio /= (place / "plain.mkv").stat().st_size
        found.segments = len(SegmentPlan.read(work / "encode_data" / "segments.json").segments)
    return found


def _project(folder: Path, clip: Path, chunk_size: float) -> None:
    (folder / "source").mkdir(parents=True)
    (folder / "source" / clip.name).symlink_to(clip)
    (folder / "dodo.py").write_text(DODO)
    (folder / "drapto.toml").write_text(
        f"[encoding]\npreset = {PRESET}\n[processing]\nchunk_size = {chunk_size}\n"
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
    texts = [path.read_text(errors="replace") for path in logs.glob("*.log") if path.name.startswith(stages)]
    return sum(float(match) for text in texts for match in re.findall(r"wall, ([\d.]+) s CPU", text))
