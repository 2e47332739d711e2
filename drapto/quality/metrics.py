"""Metrics: how close an encode comes to its reference, frame by frame.

A metric is a class here; `metric_for` finds one by its name in the settings.
"""

from __future__ import annotations

import json
import math
import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from drapto.engine.context import file_url
from drapto.errors import ToolFailedError
from drapto.media.filters import escaped, renumbered
from drapto.media.uniform import input_options
from drapto.quality.hdr import lit
from drapto.quality.kept import tagged
from drapto.quality.scale import DecibelScale, Scale, VmafScale
from drapto.quality.scores import Measurement, Scores, scores_as

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from drapto.engine.context import StageContext
    from drapto.quality.reference import Reference

FILLED = 64
"""Pixels: 64 bytes of a line of chroma in 4:2:0, two of each sample."""

INFINITE = 100.0
"""What stands for the infinite XPSNR of two equal pictures, dB."""


class Metric(ABC):
    """A full-reference metric of ffmpeg's."""

    name: ClassVar[str]
    scale: ClassVar[Scale]

    @abstractmethod
    def model_for(self, reference: Reference) -> str:
        """Return the name of the model that these pictures are for; empty where there is only one."""

    @abstractmethod
    def stride_for(self, stride: int) -> int:
        """Return which frames are measured where every ``stride``-th is asked for."""

    def shown(self, reference: Reference) -> str:
        """Return how large the whole picture is made, ``1920x1080``; empty where it is not scaled."""
        del reference
        return ""

    def light(self, reference: Reference) -> str:
        """Return what is measured of an HDR picture's light, as `light_of` names it; empty of SDR."""
        del reference
        return ""

    def chosen(self, reference: Reference, stride: int) -> str:
        """Return the filter that leaves out what need not be looked at, with a final comma, or nothing."""
        del reference, stride
        return ""

    def first(self, reference: Reference, stride: int) -> int:
        """Return the first frame whose score counts."""
        del reference, stride
        return 0

    def looked_at(self, reference: Reference, stride: int) -> int:
        """Return how many frames it chooses at most."""
        del stride
        return reference.frames

    def scaled(self, reference: Reference) -> str:
        """Return the filters that make a picture as large as it is measured, in the same form."""
        del reference
        return ""

    def unpadded(self, value: float, reference: Reference) -> float:
        """Return the score of a frame without what `scaled` put around it."""
        del reference
        return value

    @abstractmethod
    def filter(self, reference: Reference, scores_file: Path, *, stride: int, threads: int) -> str:
        """Return the filter of two inputs, the encode and the reference."""

    @abstractmethod
    def read(self, scores_file: Path) -> list[float]:
        """Return the frames' scores from what the filter wrote.

        Raises:
            ValueError, KeyError: It is not what was expected.
        """

    def measure(
        self,
        encode: Path,
        reference: Reference,
        scores_file: Path,
        *,
        stride: int,
        threads: int,
        context: StageContext,
        log: str,
        stream: int | None = None,
    ) -> tuple[Scores, float]:
        """Measure an encode, each of its frames held against the reference's frame of the same number.

        Args:
            encode: The encoded file.
            reference: What it was encoded from.
            scores_file: A temporary file name, for the scores of the frames.
            stride: Every how many-th frame is measured.
            threads: How many may be used.
            context: The surroundings.
            log: Names the log of the child process.
            stream: Index of the encode's video stream; None for its first one.

        Returns:
            The scores, and the processor seconds that they took.

        Raises:
            ToolFailedError: ffmpeg failed, or measured other frames than were asked for.
        """
        stride = self.stride_for(stride)
        first = self.first(reference, stride)
        arguments = self._arguments(encode, reference, scores_file, stride, threads, stream)
        finished = context.run_ffmpeg(arguments, log=log, about=encode)
        try:
            values = [self.unpadded(value, reference) for value in self.read(scores_file)]
        except (OSError, ValueError, KeyError) as error:
            raise ToolFailedError(f"{self.name} wrote no scores ({error})", path=encode) from error
        if first:
            del values[:1]  # of what leads to it
        wanted = len(range(first, reference.frames, stride))
        if len(values) != wanted:
            raise ToolFailedError(f"{self.name} measured {len(values)} frames of {wanted}", path=encode)
        kind = self.measurement(reference)
        return scores_as(kind, values, stride=stride, first=first), finished.cpu_seconds

    def measurement(self, reference: Reference) -> Measurement:
        """Return what is measured, which scores name."""
        light = self.light(reference)
        return Measurement(self.name, self.model_for(reference), self.shown(reference), light)

    def _arguments(
        self,
        encode: Path,
        reference: Reference,
        scores_file: Path,
        stride: int,
        threads: int,
        stream: int | None,
    ) -> Sequence[str | Path]:
        # as a rule by number, not by time: the reference's times may be uneven, the encode's are not
        tick = "setpts=PTS-STARTPTS" if reference.by_time else renumbered(reference.rate)
        crop = f"crop={reference.crop}," if reference.crop else ""
        chosen, scaled = self.chosen(reference, stride), self.scaled(reference)
        measure = self.filter(reference, scores_file, stride=stride, threads=threads)
        frames = f"[1:{reference.stream}]{reference.prepare}{chosen}{crop}{reference.convert}"
        options = input_options(reference.filters)
        if reference.kept:
            frames, options = f"[1:v:0]{tagged(encode)}", []
        made = "0:v:0" if stream is None else f"0:{stream}"
        filters = (
            f"[{made}]{reference.of_encode}{chosen}format={reference.pix_fmt},{scaled}{tick}[encode];"
            f"{frames}{scaled}{tick}[reference];"
            f"[encode][reference]{measure}:shortest=1"
        )
        decode = ("-noautorotate", "-threads", str(threads))
        return [
            *(["-copyts"] if reference.filters else []),
            *(*decode, "-i", file_url(encode)),
            *(*decode, *options, "-i", file_url(reference.kept or reference.source)),
            *("-filter_complex_threads", str(threads)),
            *("-filter_complex", filters, "-frames:v", str(reference.frames), "-fps_mode", "passthrough"),
            *("-f", "null", "-"),
        ]


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
