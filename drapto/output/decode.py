"""The one full decode of a finished file: does every packet of picture and sound decode?

A picture decoder on many threads leaves cores idle (dav1d on two: 1.55 of them busy), so the picture is
decoded in as many stretches as there are CPU slots, each from a keyframe on by one thread.
"""

from __future__ import annotations

from bisect import bisect_left
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drapto.engine.job import file_url
from drapto.errors import SpaceError, ToolFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from drapto.engine.job import EncodeProgress, Job

ERROR_LIMIT = 500
"""Characters of ffmpeg's complaints that are quoted."""

NS = 1_000_000_000


@dataclass(frozen=True)
class Decoded:
    """What came out.

    Attributes:
        frames: Pictures.
        errors: What ffmpeg said, on one line; empty where all went well.
    """

    frames: int
    errors: str


@dataclass(frozen=True)
class Stretch:
    """A run of pictures that one decoder takes.

    Attributes:
        start: When the first is shown, nanoseconds; it is a keyframe.
        frames: How many.
    """

    start: int
    frames: int


def stretches(times: Sequence[int], keyframes: Sequence[int], parts: int) -> list[Stretch]:
    """Divide the pictures shown at ``times`` into at most ``parts`` runs of about equal length.

    Args:
        times: When each picture is shown, nanoseconds, ascending.
        keyframes: When the keyframes are, ascending.
        parts: How many at most.
    """
    firsts = [0]
    for part in range(1, parts):
        wanted = times[part * len(times) // parts]
        key = next((key for key in keyframes[bisect_left(keyframes, wanted) :]), None)
        if key is not None and (first := bisect_left(times, key)) > firsts[-1]:
            firsts.append(first)
    ends = [*firsts[1:], len(times)]
    return [Stretch(times[first], end - first) for first, end in zip(firsts, ends, strict=True)]


def decode_all(
    path: Path,
    times: Sequence[int],
    keyframes: Sequence[int],
    *,
    has_sound: bool,
    job: Job,
    on_frames: Callable[[int], None] | None = None,
) -> Decoded:
    """Decode all picture and sound of ``path`` and throw it away; each decoder holds a CPU slot.

    Args:
        path: The finished file.
        times: When each picture is shown, nanoseconds, ascending; not empty.
        keyframes: When the keyframes are, ascending.
        has_sound: Whether there is an audio track.
        job: The surroundings.
        on_frames: Called about twice a second for each decoder, with all frames decoded so far.
    """
    parts = stretches(times, keyframes, job.cpu.count)
    done = [0] * len(parts)

    def picture(number: int) -> str:
        def count(report: EncodeProgress) -> None:
            done[number] = max(done[number], report.frame)
            if on_frames is not None:
                on_frames(sum(done))

        stretch = parts[number]
        # the first one starts wherever the file does: nothing before its first keyframe is passed over
        seek = ["-seek_timestamp", "1", "-ss", f"{stretch.start / NS:.6f}"] if number else []
        limit = ["-frames:v", str(stretch.frames)] if number < len(parts) - 1 else []
        # at the file's own tick: at a frame rate's, two frames of a variable rate could meet
        output = ["-map", "0:V", "-fps_mode", "passthrough", "-enc_time_base:v", "demux", *limit]
        return _decode(path, seek, output, job, count)

    def sound() -> str:
        return _decode(path, [], ["-vn", "-map", "0:a"], job, None)

    with ThreadPoolExecutor(len(parts) + 1) as pool:
        said = [pool.submit(picture, number) for number in range(len(parts))]
        if has_sound:
            said.append(pool.submit(sound))
        errors = " ".join(text for future in said if (text := future.result()))
    return Decoded(sum(done), errors[:ERROR_LIMIT])


def _decode(
    path: Path,
    seek: Sequence[str],
    output: Sequence[str],
    job: Job,
    on_progress: Callable[[EncodeProgress], None] | None,
) -> str:
    """Run one decoder; return what it complained of, on one line."""
    arguments = ["-xerror", "-err_detect", "explode", "-threads", "1", *seek, "-i", file_url(path), *output]
    with job.cpu.hold(1):
        try:
            errors = job.run_ffmpeg(
                [*arguments, "-f", "null", "-"], stage="validate", about=path, on_progress=on_progress
            ).stderr
        except SpaceError:
            raise
        except ToolFailedError as error:
            errors = error.problem
    return " ".join(errors.split())
