"""From what many runs of frames show to one verdict on a title's fields. Pure: counts in, verdict out."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drapto.media.fields.model import FieldPoint, Kind, Order, Pulldown, RunVerdict, Tally

TOLD = 8
"""Frames of a run that ``idet`` must have a verdict on: fewer, and hardly anything moves."""

COMBED = 0.15
"""Part of a run's frames that may look combed though they are not: fine horizontal lines in motion do."""

ORDERED = 0.5
"""How much the order of fields has to matter in an interlaced run.

Measured on runs of 40 frames: about 1 in patterns, 0.65 to 1.5 in camera pictures and on a disc, and 0.46 at
the least, in the fade of a trailer. In progressive ones that look interlaced to ``idet``: 0 to 0.44. More had
only lines four apart, and letters that move by two lines a frame: their fields could be those of either."""

FILM = 0.4
NO_FILM = 0.17
NO_SWING = 0.12
"""How far (`Pulldown.following`) a telecined run follows 3:2 pulldown, at least; how far one does that looks
progressive and is, at most; and the swing of one that looks interlaced and is, at most.

Measured on runs of 40 frames: seven clips of film and camera pictures, telecined and coded as on a disc, 0.41
to 1.1, but for a tenth of the runs, in fades and nearly still, with 0.17 to 0.3. Progressive ones at most
0.15. Interlaced ones swing by 0.11 at most."""

FAINT = 0.1
"""How little the order of fields may matter in a telecined run: it was 0.15 and more, and 0.06 at most where
progressive film has every fifth frame twice, which follows pulldown by 0.38."""

SLOW = 0.25
LEANING = 0.4
"""The motion below which a run swings too little, and the clarity from which on it may be telecined still.

In the same clips, motion was 0.09 to 0.21 in runs of titles and fades, with a clarity of 0.46 to 0.97; in
others 0.25 and more. Slow interlaced runs had a clarity of 0.2."""

MOST = 0.8
"""Part of the runs that must be telecined before frames are dropped: one dropped by mistake is lost."""

HALF = 0.5
"""Part of the runs that must be interlaced for those without combs to be taken for still pictures; and that
must be telecined, however many are unclear."""

OUTLIERS = 0.05
"""Part of the runs that may be combed in a progressive title."""


class Verdict(NamedTuple):
    """What a title is, the order of its fields, and why, in one line."""

    kind: Kind
    order: Order | None
    reason: str


def judge(multiple: Tally, preference: float | None, pulldown: Pulldown | None = None) -> RunVerdict:
    """Return what a run of frames shows.

    Args:
        multiple: What ``idet`` took the frames for.
        preference: How much the order of fields matters to the combed ones (`drapto.media.fields.weave`).
        pulldown: How far they follow 3:2 pulldown.
    """
    if multiple.combed + multiple.progressive < TOLD:
        return "still"
    if not is_suspect(multiple):
        return "progressive"
    if preference is None:
        return "still"
    film = pulldown.following if pulldown is not None and preference >= FAINT else 0.0
    if film >= FILM:
        return "telecined"
    if preference < ORDERED:
        return "progressive" if film <= NO_FILM else "unclear"
    return "unclear" if pulldown is not None and _leans_to_film(pulldown) else "interlaced"


def is_suspect(multiple: Tally) -> bool:
    """Tell whether a run looks interlaced to ``idet``, which has to be seen into."""
    return multiple.combed + multiple.progressive >= TOLD and multiple.fraction_combed > COMBED


def _leans_to_film(pulldown: Pulldown) -> bool:
    return pulldown.swing >= NO_SWING or (pulldown.motion < SLOW and pulldown.clarity >= LEANING)


def field_order(points: Sequence[FieldPoint]) -> Order | None:
    """Return the order of fields that most combed frames show; None where none is combed."""
    tff = sum(point.multiple.tff for point in points)
    bff = sum(point.multiple.bff for point in points)
    return None if tff == bff == 0 else "tff" if tff >= bff else "bff"


def vote(points: Sequence[FieldPoint], *, video_rate: bool) -> Verdict:
    """Return what a title is.

    Args:
        points: What its runs of frames show.
        video_rate: Its frames come evenly at 29.97 per second, as telecined film does.
    """
    found = Counter(point.verdict for point in points)
    clear = len(points) - found["still"]
    combed = clear - found["progressive"]
    of = f"of {clear} runs of frames that move"
    of += "" if clear == len(points) else f" (of {len(points)} looked at)"
    if combed <= (max(1, OUTLIERS * clear) if clear >= 1 / OUTLIERS else 0):
        return Verdict("progressive", None, f"{found['progressive']} {of} are progressive")
    order = field_order([point for point in points if point.verdict not in ("progressive", "still")])
    few = OUTLIERS * clear
    most = max(MOST * (clear - found["unclear"]), HALF * clear)
    if video_rate and found["telecined"] >= most and found["interlaced"] <= few:
        return Verdict("telecined", order, f"{found['telecined']} {of} are telecined film")
    if found["interlaced"] >= HALF * clear and found["telecined"] <= few:
        also = f", and {found['progressive']} progressive" if found["progressive"] else ""
        return Verdict("interlaced", order, f"{found['interlaced']} {of} are interlaced{also}")
    seen = ", ".join(f"{number} {kind}" for kind, number in sorted(found.items()) if kind != "still")
    return Verdict("mixed", order, f"{seen} {of}")
