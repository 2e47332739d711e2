"""A run of consecutive frames, and what ffmpeg's filters print of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from drapto.engine.context import file_url
from drapto.media.uniform import input_options, uniform_filters

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from drapto.engine.context import StageContext
    from drapto.media.model import VideoTrack

PRINT = "metadata=mode=print:file=pipe\\\\:1"
"""Prints what the filters before it found out about each frame."""


class Run(NamedTuple):
    """Consecutive frames: the first one's time in seconds (None: the start of the file), and how many."""

    time: float | None
    frames: int


def ask(
    source: Path,
    video: VideoTrack,
    run: Run,
    filters: Sequence[str],
    question: str,
    *,
    context: StageContext,
    log: str,
) -> str:
    """Decode a run and return what ``question``, filters that end with `PRINT`, prints of its frames.

    Args:
        source: The file.
        video: Its video track.
        run: Which frames.
        filters: What they go through first.
        question: The filters that are asked.
        context: The surroundings.
        log: Names the log.

    Raises:
        ToolFailedError: The file cannot be decoded.
    """
    alike = uniform_filters(video, fields=True)
    graph = ",".join((*alike, f"trim=end_frame={run.frames}", *filters, question))
    seek = [] if run.time is None else ["-ss", f"{run.time:.3f}"]
    finished = context.run_ffmpeg(
        [
            *("-noautorotate", "-threads", "1", *input_options(alike), *seek, "-i", file_url(source)),
            *("-map", f"0:{video.index}", "-vf", graph),
            *("-fps_mode", "passthrough", "-f", "null", "-"),
        ],
        log=log,
        about=source,
    )
    return finished.stdout.decode(errors="replace")
