"""From the margins of many pictures to one crop that cuts into none of them.

A dark scene shows margins that are too wide, so the smallest ones count. But a single one does not: a flash,
a logo or a speck reaches into the bar. So a margin is what all but a twentieth of the pictures leave black.
Three things call it off: pictures that reach into the bar equally far, which is a subtitle and not a speck;
pictures that are taller (or wider) on both sides at once, which is another aspect ratio; and margins that
differ from picture to picture, which is a dark film and not a bar.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from drapto.media.crop.margins import Margins
from drapto.media.model import CropRect

if TYPE_CHECKING:
    from collections.abc import Sequence

ENOUGH = 3
"""Fewer bright pictures than this decide nothing."""

OUTLIERS = 0.05
"""The part of the pictures that may reach into a bar."""

SINGLE = 10
"""With so many pictures, one of them may be an outlier in any case."""

OTHER_ASPECT = 0.02
"""The part of the pictures that may do so on both sides at once, such as a film's opening logo."""

NEAR = 4
"""Pixels by which the edge of a bar may differ: scaled transfers and gate weave jitter by two."""

EDGE = 2 / 3
"""The part of the pictures with about one margin that decides whether its edge line is bar or picture."""

RECUR = 2
"""So many pictures that reach equally far into a bar show what belongs there."""

SMALLEST_BAR = 2
"""Pixels; a single black line is a codec's padding."""

FILLING = 2
"""So many pictures without bars and nothing can be cut."""

MANY = 8
"""So many pictures that agree need no others."""

SMALLEST = 0.25
"""The part of the frame that a crop keeps at least."""


class Verdict(NamedTuple):
    """What is cut, in pixels, and why, in one line."""

    margins: Margins
    reason: str


NOTHING = Margins(0, 0, 0, 0)


def agreed_margins(pictures: Sequence[Margins]) -> Margins:
    """Return the margins that each side's pictures support, whatever the other sides say."""
    return Margins(*(_supported(side) for side in zip(*pictures, strict=True))) if pictures else NOTHING


def is_larger(one: Margins, agreed: Margins) -> bool:
    """Tell whether a picture reaches past a margin: a flash, a subtitle, or another aspect ratio."""
    return any(_reaches((margin,), (cut,)) for margin, cut in zip(one, agreed, strict=True))


def vote(pictures: Sequence[Margins], sampled: int) -> Verdict:
    """Return the margins that a clear majority of the ``pictures`` supports.

    Args:
        pictures: The margins of the pictures that were bright enough to tell.
        sampled: How many were looked at.
    """
    if len(pictures) < ENOUGH and is_settled(pictures):
        return Verdict(NOTHING, f"no bars: {len(pictures)} of {sampled} pictures fill the frame")
    if len(pictures) < ENOUGH:
        return Verdict(NOTHING, f"only {len(pictures)} of {sampled} pictures are bright enough to judge")
    agreed = agreed_margins(pictures)
    wide, high = [one[:2] for one in pictures], [one[2:] for one in pictures]
    whole = Margins(*_spare(agreed[:2], wide), *_spare(agreed[2:], high))
    kept = Margins(
        *(_recurring(cut, side) for cut, side in zip(whole, zip(*pictures, strict=True), strict=True))
    )
    of = f"of {len(pictures)} bright pictures"
    of += "" if len(pictures) == sampled else f" (of {sampled} looked at)"
    if whole != agreed:
        return Verdict(kept, f"several aspect ratios {of}: the largest is kept")
    if kept != whole:
        return Verdict(kept, f"bars {of}, but for what recurs in them, such as subtitles")
    if kept == NOTHING:
        return Verdict(kept, f"no bars that most {of} share")
    black = sum(all(have >= cut for have, cut in zip(one, kept, strict=True)) for one in pictures)
    return Verdict(kept, f"bars in {black} {of}")


def is_settled(pictures: Sequence[Margins]) -> bool:
    """Tell whether few pictures say enough: some that fill the frame, or many that agree."""
    filling = sum(max(one) < SMALLEST_BAR for one in pictures)
    alike = all(max(side) - min(side) <= NEAR for side in zip(*pictures, strict=True))
    return filling >= FILLING or (len(pictures) >= MANY and alike)


def _supported(values: Sequence[int]) -> int:
    """Return the widest margin on one side that the pictures support; 0 where they do not agree.

    All but the outliers leave it black. The line at its edge may come and go: it is bar where most say so.
    """
    ordered = sorted(values)
    many = len(ordered) >= SINGLE
    margin = ordered[max(int(OUTLIERS * len(ordered)), 1 if many else 0)]
    near = [value for value in ordered if margin <= value <= margin + NEAR]
    if len(near) < (max(3, OUTLIERS * len(ordered)) if many else 2):
        return 0
    wider = sum(value > margin for value in near)
    return margin + 1 if wider >= EDGE * len(near) else margin


def _recurring(cut: int, margins: Sequence[int]) -> int:
    """Give way on one side to pictures that reach equally far past the ``cut``."""
    past = sorted(margin for margin in margins if margin < cut - NEAR)
    for first, last in zip(past, past[RECUR - 1 :], strict=False):
        if last - first <= NEAR:
            return first
    return cut


def _reaches(one: Sequence[int], agreed: Sequence[int]) -> bool:
    return all(margin < cut - NEAR for margin, cut in zip(one, agreed, strict=True))


def _spare(agreed: tuple[int, int], pictures: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Give way to pictures that reach past both margins of a pair."""
    larger = [one for one in pictures if _reaches(one, agreed)]
    if len(larger) <= max(OTHER_ASPECT * len(pictures), 1 if len(pictures) >= SINGLE else 0):
        return agreed
    return min(one[0] for one in larger), min(one[1] for one in larger)


def to_rect(margins: Margins, width: int, height: int) -> CropRect:
    """Return what is left of a ``width`` x ``height`` frame.

    Where anything is cut, offsets and sizes are even, as 4:2:0 chroma needs. They are rounded inwards, as
    ffmpeg's cropdetect does: the line at a bar's edge is mostly a blend of both. What would keep too little
    to be a picture cuts nothing, and so does a single black line.
    """
    whole = CropRect(width=width, height=height, x=0, y=0)
    inner_width, inner_height = width - margins.left - margins.right, height - margins.top - margins.bottom
    if min(inner_width, inner_height) <= 0 or max(margins) < SMALLEST_BAR:
        return whole
    if inner_width * inner_height < SMALLEST * width * height:
        return whole
    x, y = margins.left + margins.left % 2, margins.top + margins.top % 2
    new_width, new_height = width - x - margins.right, height - y - margins.bottom
    return CropRect(width=new_width - new_width % 2, height=new_height - new_height % 2, x=x, y=y)
