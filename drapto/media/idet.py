"""What ffmpeg's ``idet`` sees in runs of frames all over a title."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from drapto.engine.job import file_url
from drapto.media.fields import FieldPoint, Tally
from drapto.media.fieldvote import judge

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from drapto.engine.job import Job
    from drapto.media.model import VideoTrack

RUNS = 24
"""Runs that are looked at: those of a 960x540 H.264 clip took 3.4 s, with other work on the machine."""

LENGTH = 40
"""Frames in a run: eight cycles of 3:2 pulldown."""

MARGIN = 0.02
"""The part of a title at its start and at its end that is left out: logos, and credits that scroll."""

PRINT = "metadata=mode=print:file=pipe\\\\:1"
LABEL = re.compile(r"^lavfi\.idet\.(single|multiple|repeated)\.current_frame=(\w+)$", re.MULTILINE)


class Labels(NamedTuple):
    """What each frame was taken for, in the order of the frames."""

    single: Sequence[str]
    multiple: Sequence[str]
    repeated: Sequence[str]


class Run(NamedTuple):
    """Consecutive frames: the first one's time in seconds (None: the start of the file), and how many."""

    time: float | None
    frames: int


def choose_runs(video: VideoTrack) -> list[Run]:
    """Return the runs to look at: all of a short title."""
    if video.frames <= RUNS * LENGTH:
        return [Run(None, video.frames)]
    length = video.end - video.start
    start, step = video.start + MARGIN * length, (1 - 2 * MARGIN) * length / RUNS
    return [Run(start + (number + 0.5) * step, LENGTH) for number in range(RUNS)]


def look(source: Path, video: VideoTrack, *, job: Job, stage: str) -> tuple[FieldPoint, ...]:
    """Return what runs of a title's frames show, in order of time.

    Args:
        source: The file.
        video: Its video track.
        job: The surroundings.
        stage: Names the log.

    Raises:
        ToolFailedError: The file cannot be decoded.
    """
    points: list[FieldPoint] = []
    for run in choose_runs(video):
        points += _points(source, video, run, job, stage)
    return tuple(points)


def _points(source: Path, video: VideoTrack, run: Run, job: Job, stage: str) -> Iterator[FieldPoint]:
    """Yield what a run shows; a long one gives several points."""
    start = video.start if run.time is None else run.time
    for number, seen in enumerate(_pieces(_labels(source, video, run, job, stage))):
        multiple = _tally(seen.multiple)
        yield FieldPoint(
            time=round(start + number * LENGTH / float(video.rate), 3),
            frames=len(seen.multiple),
            single=_tally(seen.single),
            multiple=multiple,
            top=seen.repeated.count("top"),
            bottom=seen.repeated.count("bottom"),
            verdict=judge(seen.repeated, multiple),
        )


def _labels(source: Path, video: VideoTrack, run: Run, job: Job, stage: str) -> Labels:
    """Decode a run and return what ``idet`` takes its frames for."""
    seek = [] if run.time is None else ["-ss", f"{run.time:.3f}"]
    filters = f"idet,{PRINT}"
    with job.cpu.hold(1):
        finished = job.run_ffmpeg(
            [
                *("-noautorotate", "-threads", "1", *seek, "-i", file_url(source)),
                *("-map", f"0:{video.index}"),
                *(
                    "-vf",
                    filters,
                    "-frames:v",
                    str(run.frames),
                    "-fps_mode",
                    "passthrough",
                    "-f",
                    "null",
                    "-",
                ),
            ],
            stage=stage,
            about=source,
        )
    return read_labels(finished.stdout.decode(errors="replace"))


def read_labels(text: str) -> Labels:
    """Read what ``metadata=mode=print`` wrote of ``idet``'s verdicts."""
    found: dict[str, list[str]] = {"single": [], "multiple": [], "repeated": []}
    for kind, label in LABEL.findall(text):
        found[kind].append(label)
    return Labels(**found)


def _pieces(seen: Labels) -> Iterator[Labels]:
    """Cut a run to pieces of `LENGTH` frames; a shorter rest stays with the last."""
    count = max(1, len(seen.multiple) // LENGTH)
    for number in range(count):
        end = (number + 1) * LENGTH if number < count - 1 else len(seen.multiple)
        yield Labels(*(labels[number * LENGTH : end] for labels in seen))


def _tally(labels: Sequence[str]) -> Tally:
    return Tally(**{name: labels.count(name) for name in Tally.model_fields})
