"""A metric of ffmpeg's: what is asked of ffmpeg, and how its answer becomes scores."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from drapto.engine.context import file_url
from drapto.errors import ToolFailedError
from drapto.media.filters import renumbered
from drapto.media.uniform import input_options
from drapto.quality.kept import tagged
from drapto.quality.scores import Measurement, Scores, scores_as

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from drapto.engine.context import EncodeProgress, StageContext
    from drapto.quality.reference import Reference
    from drapto.quality.scale import Scale

STRICT = ("-max_error_rate", "0", "-err_detect", "explode")
"""Options of ffmpeg, and of its first input, with which one frame that a decoder refuses makes it fail."""


class Measured(NamedTuple):
    """What came of a measurement.

    Attributes:
        scores: The scores.
        cpu_seconds: Processor seconds that it took.
        decoded: Whether each frame of the encode was decoded for it, and without a complaint.
    """

    scores: Scores
    cpu_seconds: float
    decoded: bool


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

    def repeated(self, reference: Reference, stride: int) -> tuple[str, str]:
        """Return two filters for the encode's frames, each with a final comma, or nothing.

        The first chooses those that are held against the reference's; the second, behind all that is done to
        them, repeats them until they are as many as the reference's.
        """
        return self.chosen(reference, stride), ""

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

    def measure(  # noqa: PLR0913  two pictures, how, where, and who is told
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
        tell: Callable[[float], None] | None = None,
    ) -> Measured:
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
            tell: Called about twice a second with how much is done, 0 to 1.

        Where the reference's frames were kept, all of the encode's are decoded, strictly: what a check of the
        finished file does is done then.

        Raises:
            ToolFailedError: ffmpeg failed, or measured other frames than were asked for.
        """
        stride = self.stride_for(stride)
        first = self.first(reference, stride)
        arguments = self._arguments(encode, reference, scores_file, stride, threads, stream)
        # ffmpeg counts what goes through the filter: what is measured, and what lies beside it
        chosen = self.chosen(reference, stride) and not reference.kept
        through = self.looked_at(reference, stride) if chosen else reference.frames

        def told(report: EncodeProgress) -> None:
            if tell is not None:
                tell(report.frame / max(1, through))

        follow = told if reference.kept or tell is not None else None
        finished = context.run_ffmpeg(arguments, log=log, about=encode, on_progress=follow)
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
        scores = scores_as(kind, values, stride=stride, first=first)
        decoded = reference.kept is not None and finished.frames == reference.frames
        return Measured(scores, finished.cpu_seconds, decoded)

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
        own, repeated = self.repeated(reference, stride)
        measure = self.filter(reference, scores_file, stride=stride, threads=threads)
        # what is repeated does not end where the encode does
        end = f"trim=end_frame={reference.frames}," if repeated else ""
        frames = f"[1:{reference.stream}]{reference.prepare}{end}{chosen}{crop}{reference.convert}"
        options = input_options(reference.filters)
        made = "0:v:0" if stream is None else f"0:{stream}"
        strict: tuple[str, ...] = ()
        every = f"[{made}]"
        outputs: tuple[str, ...] = ()
        if reference.kept:
            frames, options = f"[1:v:0]{tagged(encode)}", []
            # the first output is told of as it gets on: how many frames were decoded
            every = f"[{made}]split[decoded][some];[some]"
            strict, outputs = STRICT, ("-map", "[decoded]", "-fps_mode", "passthrough", "-f", "null", "-")
        filters = (
            f"{every}{reference.of_encode}{own}format={reference.pix_fmt},{scaled}{repeated}{tick}[encode];"
            f"{frames}{scaled}{tick}[reference];"
            f"[encode][reference]{measure}:shortest=1[measured]"
        )
        decode = ("-noautorotate", "-threads", str(threads))
        return [
            *(["-copyts"] if reference.filters else []),
            *(*strict, *decode, "-i", file_url(encode)),
            *(*decode, *options, "-i", file_url(reference.kept or reference.source)),
            *("-filter_complex_threads", str(threads), "-filter_complex", filters, *outputs),
            *("-map", "[measured]", "-frames:v", str(reference.frames), "-fps_mode", "passthrough"),
            *("-f", "null", "-"),
        ]
