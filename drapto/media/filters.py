"""Filters of ffmpeg that several stages use."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fractions import Fraction
    from pathlib import Path


def without_first(frames: int) -> list[str]:
    """Return ffmpeg's filter that leaves out a segment's first ``frames``; none where there are none.

    It counts the frames that come to it, whatever their times are.
    """
    return [f"trim=start_frame={frames}"] if frames else []


def renumbered(rate: Fraction) -> str:
    """Return ffmpeg's filters that time frames by their number, at the nominal ``rate``.

    Times that are uneven, or that two frames share after rounding, would make ffmpeg drop or double frames.
    """
    return f"settb={rate.denominator}/{rate.numerator},setpts=N"


def escaped(path: Path) -> str:
    """Return a file name as an option of a filter, inside a filter graph: two readers take it apart."""
    once = re.sub(r"([\\':])", r"\\\1", str(path))
    return re.sub(r"([\\'\[\],;])", r"\\\1", once)
