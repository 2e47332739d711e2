"""Filters of ffmpeg that several stages use."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fractions import Fraction


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
