"""What ffmpeg's ``idet`` sees in runs of frames all over a title."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from drapto.media.fields.model import FieldPoint, Tally
from drapto.media.fields.pulldown import pulldown
from drapto.media.fields.run import PRINT, Run, ask
from drapto.media.fields.vote import is_suspect, judge
from drapto.media.fields.weave import preference, read_fits, weave

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from fractions import Fraction
    from pathlib import Path

    from drapto.engine.context import StageContext
    from drapto.media.fields.model import Order
    from drapto.media.fields.weave import Fit
    from drapto.media.model import VideoTrack

RUNS = 24
"""Runs that are looked at: those of a 960x540 H.264 clip took 3.4 s, with other work on the machine."""

LENGTH = 40
"""Frames in a run: eight cycles of 3:2 pulldown."""

MARGIN = 0.02
"""The part of a title at its start and at its end that is left out: logos, and credits that scroll."""

LABEL = re.compile(r"^lavfi\.idet\.(single|multiple)\.current_frame=(\w+)$", re.MULTILINE)


class Labels(NamedTuple):
    """What each frame was taken for, in the order of the frames."""

    single: Sequence[str]
    multiple: Sequence[str]


def choose_runs(video: VideoTrack) -> list[Run]:
    """Return the runs to look at: all of a short title."""
    if video.frames <= RUNS * LENGTH:
        return [Run(None, video.frames)]
    length = video.end - video.start
    start, step = video.start + MARGIN * length, (1 - 2 * MARGIN) * length / RUNS
    return [Run(start + (number + 0.5) * step, LENGTH) for number in range(RUNS)]


def look(
    source: Path,
    video: VideoTrack,
    *,
    context: StageContext,
    log: str,
    filters: Sequence[str] = (),
    may_be_film: bool = False,
) -> tuple[FieldPoint, ...]:
    """Return what runs of a title's frames show, in order of time.

    Args:
        source: The file.
        video: Its video track.
        context: The surroundings.
        log: Names the log.
        filters: What its frames go through first.
        may_be_film: They come as those of telecined film do, evenly at 29.97 per second.

    Raises:
        ToolFailedError: The file cannot be decoded.
    """
    points: list[FieldPoint] = []
    for run in choose_runs(video):
        asked = partial(ask, source, video, run, filters, context=context, log=log)
        start = video.start if run.time is None else run.time
        points += _points(asked, start, video.rate, may_be_film=may_be_film)
    return tuple(points)


def _points(
    asked: Callable[[str], str], start: float, rate: Fraction, *, may_be_film: bool
) -> Iterator[FieldPoint]:
    """Yield what a run shows; a long one gives several points.

    Args:
        asked: Returns what a filter prints of the run's frames.
        start: Of the run, seconds.
        rate: Frames per second.
        may_be_film: The frames may be telecined.
    """
    parts = list(_parts(read_labels(asked(f"idet,{PRINT}"))))
    fits: Sequence[Fit | None] = ()
    if any(is_suspect(_tally(seen.multiple)) for seen in parts):
        fits = (None, *read_fits(asked(weave())))
    for number, seen in enumerate(parts):
        multiple = _tally(seen.multiple)
        own = fits[number * LENGTH :][: len(seen.multiple)]
        ordered = preference(_combed(seen.multiple, own))
        order: Order = "tff" if multiple.tff >= multiple.bff else "bff"
        film = pulldown(own, order) if may_be_film else None
        yield FieldPoint(
            time=round(start + number * LENGTH / float(rate), 3),
            frames=len(seen.multiple),
            single=_tally(seen.single),
            multiple=multiple,
            preference=ordered,
            pulldown=film,
            verdict=judge(multiple, ordered, film),
        )


def _combed(labels: Sequence[str], fits: Sequence[Fit | None]) -> list[Fit]:
    """Return the fits of the frames that look combed; the first frame of a run has none."""
    pairs = zip(labels, fits, strict=False)
    return [fit for label, fit in pairs if fit is not None and label in ("tff", "bff")]


def read_labels(text: str) -> Labels:
    """Read what ``metadata=mode=print`` wrote of ``idet``'s verdicts."""
    found: dict[str, list[str]] = {"single": [], "multiple": []}
    for kind, label in LABEL.findall(text):
        found[kind].append(label)
    return Labels(**found)


def _parts(seen: Labels) -> Iterator[Labels]:
    """Cut a run to parts of `LENGTH` frames; a shorter rest stays with the last."""
    count = max(1, len(seen.multiple) // LENGTH)
    for number in range(count):
        end = (number + 1) * LENGTH if number < count - 1 else len(seen.multiple)
        yield Labels(*(labels[number * LENGTH : end] for labels in seen))


def _tally(labels: Sequence[str]) -> Tally:
    return Tally(**{name: labels.count(name) for name in Tally.model_fields})
