"""The metrics that there are, each by its name in the settings: how close an encode comes to its source."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING

from drapto.media.filters import escaped
from drapto.quality.hdr import lit
from drapto.quality.metric import Metric
from drapto.quality.scale import DecibelScale, VmafScale

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.quality.reference import Reference

FILLED = 64
"""Pixels: 64 bytes of a line of chroma in 4:2:0, two of each sample."""

INFINITE = 100.0
"""What stands for the infinite XPSNR of two equal pictures, dB."""


class Vmaf(Metric):
    """Netflix's VMAF, 0 to 100, by libvmaf, of pictures as they are shown.

    It is defined for SDR; of HDR it is given what `drapto.quality.hdr` says.
    """

    name = "vmaf"
    scale = VmafScale()

    def model_for(self, reference: Reference) -> str:
        """Return the model of the display."""
        return reference.shown.model

    def shown(self, reference: Reference) -> str:
        """Return the whole picture's size on the display; nothing where that is its own."""
        return reference.shown.size if reference.shown.scales else ""

    def light(self, reference: Reference) -> str:
        """Return what it is given of an HDR picture."""
        return reference.light

    def stride_for(self, stride: int) -> int:
        """Return ``stride``: libvmaf leaves frames out by itself."""
        return stride

    def chosen(self, reference: Reference, stride: int) -> str:
        """Keep each measured frame and those whose motion counts; the scores stay the same.

        Every n-th of what is kept is one to measure, where n is how many frames the model looks at. The very
        first is measured, too, whatever it is: some frames lead from it to the first whose score counts.
        """
        reach, first = reference.shown.reach, self.first(reference, stride)
        if stride <= reach.frames or reference.by_time:
            return ""
        if not first:
            return f"select='lt(mod(n+{reach.before},{stride}),{reach.frames})',"
        begin = first - reach.before
        leading = f"between(n,{first - reach.frames},{begin - 1})"
        return f"select='{leading}+gte(n,{begin})*lt(mod(n-{begin},{stride}),{reach.frames})',"

    def repeated(self, reference: Reference, stride: int) -> tuple[str, str]:
        """Choose the measured frames alone, and let each stand for those around it.

        What moves is looked for in the reference, so the encode's other frames need not be scaled. At the end
        there may be more of them than of the reference's, which end the measurement.
        """
        if not self.chosen(reference, stride):
            return "", ""
        first, times = self.first(reference, stride), reference.shown.reach.frames
        leading = f"eq(n,{first - times})+" if first else ""
        counts = f"{leading}gte(n,{first})*not(mod(n-{first},{stride}))"
        return f"select='{counts}',", f"settb=1/{times},setpts=N*{times},fps={times},tpad=stop={times},"

    def first(self, reference: Reference, stride: int) -> int:
        """Return the first frame whose score counts: the middle of the first stride.

        libvmaf takes its own first frame for one in which nothing moves, and VMAF thinks less of errors that
        something moves over: the first frames of 17 parts of a film had 3.5 points less than in the whole
        film, 13 at most, the others the same to three decimals.
        """
        reach = reference.shown.reach
        if stride == 1:
            return 0
        chooses = stride > reach.frames and not reference.by_time
        wanted = max(reach.frames, stride // 2) if chooses else stride
        return wanted if wanted + reach.after < reference.frames else 0

    def looked_at(self, reference: Reference, stride: int) -> int:
        """Return how many frames it chooses at most: those that are measured, and those around them."""
        return min(reference.frames, (1 - -reference.frames // stride) * reference.shown.reach.frames)

    def scaled(self, reference: Reference) -> str:
        """Make it as large as it is on the display: after the choice, since that is what costs.

        The light first: where it is interpolated, that is of what is seen.
        """
        shown = reference.shown.filters(reference.width, reference.height, always=reference.resized)
        return lit(reference.light) + shown

    def filter(self, reference: Reference, scores_file: Path, *, stride: int, threads: int) -> str:
        """Return libvmaf's filter."""
        every = min(stride, reference.shown.reach.frames) if self.chosen(reference, stride) else stride
        pairing = ":ts_sync_mode=nearest" if reference.by_time else ""
        return (
            f"libvmaf=model=version={self.model_for(reference)}:n_threads={threads}:n_subsample={every}"
            f":log_fmt=json:log_path={escaped(scores_file)}{pairing}"
        )

    def read(self, scores_file: Path) -> list[float]:
        """Read libvmaf's JSON."""
        return [float(frame["metrics"]["vmaf"]) for frame in json.loads(scores_file.read_bytes())["frames"]]


class Xpsnr(Metric):
    """Fraunhofer's XPSNR, dB: luma and chroma in one figure, for any transfer."""

    name = "xpsnr"
    scale = DecibelScale()

    def model_for(self, reference: Reference) -> str:
        """Return nothing: there is one."""
        del reference
        return ""

    def stride_for(self, stride: int) -> int:
        """Return 1: the filter weighs a frame by those before it, and leaves none out."""
        del stride
        return 1

    def scaled(self, reference: Reference) -> str:
        """Put black beside it, in memory of its own.

        ffmpeg's xpsnr (9.0.2) takes lines in memory to be as long as the picture's. Where they are longer,
        after a crop or for a width that fills no registers, it finds nonsense: 5 dB, not 37, for one of 624.
        """
        padded = _filled(reference.width)
        return (f"pad={padded}:{reference.height}:0:0," if padded != reference.width else "") + "copy,"

    def unpadded(self, value: float, reference: Reference) -> float:
        """Take off what the black adds, which has no errors; what is weighed otherwise is below 0.1 dB."""
        return min(value, INFINITE) - 10 * math.log10(_filled(reference.width) / reference.width)

    def filter(self, reference: Reference, scores_file: Path, *, stride: int, threads: int) -> str:
        """Return ffmpeg's filter."""
        del reference, stride, threads
        return f"xpsnr=stats_file={escaped(scores_file)}"

    def read(self, scores_file: Path) -> list[float]:
        """Read the three planes of each frame; luma weighs four times as much as each plane of chroma.

        The weights are those of the filter's authors for 4:2:0 (README of fraunhoferhhi/xpsnr).
        """
        frames = []
        for line in scores_file.read_text(encoding="ascii").splitlines():
            planes = re.findall(r"XPSNR [yuv]: *(inf|[-\d.]+)", line)
            if line.startswith("n:"):
                luma, *chroma = (min(float(plane), INFINITE) for plane in planes)
                frames.append((4 * luma + sum(chroma)) / (4 + len(chroma)))
        return frames


def _filled(width: int) -> int:
    """Return the width up to which lines, of chroma, too, fill registers of 64 bytes, 10 bits in two."""
    return -(-width // FILLED) * FILLED


METRICS: dict[str, Metric] = {metric.name: metric for metric in (Vmaf(), Xpsnr())}
