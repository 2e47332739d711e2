"""What a finished film is worth: VMAF as a television shows it, by plain ffmpeg, the same for all."""

from __future__ import annotations

import json
import math
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

import av

from bench.film import SHOWN
from drapto.media.filters import escaped
from tests import clips

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SEGMENT = 15.0
"""Seconds of the windows of which the worst is told: the same ones for all, whoever cut the film where."""

LOW = 0.05
"""The share of frames below the percentile that is told."""


@dataclass(frozen=True)
class Worth:
    """The scores of a film.

    Attributes:
        mean: Of all frames that were measured.
        low: Their 5th percentile.
        worst: The mean of the worst window of `SEGMENT` seconds.
        frames: Of the finished film.
        lost: How many the source has more; negative where it has fewer.
        bytes: Of the picture alone.
    """

    mean: float
    low: float
    worst: float
    frames: int
    lost: int
    bytes: int


def worth(ffmpeg: Path, made: Path, source: Path, *, every: int, scratch: Path) -> Worth:
    """Measure ``made`` against ``source``, frame by frame in their order, times left aside.

    Args:
        ffmpeg: The program, with libvmaf.
        made: The finished film.
        source: What it was made from.
        every: How many frames from one that is measured to the next; odd, as every eighth would be one of
            those that SVT-AV1 codes best.
        scratch: A folder for ffmpeg's list.
    """
    (frames, size, rate), (whole, _, _) = _counted(made), _counted(source)
    log = scratch / "vmaf.json"
    ticks = f"settb=1/24,setpts=N,format=yuv420p10le,{SHOWN}"
    shape = f"n_threads=2:n_subsample={every}:log_fmt=json:log_path={escaped(log)}"
    graph = f"[0:v]{ticks}[a];[1:v:0]{ticks}[b];[a][b]libvmaf={shape}:shortest=1"
    inputs = ("-i", made, "-i", source)
    clips.run_ffmpeg(ffmpeg, *inputs, "-lavfi", graph, "-fps_mode", "passthrough", "-f", "null", "-")
    scored = json.loads(log.read_text())["frames"]
    # of a subsampled run libvmaf lists some frames that it has no score of
    scores = [one["metrics"]["vmaf"] for one in scored if "vmaf" in one["metrics"]]
    low, worst = summary(scores, rate / every)
    return Worth(statistics.mean(scores), low, worst, frames, whole - frames, size)


def summary(scores: Sequence[float], rate: float) -> tuple[float, float]:
    """Return the 5th percentile of ``scores``, ``rate`` a second, and the mean of their worst window."""
    low = sorted(scores)[math.floor(LOW * len(scores))]
    each = max(1, round(SEGMENT * rate))
    starts = list(range(0, len(scores), each))
    if len(starts) > 1 and len(scores) - starts[-1] < each / 2:
        starts.pop()  # a short rest goes with the window before it
    ends = [*starts[1:], len(scores)]
    return low, min(statistics.mean(scores[start:end]) for start, end in zip(starts, ends, strict=True))


def _counted(path: Path) -> tuple[int, int, float]:
    """Return how many packets and bytes of picture a file has, and its frames a second."""
    with av.open(str(path)) as file:
        stream = next(
            one for one in file.streams.video if not one.disposition & av.stream.Disposition.attached_pic
        )
        sizes = [packet.size for packet in file.demux(stream) if packet.size]
        return len(sizes), sum(sizes), float(stream.average_rate or 24)
