"""What the segments of a title are, what was tried for each, and what that cost."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from drapto.report.page import NOTHING, Table
from drapto.report.plots import clock
from drapto.report.timeline import MOST_ROWS, at_most
from drapto.words import count_text, percent_text, size_text, time_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drapto.encoding.record import EncodedSegment
    from drapto.report.timeline import Interval

HEAD = (
    *("segment", "at", "lasts", "frames", "CRF", "score", "5th percentile", "lowest", "size", "kbit/s"),
    *("encodes", "processor time", "tried (CRF: score)", "why it ended there"),
)

MOST_TRIED = 8
"""Attempts of a segment that are listed."""


def segments_table(intervals: Sequence[Interval]) -> Table:
    """Return the segments, or where there are too many, neighbours taken together."""
    listed = at_most(intervals, MOST_ROWS)
    said = f"{count_text(len(intervals), 'segment')}."
    if len(listed) < len(intervals):
        said += f" Neighbours stand together, in {len(listed):,} rows; of scores, the lowest of them."
    return Table("Segments", HEAD, tuple(_row(one) for one in listed), (said,), folded=True)


def _row(one: Interval) -> tuple[str, ...]:
    return (
        *(one.name, clock(one.start), time_text(one.duration), f"{one.frames:,}"),
        *(_number(one.crf, 2), _number(one.score), _number(one.p5), _number(one.lowest)),
        *(size_text(one.bytes), f"{one.bitrate / 1000:,.0f}"),
        *(_number(one.encodes, 2), time_text(one.seconds)),
        ", ".join(f"{crf:g}: {score:.1f}" for crf, score in one.tried[:MOST_TRIED]) or NOTHING,
        one.why or ("the target" if one.score is not None else NOTHING),
    )


def _number(value: float | None, digits: int = 1) -> str:
    return NOTHING if value is None else f"{value:.{digits}f}"


def attempts_table(records: Sequence[EncodedSegment]) -> Table:
    """Return what the attempts of a title cost, beside what is delivered."""
    delivered = math.fsum(one.cpu_seconds for one in records)
    everything = math.fsum(one.search_cpu_seconds or one.cpu_seconds for one in records)
    starts = sum(one.attempts for one in records)
    frames = sum(one.frames for one in records) or 1
    times = math.fsum(one.encodes * one.frames for one in records) / frames
    rows = [
        ("encodes that are delivered", time_text(delivered), _share(delivered, everything)),
        ("the search: other encodes, and measuring", time_text(everything - delivered), ""),
        ("all of it", time_text(everything), "100 %"),
    ]
    rows[1] = (*rows[1][:2], _share(everything - delivered, everything))
    more = sum(one.encodes > 1 for one in records)
    said = (
        f"The encoder was started {count_text(starts, 'time')} for {count_text(len(records), 'segment')}. "
        f"A frame was encoded {times:.2f} times on average. "
        f"{count_text(more, 'segment')} took more than one encode of a frame."
    )
    missed = [one for one in records if one.why not in ("", "target")]
    if missed:
        said += (
            f" {count_text(len(missed), 'segment')} did not end at the target; the list of segments says why."
        )
    return Table("Attempts and what they cost", ("picture", "processor time", "share"), tuple(rows), (said,))


def _share(part: float, whole: float) -> str:
    return percent_text(part / whole) if whole else NOTHING
