"""How a film's quality and size fall as the CRF rises, frame by frame: measured once, and kept."""

from __future__ import annotations

import json
import math
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

import av

from bench.encoding import PRESET, SVT
from bench.film import SHOWN
from drapto.media.filters import escaped
from drapto.quality.metrics import METRICS
from drapto.quality.scores import scores_of
from drapto.video.cut import NS, choose_cuts, frame_ranges, scene_changes
from tests import clips

if TYPE_CHECKING:
    from pathlib import Path

CRFS = (18, 24, 33, 44)
"""Where a film is encoded. In between, what is missing to 100 grows by the same factor with each CRF."""

EVERY = 5
"""Every so many-th frame is measured."""

RATE, KEYINT = 24, 240
"""Of the films that the benchmark makes."""

NEAR = f"select='between(n,0,1)+gte(n,2)*lt(mod(n-2,{EVERY}),3)'"
"""Each measured frame and those beside it, which VMAF takes its motion from; it is the middle one."""


@dataclass(frozen=True)
class Segment:
    """A segment of a film, as it would be cut.

    Attributes:
        frames: Its frames' numbers.
        scenes: Which of its frames begin a new scene, counted from its first.
    """

    frames: range
    scenes: tuple[int, ...]


@dataclass(frozen=True)
class Curves:
    """A film that was encoded at several CRFs.

    Attributes:
        name: The film's.
        keyframes: The numbers of its source's keyframes.
        losses: For each CRF, ascending, the loss (`drapto.quality.scale`) of every `EVERY`-th frame, from
            frame 3 on.
        sizes: For each CRF the bytes of each frame, in the order that they are shown in.
    """

    name: str
    keyframes: tuple[int, ...]
    losses: dict[int, tuple[float, ...]]
    sizes: dict[int, tuple[int, ...]]

    @property
    def frames(self) -> int:
        """How many frames it has."""
        return min(map(len, self.sizes.values()))

    def segments(self, seconds: float) -> list[Segment]:
        """Return its segments of about so many seconds."""
        times = [frame * NS // RATE for frame in range(self.frames)]
        keys = [frame * NS // RATE for frame in self.keyframes]
        scenes = {key * RATE // NS + bool(key * RATE % NS) for key in scene_changes(keys)}
        found = frame_ranges(times, choose_cuts(times, keys, seconds))
        return [Segment(one, tuple(at - one.start for at in one[1:] if at in scenes)) for one in found]

    def values(self, frames: range, crf: float) -> list[float]:
        """Return the VMAF of those of some frames that were measured, at a CRF."""
        low, high, share = self._between(crf)
        first, end = ((bound - 3 + EVERY - 1) // EVERY for bound in (frames.start, frames.stop))
        end = min(max(end, first + 1), len(self.losses[low]))
        each = zip(
            self.losses[low][min(first, end - 1) : end],
            self.losses[high][min(first, end - 1) : end],
            strict=True,
        )
        scale = METRICS["vmaf"].scale
        return [min(100.0, max(0.0, scale.score(one + share * (other - one)))) for one, other in each]

    def score(self, frames: range, crf: float) -> float:
        """Return their harmonic mean."""
        return scores_of("vmaf", self.values(frames, crf)).harmonic

    def bytes(self, frames: range, crf: float) -> float:
        """Return what they take at a CRF."""
        low, high, share = self._between(crf)
        one, other = (math.log(max(1, sum(self.sizes[at][frames.start : frames.stop]))) for at in (low, high))
        return math.exp(one + share * (other - one))

    def at_one_crf(self, vmaf: float) -> float:
        """Return the bytes of the whole film at the one CRF that gives it ``vmaf``."""
        whole = range(self.frames)
        low, high = float(min(self.losses)), float(max(self.losses))
        for _ in range(20):
            middle = (low + high) / 2
            low, high = (middle, high) if self.score(whole, middle) > vmaf else (low, middle)
        return self.bytes(whole, low)

    def _between(self, crf: float) -> tuple[int, int, float]:
        """Return the measured CRFs next to one, and how far it is from the first to the second, 0 to 1."""
        known = sorted(self.losses)
        after = min(max(1, bisect_left(known, crf)), len(known) - 1)
        low, high = known[after - 1], known[after]
        return low, high, (crf - low) / (high - low)


def curves_of(film: Path, folder: Path, ffmpeg: Path) -> Curves:
    """Encode a film at `CRFS`, measure it, and return what came of it.

    What is in ``folder`` is not made again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    losses, sizes = {}, {}
    for crf in CRFS:
        encoded, log = (folder / f"{film.stem}.{crf}.{kind}" for kind in ("mkv", "json"))
        if not log.exists():
            _measure(film, encoded, log, ffmpeg, crf)
        found = [frame["metrics"]["vmaf"] for frame in json.loads(log.read_text())["frames"]]
        # libvmaf takes its first frame, which is none of these, for one in which nothing moves
        losses[crf] = tuple(METRICS["vmaf"].scale.loss(score) for score in found[1:])
        sizes[crf] = _sizes(encoded)
    return Curves(film.stem, _keyframes(film), losses, sizes)


def _measure(film: Path, encoded: Path, log: Path, ffmpeg: Path, crf: int) -> None:
    clips.run_ffmpeg(
        *(ffmpeg, "-i", film, "-map", "0:v:0", "-pix_fmt", "yuv420p10le"),
        *("-c:v", "libsvtav1", "-preset", str(PRESET), "-svtav1-params", f"{SVT}:crf={crf}:keyint={KEYINT}"),
        *("-f", "matroska", encoded),
    )
    part = log.with_suffix(".part")
    each = f"{NEAR},format=yuv420p10le,{SHOWN},settb=1/{RATE},setpts=N"
    vmaf = f"libvmaf=n_threads=2:n_subsample=3:log_fmt=json:log_path={escaped(part)}"
    graph = f"[0:v]{each}[a];[1:v:0]{each}[b];[a][b]{vmaf}"
    clips.run_ffmpeg(
        *(ffmpeg, "-i", encoded, "-i", film, "-lavfi", graph, "-fps_mode", "passthrough", "-f", "null", "-")
    )
    part.replace(log)


def _packets(path: Path) -> list[tuple[float, int, bool]]:
    """Return the time, the size and whether it is a keyframe, of each packet, by their times."""
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        found = [
            (float(packet.pts * packet.time_base), packet.size, packet.is_keyframe)
            for packet in file.demux(stream)
            if packet.pts is not None and packet.time_base is not None
        ]
    return sorted(found)


def _sizes(path: Path) -> tuple[int, ...]:
    return tuple(size for _, size, _ in _packets(path))


def _keyframes(path: Path) -> tuple[int, ...]:
    return tuple(number for number, (_, _, key) in enumerate(_packets(path)) if key)
