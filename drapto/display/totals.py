"""What a run, or all of them, came to, in lines that a narrow terminal holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.words import count_text, size_text, time_text

if TYPE_CHECKING:
    from drapto.state.results import Totals


def totals_lines(totals: Totals) -> list[str]:
    """Return what titles come to: how many, their sizes, and what they took; each of 58 columns at most."""
    lines = [f"{count_text(totals.titles, 'title')}: {outcomes(totals)}"]
    if totals.reduction is not None:
        sizes = f"{size_text(totals.source_bytes)} -> {size_text(totals.output_bytes)}"
        lines.append(f"{sizes}, {reduction_text(totals.reduction)}")
    return [*lines, taken(totals)]


def outcomes(totals: Totals) -> str:
    """Return ``2 done, 1 failed``: how many titles came to what."""
    left = totals.titles - totals.done - totals.failed - totals.skipped
    counts = {"done": totals.done, "failed": totals.failed, "skipped": totals.skipped, "unfinished": left}
    return ", ".join(f"{number:,} {what}" for what, number in counts.items() if number) or "nothing done"


def reduction_text(reduction: float) -> str:
    """Return ``66.2 % less``, or ``3.0 % more``."""
    return f"{abs(100 * reduction):.1f} % {'less' if reduction >= 0 else 'more'}"


def taken(totals: Totals) -> str:
    """Return what it took: time, processor time, frames a second, speed, memory."""
    parts = [time_text(totals.seconds), f"CPU {time_text(totals.cpu_seconds)}"]
    if totals.fps:
        parts.append(f"{totals.fps:.1f} fps")
    if totals.speed:
        parts.append(f"{totals.speed:.2f}x")
    if totals.peak_memory:
        parts.append(f"{size_text(totals.peak_memory)} of memory")
    return ", ".join(parts)
