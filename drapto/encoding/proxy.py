"""Proxies: a small, fast encode of a segment that tells what a real one will score.

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
from drapto.media.filters import renumbered
from drapto.media.uniform import input_options
from drapto.quality.sampling import stride_for
from drapto.video.encode import run_encoder
from drapto.video.request import EncodeRequest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from drapto.encoding.job import SegmentContext
    from drapto.quality.reference import Reference
    from drapto.quality.scores import Scores

MIDDLE = 2 / 3
"""The part of the width and of the height that is kept."""

SHRINK = 2
"""How many times smaller that is then made, each way. The whole picture at a fifth of its size costs a third
less, but deviates by 0.11: slow scenes without fine detail look worse there than they are."""

SMALLEST = 64
"""Pixels of its shorter side that it keeps, if the picture has them: SVT-AV1 takes no less."""

LARGEST = 640
"""Pixels of its longer side that it does not exceed: all of its frames lie on the disk for a while."""

PRESET = 8
"""At preset 6 the proxy costs a third more, at 10 it deviates half as far again."""

LEAST_STRIDE = 3
"""Every third frame of a proxy is measured, or fewer, as of an encode; all of them would tell no more."""


@dataclass
class ProxyFrames:
    """The shrunken frames of a segment, ready to be encoded.

    Attributes:
        segment: The segment.
        reference: The frames.
        cpu_seconds: What it took to shrink them, until the first encode has accounted for it.
    """

    segment: SegmentContext
    reference: Reference
    cpu_seconds: float

    def encode_at(self, crf: float) -> tuple[Scores, float]:
        """Encode the frames at ``crf`` and measure them.

        Returns:
            The scores, and the processor seconds that all of it took.

        Raises:
            ToolFailedError: A child process failed.
        """
        segment, reference = self.segment, self.reference
        fast = {
            "preset": max(PRESET, segment.shape.preset),
            "crop": None,
            "filters": (),
            "yuv_matrix": None,
            "frames": reference.frames,
        }
        settings = segment.shape.at(crf).model_copy(update=fast)
        with atomic.scratch(reference.source) as path, atomic.scratch(reference.source) as scores_file:
            request = EncodeRequest(
                source=reference.source,
                stream=0,
                target=path,
                index=segment.request.index,
                lp=1,
                width=reference.width,
                height=reference.height,
            )
            done = run_encoder(request, path, settings, context=segment.stage)
            scores, cpu = segment.metric.measure(
                path,
                reference,
                scores_file,
                stride=max(LEAST_STRIDE, stride_for(reference.frames)),
                threads=1,
                context=segment.stage,
                log=request.log,
            )
        spent, self.cpu_seconds = self.cpu_seconds + done.cpu_seconds + cpu, 0.0
        return scores, spent


@contextlib.contextmanager
def proxy_frames(segment: SegmentContext, beside: Path) -> Iterator[ProxyFrames]:
    """Shrink a segment's frames; they are removed at the end of the block.

    Args:
        segment: The segment.
        beside: Names the temporary file.

    Raises:
        ToolFailedError: ffmpeg failed.
    """
    reference = segment.reference
    middle, (width, height) = shrunken(reference.width, reference.height)
    crop = f"crop={reference.crop}," if reference.crop else ""
    convert = reference.convert if reference.yuv_matrix else ""
    scale = f"crop={middle[0]}:{middle[1]},scale={width}:{height}:flags=bicubic,format={reference.pix_fmt}"
    filters = f"{reference.prepare}{crop}{convert}{scale},{renumbered(reference.rate)}"
    with atomic.scratch(beside) as path:
        finished = segment.stage.run_ffmpeg(
            [
                *(["-copyts"] if reference.filters else []),
                *("-noautorotate", "-threads", "1", *input_options(reference.filters)),
                *("-i", file_url(reference.source)),
                *("-map", f"0:{reference.stream}"),
                *("-vf", filters, "-frames:v", str(reference.frames), "-fps_mode", "passthrough"),
                *("-an", "-sn", "-dn", "-c:v", "rawvideo", "-f", "nut", "-y", file_url(path)),
            ],
            log=segment.request.log,
            about=reference.source,
        )
        small = replace(reference, source=path, stream=0, crop=None, filters=(), yuv_matrix=None)
        small = replace(small, width=width, height=height)
        yield ProxyFrames(segment, small, finished.cpu_seconds)


def shrunken(width: int, height: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the size of what is kept of a picture, and that of its proxy, pixels, all even."""
    kept = MIDDLE if min(width, height) * MIDDLE >= SMALLEST else 1
    width, height = _even(width * kept), _even(height * kept)
    shrink = max(min(SHRINK, min(width, height) / SMALLEST), max(width, height) / LARGEST, 1)
    return (width, height), (_even(width / shrink), _even(height / shrink))


def _even(pixels: float) -> int:
    return max(2, round(pixels / 2) * 2)
