"""From what many runs of frames show to one verdict on a title's fields. Pure: counts in, verdict out."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from drapto.media.fields import FILM_CYCLE, FieldPoint, Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drapto.media.fields import Kind, Order, Pulldown, RunVerdict

TOLD = 8
"""Frames of a run that ``idet`` must have a verdict on: fewer, and hardly anything moves."""

COMBED = 0.15
"""Part of a run's frames that may look combed though they are not: fine horizontal lines in motion do."""

ORDERED = 0.5
"""How much the order of fields has to matter in an interlaced run.

Measured on runs of 40 frames: about 1 in patterns, 0.65 to 1.5 in camera pictures and on a disc, and 0.46 at
the least, in the fade of a trailer. In progressive ones that look interlaced to ``idet``: 0 to 0.44. More had
only lines four apart, and letters that move by two lines a frame: their fields could be those of either."""

REPEATED = (0.2, 0.5)
"""Part of a telecined run's frames that repeat a field: two of five, where enough moves to tell."""

IN_STEP = 0.6
"""Part of a field's repeats that come five frames, or a multiple of it, after the one before: an edit is a
change of step."""

FILM = 0.4
NO_FILM = 0.17
NO_SWING = 0.12
"""How far (`Pulldown.following`) a telecined run follows 3:2 pulldown, at least; how far one does that looks
progressive and is, at most; and the swing of one that looks interlaced and is, at most.

Measured on runs of 40 frames: seven clips of film and camera pictures, telecined and coded as on a disc, 0.41
to 1.1, but for a tenth of the runs, in fades and nearly still, with 0.17 to 0.3. Progressive ones at most
0.15. Interlaced ones swing by 0.11 at most."""

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


def judge(
    repeats: Sequence[str],
    multiple: Tally,
    preference: float | None,
    pulldown: Pulldown | None = None,
) -> RunVerdict:
    """Return what a run of frames shows.

    Args:
        repeats: For each frame ``top``, ``bottom`` or ``neither``: the field that the frame before had, too.
        multiple: What ``idet`` took the frames for.
        preference: How much the order of fields matters to the combed ones (`drapto.media.weave`).
        pulldown: How far they follow 3:2 pulldown.
    """
    if multiple.combed + multiple.progressive < TOLD:
        return "still"
    # the cadence first: it is telling, while a telecined run looks now interlaced, now progressive
    film = pulldown.following if pulldown is not None else 0.0
    if has_film_cadence(repeats) or film >= FILM:
        return "telecined"
    if not is_suspect(repeats, multiple):
        return "progressive"
    if preference is None:
        return "still"
    if preference < ORDERED:
        return "progressive" if film <= NO_FILM else "unclear"
    return "unclear" if pulldown is not None and _leans_to_film(pulldown) else "interlaced"


def _leans_to_film(pulldown: Pulldown) -> bool:
    return pulldown.swing >= NO_SWING or (pulldown.motion < SLOW and pulldown.clarity >= LEANING)


def is_suspect(repeats: Sequence[str], multiple: Tally) -> bool:
    """Tell whether a run looks interlaced to ``idet``, which has to be seen into."""
    told = multiple.combed + multiple.progressive
    return told >= TOLD and multiple.share > COMBED and not has_film_cadence(repeats)


def has_film_cadence(repeats: Sequence[str]) -> bool:
    """Tell whether a top and a bottom field are repeated once in five frames each."""
    share = sum(repeat != "neither" for repeat in repeats) / max(1, len(repeats))
    return REPEATED[0] <= share <= REPEATED[1] and all(
        _in_step([number for number, repeat in enumerate(repeats) if repeat == field])
        for field in ("top", "bottom")
    )


def _in_step(numbers: Sequence[int]) -> bool:
    steps = [(after - before) % FILM_CYCLE == 0 for before, after in pairwise(numbers)]
    return bool(steps) and sum(steps) >= IN_STEP * len(steps)


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
    of = f"of {clear} runs of frames that move ({len(points)} looked at)"
    if combed <= (max(1, OUTLIERS * clear) if clear >= 1 / OUTLIERS else 0):
        return Verdict("progressive", None, f"{found['progressive']} {of} are progressive")
    order = field_order([point for point in points if point.verdict not in ("progressive", "still")])
    few = OUTLIERS * clear
    most = max(MOST * (clear - found["unclear"]), HALF * clear)
    if video_rate and found["telecined"] >= most and found["interlaced"] <= few:
        return Verdict("telecined", order, f"{found['telecined']} {of} are telecined film")
    if found["interlaced"] >= HALF * clear and found["telecined"] <= few:
        return Verdict("interlaced", order, f"{found['interlaced']} {of} are interlaced")
    seen = ", ".join(f"{number} {kind}" for kind, number in sorted(found.items()) if kind != "still")
    return Verdict("mixed", order, f"{seen} {of}")
