"""A part of a film as people write it: ``10:00-12:00``."""

from __future__ import annotations

import re
from typing import NamedTuple

_TIME = re.compile(r"(?:(?:(\d+):)?(\d{1,2}):)?(\d+(?:\.\d+)?)")
SIXTY = 60


class Span(NamedTuple):
    """From when to when, seconds; without an end, to that of the film."""

    start: float
    end: float | None


def read_span(text: str) -> Span:
    """Return the part that is written as ``10:00-12:00``, ``1:02:03.5-``, ``-90``.

    Raises:
        ValueError: It is not written so, or ends before it begins.
    """
    start, dash, end = (part.strip() for part in text.partition("-"))
    if not dash or not (start or end):
        raise ValueError('is not a part of a film, such as "10:00-12:00", "1:02:03-" or "-90"')
    span = Span(_seconds(start) if start else 0.0, _seconds(end) if end else None)
    if span.end is not None and span.end <= span.start:
        raise ValueError("ends before it begins: write the earlier time first")
    return span


def _seconds(text: str) -> float:
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError(f'has "{text}", which is not a time, such as 90, 10:00 or 1:02:03.5')
    hours, minutes, seconds = int(found[1] or 0), int(found[2] or 0), float(found[3])
    if (found[2] and seconds >= SIXTY) or (found[1] and minutes >= SIXTY):
        raise ValueError(f'has "{text}", with more than 59 seconds or minutes')
    return hours * SIXTY * SIXTY + minutes * SIXTY + seconds


def check_span(value: str) -> str:
    """Refuse what is no part of a film, for a setting."""
    read_span(value)
    return value
