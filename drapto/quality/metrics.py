"""Metrics: how close an encode comes to its reference, frame by frame.

A metric is a class here; `metric_for` finds one by its name in the settings.
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from drapto.engine.context import file_url
from drapto.errors import ToolFailedError
from drapto.media.filters import renumbered, without_first
from drapto.media.yuv import conversion
from drapto.quality.display import Display, display_of
from drapto.quality.scale import DecibelScale, Scale, VmafScale
from drapto.quality.scores import Measurement, Scores, scores_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction
    from pathlib import Path

    from drapto.engine.context import StageContext
    from drapto.media.model import CropRect

INFINITE = 100.0
"""What stands for the infinite XPSNR of two equal pictures, dB."""


@dataclass(frozen=True)
class Reference:
    """The frames that an encode is held against.

    Attributes:
        source: The file.
        stream: Index of its video stream.
        crop: What the encode kept of the picture; None where it kept all.
        pix_fmt: The encode's pixel format: the source is converted to it, as it was for the encoder.
        width, height: The encode's picture, pixels.
        first: How many of its frames go before the first of them.
        frames: How many frames.
        rate: Their nominal rate.
        filters: What made whole pictures of its fields before the crop (`EncodeSettings.filters`).
        yuv_matrix: By what an RGB source was made YUV after it; None where it is no RGB.
        display: How the title is shown; None takes the picture for a whole one of square pixels.
        kept: A file of those of its frames that are looked at, as the encoder was given them; None where they
            are to be decoded.
        resized: Whether the encode's picture is of another size, from which it is shown as large.
        by_time: Whether each frame of the encode is held against the one that is shown at the same time after
            the first, instead of that of the same number.
    """

    source: Path
    stream: int
    crop: CropRect | None
    pix_fmt: str
    width: int
    height: int
    frames: int
    rate: Fraction
    first: int = 0
    filters: tuple[str, ...] = ()
    yuv_matrix: str | None = None
    display: Display | None = None
    kept: Path | None = None
    resized: bool = False
    by_time: bool = False

    @property
    def shown(self) -> Display:
        """How the picture is shown while it is scored as people see it."""
        return self.display or display_of(self.width, self.height, rate=self.rate)

    @property
    def prepare(self) -> str:
        """What leads to the frames, in ffmpeg's form, with a final comma, or nothing."""
        return "".join(f"{one}," for one in (*self.filters, *without_first(self.first)))

    def part(self, first: int, end: int = 0) -> Reference:
        """Return the same of the frames from ``first`` on, to before ``end`` where that is not 0."""
        return replace(self, first=self.first + first, frames=(end or self.frames) - first)

    @property
    def convert(self) -> str:
        """The conversion to the encode's pixel format, in the same form."""
        return "".join(f"{one}," for one in (*conversion(self.yuv_matrix), f"format={self.pix_fmt}"))


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

    def chosen(self, reference: Reference, stride: int) -> str:
        """Return the filter that leaves out what need not be looked at, with a final comma, or nothing."""
        del reference, stride
        return ""

    def looked_at(self, reference: Reference, stride: int) -> int:
        """Return how many frames it chooses at most."""
        del stride
        return reference.frames

    def scaled(self, reference: Reference) -> str:
        """Return the filters that make a picture as large as it is measured, in the same form."""
        del reference
        return ""

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
        arguments = self._arguments(encode, reference, scores_file, stride, threads, stream)
        finished = context.run_ffmpeg(arguments, log=log, about=encode)
        try:
            values = self.read(scores_file)
        except (OSError, ValueError, KeyError) as error:
            raise ToolFailedError(f"{self.name} wrote no scores ({error})", path=encode) from error
        if len(values) != len(range(0, reference.frames, stride)):
            wanted = len(range(0, reference.frames, stride))
            raise ToolFailedError(f"{self.name} measured {len(values)} frames of {wanted}", path=encode)
        model, shown = self.model_for(reference), self.shown(reference)
        return scores_of(self.name, values, model=model, shown=shown, stride=stride), finished.cpu_seconds

    def measurement(self, reference: Reference) -> Measurement:
        """Return what is measured, which scores name."""
        return Measurement(self.name, self.model_for(reference), self.shown(reference))

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
        if reference.kept:
            frames = "[1:v:0]"
        made = "0:v:0" if stream is None else f"0:{stream}"
        filters = (
            f"[{made}]{chosen}format={reference.pix_fmt},{scaled}{tick}[encode];"
            f"{frames}{scaled}{tick}[reference];"
            f"[encode][reference]{measure}:shortest=1"
        )
        decode = ("-noautorotate", "-threads", str(threads))
        return [
            *(["-copyts"] if reference.filters else []),
            *(*decode, "-i", file_url(encode), *decode, "-i", file_url(reference.kept or reference.source)),
            *("-filter_complex_threads", str(threads)),
            *("-filter_complex", filters, "-frames:v", str(reference.frames), "-fps_mode", "passthrough"),
            *("-f", "null", "-"),
        ]


class Vmaf(Metric):
    """Netflix's VMAF, 0 to 100, by libvmaf, of pictures as they are shown. It is defined for SDR."""

    name = "vmaf"
    scale = VmafScale()

    def model_for(self, reference: Reference) -> str:
        """Return the model of the display."""
        return reference.shown.model

    def shown(self, reference: Reference) -> str:
        """Return the whole picture's size on the display; nothing where that is its own."""
        return reference.shown.size if reference.shown.scales else ""

    def stride_for(self, stride: int) -> int:
        """Return ``stride``: libvmaf leaves frames out by itself."""
        return stride

    def chosen(self, reference: Reference, stride: int) -> str:
        """Keep each measured frame and those whose motion counts; the scores stay the same.

        Without what is missing before the first frame, every n-th of what is kept is one to measure, where n
        is how many frames the model looks at.
        """
        reach = reference.shown.reach
        if stride <= reach.frames or reference.by_time:
            return ""
        return f"select='lt(mod(n+{reach.before},{stride}),{reach.frames})',"

    def looked_at(self, reference: Reference, stride: int) -> int:
        """Return how many frames it chooses at most: those that are measured, and those around them."""
        return min(reference.frames, -(-reference.frames // stride) * reference.shown.reach.frames)

    def scaled(self, reference: Reference) -> str:
        """Make it as large as it is on the display: after the choice, since that is what costs."""
        return reference.shown.filters(reference.width, reference.height, always=reference.resized)

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


METRICS: dict[str, Metric] = {metric.name: metric for metric in (Vmaf(), Xpsnr())}


def escaped(path: Path) -> str:
    """Return a file name as an option of a filter, inside a filter graph: two readers take it apart."""
    once = re.sub(r"([\\':])", r"\\\1", str(path))
    return re.sub(r"([\\'\[\],;])", r"\\\1", once)
