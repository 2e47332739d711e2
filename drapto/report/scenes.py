"""Which moments of a film are shown: its worst, source beside output, and what it looks like in between."""

from __future__ import annotations

import heapq
from bisect import bisect_right
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from drapto.engine import process
from drapto.errors import DraptoError
from drapto.media.rate import NS
from drapto.report.page import Scene, Still
from drapto.report.pictures import COARSE, Frame, View, grab
from drapto.report.plots import clock
from drapto.words import score_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from drapto.encoding.record import EncodedSegment
    from drapto.engine.context import StageContext
    from drapto.report.timeline import Interval

Given = TypeVar("Given")
Taken = TypeVar("Taken")

SCENES = 5
STILLS = 12
"""How many moments are shown of both files, and how many of the output alone."""

FEWEST_STILLS = 4
"""Where there are fewer keyframes to take them from, which costs least."""

PAST_KEYFRAME = 24
"""Frames into an interval: its keyframe is its best, and all that lies between is decoded for the picture."""

WIDTH, STILL_WIDTH = 960, 200
"""Pixels that their pictures are wide."""

MOST_BYTES, MOST_STILL = 130_000, 12_000
"""Bytes of each picture, about: five pairs and twelve stills are 1.4 MB, 1.9 MB as text in a page."""

CANDIDATES = 500
"""Low frames that are looked through for some that are far enough apart."""

FEWEST_APART = 1.0
"""Seconds that are at least between two of the moments; of a long film more."""


@dataclass(frozen=True)
class Low:
    """A frame that is to be looked at.

    Attributes:
        place: The number of its segment among all, from 0.
        frame: Its number in it, as far as that is known.
        time: About when it is shown, seconds.
        score: What it scored; None where nothing was measured.
    """

    place: int
    frame: int
    time: float
    score: float | None = None


def worst(intervals: Sequence[Interval], records: Sequence[EncodedSegment], most: int = SCENES) -> list[Low]:
    """Return the lowest measured frames, some way apart, the lowest first.

    Args:
        intervals: One for each segment.
        records: What was measured of each.
        most: How many.
    """
    lows = heapq.nsmallest(CANDIDATES, _measured(intervals, records), key=lambda low: low.score or 0.0)
    return apart(lows, sum(one.duration for one in intervals), most)


def apart(lows: Iterable[Low], duration: float, most: int = SCENES) -> list[Low]:
    """Return those that are some way apart, of a film that lasts so many seconds; the first ones win."""
    chosen: list[Low] = []
    far = max(FEWEST_APART, duration / 100)
    for low in lows:
        if all(abs(low.time - other.time) >= far for other in chosen):
            chosen.append(low)
        if len(chosen) == most:
            break
    return chosen


def _measured(intervals: Sequence[Interval], records: Sequence[EncodedSegment]) -> Iterable[Low]:
    for place, (one, record) in enumerate(zip(intervals, records, strict=True)):
        if record.scores is None:
            continue
        for number, value in zip(record.scores.numbers, record.scores.values, strict=True):
            frame = min(number, record.frames - 1)  # of an earlier version, it may be off
            yield Low(place, frame, one.start + one.duration * frame / max(1, record.frames), value)


def spread(intervals: Sequence[Interval], most: int = SCENES) -> list[Low]:
    """Return moments all over a film of which nothing was measured: one of every n-th interval."""
    count = min(most, len(intervals))
    places = [len(intervals) * (2 * number + 1) // (2 * count) for number in range(count)]
    return [_into(place, intervals[place]) for place in places]


def _into(place: int, one: Interval) -> Low:
    frame = min(one.frames // 2, PAST_KEYFRAME)
    return Low(place, frame, one.start + one.duration * frame / max(1, one.frames))


def shown(
    lows: Sequence[Low],
    pair: Callable[[Low], tuple[tuple[View, Frame], tuple[View, Frame]]],
    metric: str,
    context: StageContext,
    *,
    threads: int = 1,
) -> tuple[list[Scene], list[str]]:
    """Return the scenes, and what kept some from being shown, a line each.

    Args:
        lows: The moments.
        pair: Returns where each is in the source, and in the output.
        metric: What was measured.
        context: The surroundings.
        threads: How many are made side by side.
    """

    def scene(low: Low) -> Scene:
        name = clock(low.time)
        if low.score is not None:
            name += f", {score_text(metric, low.score)}"
        before, after = (
            grab(view, frame, width=WIDTH, most=MOST_BYTES, context=context) for view, frame in pair(low)
        )
        return Scene(name, before, after)

    return _each(scene, lows, threads)


def _each(
    make: Callable[[Given], Taken], given: Iterable[Given], threads: int
) -> tuple[list[Taken], list[str]]:
    """Make each picture, some side by side; return them in order, and what kept others from being made."""

    def tried(one: Given) -> Taken | str:
        try:
            return make(one)
        except (DraptoError, OSError) as error:
            if process.is_stopping():
                raise
            return str(error)

    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(tried, given))
    made = [one for one in found if not isinstance(one, str)]
    return made, list(dict.fromkeys(one for one in found if isinstance(one, str)))


def before(times: Sequence[int], number: int) -> float:
    """Return a time shortly before a frame is shown, and after the one before it, seconds."""
    if number <= 0:
        return 0.0
    return (times[number] - (times[number] - times[number - 1]) / 2) / NS


def strip(
    view: View,
    intervals: Sequence[Interval],
    times: Sequence[int],
    context: StageContext,
    *,
    keys: bool = True,
    threads: int = 1,
) -> tuple[list[Still], list[str]]:
    """Return pictures from all over a film, and what kept some from being shown.

    Each is the first of an interval where one begins near by: a keyframe is found at once.

    Args:
        view: The output.
        intervals: In order.
        times: When each of the output's frames is shown, nanoseconds, ascending; the first interval begins
            with the first.
        context: The surroundings.
        keys: Whether intervals begin with keyframes.
        threads: How many are made side by side.
    """
    begin, end = intervals[0].start, intervals[-1].start + intervals[-1].duration
    offset = times[0] / NS - begin if times else 0.0
    most = max(1, min(STILLS, max(FEWEST_STILLS, len(intervals)), int((end - begin) / FEWEST_APART)))
    slot = (end - begin) / most
    starts = [one.start for one in intervals]

    def still(number: int) -> Still:
        centre = begin + (number + 0.5) * slot
        start = min(starts, key=lambda time: abs(time - centre))
        near = keys and abs(start - centre) <= slot / 2
        time = start if near else centre
        at = max(0.0, time + offset)
        if not near and times:
            # of what is shown for long, the frame that is there, and not the next one
            at = before(times, bisect_right(times, round(at * NS)) - 1)
        picture = grab(
            view,
            Frame(at, key=near),
            width=STILL_WIDTH,
            most=MOST_STILL,
            context=context,
            quantisers=COARSE,
        )
        return Still(clock(time), picture)

    return _each(still, range(most), threads)
