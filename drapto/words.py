"""Sizes, times and counts as people read them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

DIGITS = 6
"""Decimal places of a number that programs read: a microsecond, a millionth of the whole."""

SECONDS_PER_MINUTE, SECONDS_PER_HOUR = 60, 3600


def time_text(seconds: float) -> str:
    """Return a time as people read it: ``0.3 s``, ``42 s``, ``12:31``, ``1:02:03``."""
    if seconds < 9.95:  # noqa: PLR2004  what would round to 10.0
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004  a minute
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if whole < SECONDS_PER_HOUR:
        return f"{minutes}:{rest:02d}"
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def left_text(seconds: float) -> str:
    """Return how long something goes on, no more exactly than is known: ``8 s``, ``12:30``, ``2:05 h``."""
    whole = max(1, round(seconds))
    if whole >= SECONDS_PER_HOUR:
        return f"{whole // SECONDS_PER_HOUR}:{whole % SECONDS_PER_HOUR // SECONDS_PER_MINUTE:02d} h"
    if whole >= SECONDS_PER_MINUTE:
        tens = 10 * round(whole / 10)
        return f"{tens // SECONDS_PER_MINUTE}:{tens % SECONDS_PER_MINUTE:02d}"
    return f"{whole} s"


def clock_text(seconds: float) -> str:
    """Return a place in a film to the millisecond: ``0:10:00.500``."""
    milliseconds = round(seconds * 1000)
    whole, rest = divmod(milliseconds, 1000)
    return f"{whole // SECONDS_PER_HOUR}:{whole // 60 % 60:02d}:{whole % 60:02d}.{rest:03d}"


def size_text(size: float) -> str:
    """Return a size in bytes as people read it: ``831 B``, ``21.0 MB``, ``4.7 GB`` (powers of 1000)."""
    if size < 1000:  # noqa: PLR2004
        return f"{size:.0f} B"
    for unit in ("kB", "MB", "GB"):
        size /= 1000
        if size < 999.95:  # noqa: PLR2004  what would round to 1000.0
            return f"{size:.1f} {unit}"
    return f"{size / 1000:.1f} TB"


def about_size_text(size: float) -> str:
    """Return a size that is not known better than to two digits: ``370 kB``, ``4.7 GB``."""
    if size < 1:
        return size_text(size)
    digit = 10 ** (math.floor(math.log10(size)) - 1)
    rounded = size_text(round(size / digit) * digit)
    number, unit = rounded.split(" ")
    return f"{number.removesuffix('.0')} {unit}" if len(number) > len("9.0") else rounded


def percent_text(fraction: float, digits: int = 0) -> str:
    """Return a part of the whole as people read it: ``17 %``, ``99.7 %``."""
    return f"{100 * fraction:.{digits}f} %"


def change_text(fraction: float) -> str:
    """Return how much more, or less, something became: ``+80 %``, ``-17 %``, ``+0.4 %``."""
    percent = 100 * fraction
    return f"{percent:+.{0 if abs(percent) >= 9.95 else 1}f} %"  # noqa: PLR2004  what would round to 10.0


def count_text(number: int, what: str) -> str:
    """Return ``1 segment``, ``12 segments``, ``30,000 frames``."""
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def score_text(metric: str, score: float, statistic: str = "harmonic") -> str:
    """Return ``VMAF 93.1`` or ``XPSNR 41.7 dB``; of another figure, ``VMAF p5 93.1``."""
    figure = "" if statistic == "harmonic" else f" {statistic}"
    return f"{metric.upper()}{figure} {score:.1f}" + (" dB" if metric == "xpsnr" else "")


def encoded_at(places: Mapping[int, str]) -> list[str]:
    """Return a line for each machine, ``two encodes segments 3, 7``, given each segment's machine."""
    found: dict[str, list[int]] = {}
    for segment, name in sorted(places.items()):
        found.setdefault(name, []).append(segment)
    return [
        f"{name} encodes segment{'' if len(numbers) == 1 else 's'} {', '.join(map(str, numbers))}"
        for name, numbers in sorted(found.items())
    ]
