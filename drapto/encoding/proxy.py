"""Sketches: a small, quick encode of a segment that tells what a real one will score.

The middle of the picture is halved, encoded by a faster preset and measured against itself. At the same CRF,
its loss (see `drapto.quality.scale`) is that of the real encode within 0.06 (standard deviation), but for
what is the same all over a title. The price is a quarter of an encode's. What was tried and lost is in
docs/benchmarks.md.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from drapto.engine import atomic
from drapto.engine.context import file_url
from drapto.quality.sampling import step_for
from drapto.video.encode import run_encoder
from drapto.video.request import EncodeRequest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from drapto.engine.context import StageContext
    from drapto.quality.metrics import Metric, Reference
    from drapto.quality.scores import Scores
    from drapto.video.encode_settings import EncodeSettings

MIDDLE = 2 / 3
"""The part of the width and of the height that is kept."""

SHRINK = 2
"""How many times smaller that is then made, each way. The whole picture at a fifth of its size costs a third
less, but strays by 0.11: slow scenes without fine detail look worse there than they are."""

SMALLEST = 64
"""Pixels of its shorter side that it keeps, if the picture has them: SVT-AV1 takes no less."""

LARGEST = 640
"""Pixels of its longer side that it does not exceed: all of its frames lie on the disk for a while."""

PRESET = 8
"""At preset 6 the sketch costs a third more, at 10 it strays half as far again."""

LEAST_STEP = 3
"""Every third frame of a sketch is measured, or fewer, as of an encode; all of them would tell no more."""


@dataclass
class Sketch:
    """The shrunken frames of a segment, and what trying them took.

    Attributes:
        reference: The frames.
        cpu_seconds: What it took so far.
    """

    reference: Reference
    cpu_seconds: float

    def try_at(
        self, crf: float, settings: EncodeSettings, metric: Metric, *, context: StageContext, log: str
    ) -> Scores:
        """Encode the frames at ``crf`` and measure them.

        Args:
            crf: The CRF.
            settings: Of the real encode.
            metric: What is measured.
            context: The title's surroundings.
            log: Names the log.

        Raises:
            ToolFailedError: A child process failed.
        """
        reference = self.reference
        quick = {
            "preset": max(PRESET, settings.preset),
            "crop": None,
            "filters": (),
            "yuv_matrix": None,
            "frames": reference.frames,
        }
        shape = settings.at(crf).model_copy(update=quick)
        with atomic.scratch(reference.source) as path, atomic.scratch(reference.source) as scores_file:
            request = EncodeRequest(
                source=reference.source,
                stream=0,
                target=path,
                record=path,
                index=0,
                slots=1,
                lp=1,
                attempts=path.parent,
                width=reference.width,
                height=reference.height,
            )
            done = run_encoder(request, path, shape, context=context, log=log)
            every = max(LEAST_STEP, step_for(reference.frames))
            scores, cpu = metric.measure(
                path, reference, scores_file, step=every, threads=1, context=context, log=log
            )
        self.cpu_seconds += done.cpu_seconds + cpu
        return scores


@contextlib.contextmanager
def sketch(reference: Reference, beside: Path, *, context: StageContext, log: str) -> Iterator[Sketch]:
    """Shrink a segment's frames; they are removed at the end of the block.

    Args:
        reference: The frames.
        beside: Names the temporary file.
        context: The title's surroundings.
        log: Names the log.

    Raises:
        ToolFailedError: ffmpeg failed.
    """
    middle, (width, height) = shrunken(reference.width, reference.height)
    crop = f"crop={reference.crop}," if reference.crop else ""
    tick = f"settb={reference.rate.denominator}/{reference.rate.numerator},setpts=N"
    convert = reference.convert if reference.yuv_matrix else ""
    scale = f"crop={middle[0]}:{middle[1]},scale={width}:{height}:flags=bicubic,format={reference.pix_fmt}"
    filters = f"{reference.prepare}{crop}{convert}{scale},{tick}"
    with atomic.scratch(beside) as path:
        finished = context.run_ffmpeg(
            [
                *(["-copyts"] if reference.filters else []),
                *("-noautorotate", "-threads", "1", "-i", file_url(reference.source)),
                *("-map", f"0:{reference.stream}"),
                *("-vf", filters, "-frames:v", str(reference.frames), "-fps_mode", "passthrough"),
                *("-an", "-sn", "-dn", "-c:v", "rawvideo", "-f", "nut", "-y", file_url(path)),
            ],
            log=log,
            about=reference.source,
        )
        small = replace(reference, source=path, stream=0, crop=None, filters=(), yuv_matrix=None)
        small = replace(small, width=width, height=height)
        yield Sketch(small, finished.cpu_seconds)


def shrunken(width: int, height: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the size of what is kept of a picture, and that of its sketch, pixels, all even."""
    kept = MIDDLE if min(width, height) * MIDDLE >= SMALLEST else 1
    width, height = _even(width * kept), _even(height * kept)
    shrink = max(min(SHRINK, min(width, height) / SMALLEST), max(width, height) / LARGEST, 1)
    return (width, height), (_even(width / shrink), _even(height / shrink))


def _even(pixels: float) -> int:
    return max(2, round(pixels / 2) * 2)
