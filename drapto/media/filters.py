"""Filters of ffmpeg that several stages use."""

from __future__ import annotations


def without_first(frames: int) -> list[str]:
    """Return ffmpeg's filter that leaves out a segment's first ``frames``; none where there are none.

    It counts the frames that come to it, whatever their times are.
    """
    return [f"trim=start_frame={frames}"] if frames else []
