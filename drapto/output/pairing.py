"""Which frame of a source each frame of an encode is held against."""

from __future__ import annotations

import bisect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from drapto.errors import SourceError
from drapto.media.fields.deinterlace import cannot_be_interlaced, detect_fields
from drapto.media.fields.model import FieldRate, cadence
from drapto.video.fieldfilters import field_filters
from drapto.words import count_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from drapto.engine.context import StageContext
    from drapto.media.picture import Picture

HALF = 2
"""Frames are shown at the same time where less than half a frame's duration is between them."""


@dataclass(frozen=True)
class Pairing:
    """How the frames of two files belong together.

    Attributes:
        by: ``number``, or ``time`` where they are not as many.
        filters: What makes the encode's frames of the source's fields; none where the source has whole ones.
        said: The same for people.
    """

    by: Literal["number", "time"]
    filters: tuple[str, ...]
    said: str


def pair(source: Picture, output: Picture, folder: Path, context: StageContext) -> Pairing:
    """Return how the frames of an encode and its source belong together.

    Args:
        source: The source.
        output: What was made of it.
        folder: For what is found out about the source's fields.
        context: The surroundings.

    Raises:
        SourceError: They do not.
        ToolFailedError: The source cannot be decoded.
    """
    there, wanted = len(source.times), len(output.times)
    if cannot_be_interlaced(source.video) is None and output.video.scan != "interlaced":
        found = detect_fields(source.path, source.info, folder / "fields.json", mode="auto", context=context)
        rates: tuple[FieldRate, ...] = get_args(FieldRate) if found.kind == "interlaced" else ("frame",)
        for rate in rates:
            if found.kind != "progressive" and cadence(found.kind, rate).frames(there) == wanted:
                filters = field_filters(found, rate, source.times, range(there), leads=False)
                said = f"by number, the source's fields {found.kind} and made whole pictures as for an encode"
                return Pairing("number", filters, said)
    if there == wanted:
        return Pairing("number", (), "by number")
    if shown_together(source.times, output.times):
        said = f"by time, since the source has {count_text(there, 'frame')} and the output {wanted}"
        return Pairing("time", (), said)
    raise SourceError(
        f"has {count_text(wanted, 'frame')}, and the source {there}, which are not shown at the same times",
        path=output.path,
        remedy="compare files that hold the same frames",
    )


def shown_together(source: Sequence[int], output: Sequence[int]) -> bool:
    """Tell whether each frame of an output has one of the source that is shown at its time.

    They end together, too: where an output lacks a frame and closes the gap, the rest would be held
    against other frames.

    Args:
        source: When frames are shown, nanoseconds, ascending.
        output: The same.
    """
    if min(len(source), len(output)) <= 1:
        return False
    lasts = [(times[-1] - times[0]) / (len(times) - 1) for times in (source, output)]
    begun, ended = [time - source[0] for time in source], output[-1] - output[0]
    if abs(begun[-1] - ended) >= min(lasts) / HALF:
        return False
    return all(_away(begun, time - output[0]) <= max(lasts) / HALF for time in output)


def _away(times: Sequence[int], time: int) -> int:
    """Return how far the nearest of ``times`` is from ``time``."""
    place = bisect.bisect(times, time)
    return min(abs(near - time) for near in times[max(0, place - 1) : place + 1])
