"""The one full decode of a finished file: does every packet of picture and sound decode?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from drapto.engine.job import file_url
from drapto.errors import SpaceError, ToolFailedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drapto.engine.job import EncodeProgress, Job

ERROR_LIMIT = 500
"""Characters of ffmpeg's complaints that are quoted."""


@dataclass(frozen=True)
class Decoded:
    """What came out.

    Attributes:
        frames: Pictures.
        errors: What ffmpeg said, on one line; empty where all went well.
    """

    frames: int
    errors: str


def decode_all(
    path: Path, *, job: Job, on_progress: Callable[[EncodeProgress], None] | None = None
) -> Decoded:
    """Decode all picture and sound of ``path`` and throw it away.

    It holds half of the processors, so that other titles go on meanwhile, but has a thread for each,
    so that the last title of a run uses them all.
    """
    frames = 0

    def count(report: EncodeProgress) -> None:
        nonlocal frames
        frames = max(frames, report.frame)
        if on_progress is not None:
            on_progress(report)

    with job.cpu.hold(max(1, job.cpu.count // 2)):
        arguments = [
            *("-xerror", "-err_detect", "explode", "-threads", str(job.cpu.count), "-i", file_url(path)),
            # at the file's own tick: at a frame rate's, two frames of a variable rate could meet
            *("-map", "0:V", "-map", "0:a?", "-fps_mode", "passthrough", "-enc_time_base:v", "demux"),
            *("-f", "null", "-"),
        ]
        try:
            errors = job.run_ffmpeg(arguments, stage="validate", about=path, on_progress=count).stderr
        except SpaceError:
            raise
        except ToolFailedError as error:
            errors = error.problem
    return Decoded(frames, " ".join(errors.split())[:ERROR_LIMIT])
