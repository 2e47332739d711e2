"""Where in the film something failed: said of it before it is told.

What works on a part of a title, a segment, a track, knows its own file alone. Whoever reads the failure has a
film: its name, and a time to look at.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from drapto.engine.causes import BAD_INPUT, FAILED
from drapto.engine.telling import ENCODER_SAYS
from drapto.errors import ArtifactError, FrameCountError, SourceError, ToolFailedError, printable
from drapto.words import time_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from drapto.errors import DraptoError
    from drapto.project import Title
    from drapto.rules.work import Work
    from drapto.video.plan import Segment

LOOK = "look at the source there, and rip it again where it is damaged"

OF_THE_SOURCE = ("", FAILED.name, BAD_INPUT.name)
"""Causes that may lie in what was read; the others are the machine's, and have remedies of their own."""

NOT_SO = "correct encoding.svt_params, or bring the source within the encoder's limits first"

COUNT_WHAT_DECODES = 'rip it again; to encode what decodes of it, set input.frame_index = "decode"'
UNCUT = 'rip it again; to encode what decodes of it, set encoding.mode = "standard", too'
ALL_IS_TRIED = "rip it again: it does not decode to the same frames each time"


@contextlib.contextmanager
def in_segment(work: Work, segment: Segment, reached: Callable[[], float] = lambda: 0.0) -> Iterator[None]:
    """Say of what fails that it is a segment of the title, and when that is.

    Args:
        work: The title.
        segment: The segment.
        reached: Returns how far the work on it had come, seconds.
    """
    since, until = segment.start_time, segment.start_time + segment.duration
    try:
        yield
    except FrameCountError as error:
        _of_the_film(error, work.title.source, _between(since, until))
        error.remedy = _another_count(work)
        raise
    except ToolFailedError as error:
        _stopped(error, work.title.source, since + reached())
        raise
    except ArtifactError as error:
        _is_of(error, work.title, segment)
        raise


@contextlib.contextmanager
def among_segments(title: Title, files: Mapping[Path, Segment]) -> Iterator[None]:
    """Say of a file that is not as it should be which part of the title it is.

    Args:
        title: The title.
        files: Each segment's file.
    """
    try:
        yield
    except ArtifactError as error:
        for path, segment in files.items():
            if str(path) == error.path:
                _is_of(error, title, segment)
        raise


def _is_of(error: ArtifactError, title: Title, segment: Segment) -> None:
    # a work file may be to be deleted: the source must not stand in its place
    between = _between(segment.start_time, segment.start_time + segment.duration)
    error.problem += f", which is {printable(title.source.name)} {between}"


@contextlib.contextmanager
def in_track(source: Path, reached: Callable[[], float]) -> Iterator[None]:
    """Say of what fails how far into the title it came; ``reached`` returns that, seconds."""
    try:
        yield
    except ToolFailedError as error:
        _stopped(error, source, reached())
        raise
    except SourceError as error:
        error.path = error.path or str(source)
        raise


def _stopped(error: ToolFailedError, source: Path, time: float) -> None:
    _of_the_film(error, source, f"after {time_text(time)}")
    if error.first and error.cause in OF_THE_SOURCE:
        advice = NOT_SO if ENCODER_SAYS in error.problem else LOOK
        error.remedy = advice if error.remedy is None else f"{advice}; {error.remedy}"


def _of_the_film(error: DraptoError, source: Path, when: str) -> None:
    error.problem = f"{when}: {error.problem}"
    error.path = str(source)


def _between(since: float, until: float) -> str:
    return f"from {time_text(since)} to {time_text(until)}"


def _another_count(work: Work) -> str:
    """Return what may help where a segment has not as many frames as were counted, and is not set already."""
    config = work.project.config
    if config.input.frame_index != "decode":
        return COUNT_WHAT_DECODES
    return ALL_IS_TRIED if config.encoding.mode == "standard" else UNCUT
