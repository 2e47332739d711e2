"""A run of consecutive frames, and what ffmpeg's filters print of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from drapto.engine.job import file_url

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.engine.job import Job
    from drapto.media.model import VideoTrack

PRINT = "metadata=mode=print:file=pipe\\\\:1"
"""Prints what the filters before it found out about each frame."""


class Run(NamedTuple):
    """Consecutive frames: the first one's time in seconds (None: the start of the file), and how many."""

    time: float | None
    frames: int


def ask(source: Path, video: VideoTrack, run: Run, filters: str, *, job: Job, stage: str) -> str:
    """Decode a run and return what ``filters``, one of them `PRINT`, print of its frames.

    Raises:
        ToolFailedError: The file cannot be decoded.
    """
    seek = [] if run.time is None else ["-ss", f"{run.time:.3f}"]
    with job.cpu.hold(1):
        finished = job.run_ffmpeg(
            [
                *("-noautorotate", "-threads", "1", *seek, "-i", file_url(source)),
                *("-map", f"0:{video.index}", "-vf", f"trim=end_frame={run.frames},{filters}"),
                *("-fps_mode", "passthrough", "-f", "null", "-"),
            ],
            stage=stage,
            about=source,
        )
    return finished.stdout.decode(errors="replace")
