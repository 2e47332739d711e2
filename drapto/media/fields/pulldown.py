"""Telecined film told by how the fields of its frames fit: whatever grain and coding do to them.

Of film frames A to D, 3:2 pulldown makes the frames AA BB BC CD DD. Woven with the field before its first
one, a frame fits worse than as it is where it is one of the first two, better where it is one of the next
two, and as well where it is the last. Frames of interlaced video fit about as well, all of them; those of
progressive video fit worse, all of them. ``idet`` looks for the field that is repeated; but a lossy coder
repeats none bit for bit, and in slow scenes hardly any stands out.
"""

from __future__ import annotations

import sys
from statistics import median
from typing import TYPE_CHECKING

from drapto.media.fields.model import FILM_CYCLE, Pulldown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drapto.media.fields.model import Order
    from drapto.media.fields.weave import Fit

PATTERN = (1, 1, 0, -1, -1)
"""What a frame gains by the field before, from the first woven one of a cycle on."""

LEAST = 3
"""Cycles that a median needs."""


def pulldown(fits: Sequence[Fit | None], order: Order) -> Pulldown | None:
    """Return how far consecutive frames follow 3:2 pulldown; None where they are few or nothing moves.

    A frame is told by its place among five, by medians over the run: cuts do not count.

    Args:
        fits: Of each frame; None where it has none.
        order: The order of the fields.
    """
    gains = [None if fit is None else _gains(fit, order) for fit in fits]
    places = [[gain for gain in gains[place::FILM_CYCLE] if gain is not None] for place in range(FILM_CYCLE)]
    if min(map(len, places)) < LEAST:
        return None
    before = [median(gain for gain, _ in place) for place in places]
    after = [median(gain for _, gain in place) for place in places]
    whole, scale = sum(map(abs, before)), sum(map(abs, after))
    if not whole or not scale:
        return None
    swing = max(
        sum(sign * before[(first + step) % FILM_CYCLE] for step, sign in enumerate(PATTERN))
        for first in range(FILM_CYCLE)
    )
    motion = median(map(abs, after)) / max(
        median(fit.own for fit in fits if fit is not None), sys.float_info.min
    )
    return Pulldown(clarity=round(swing / whole, 3), swing=round(swing / scale, 3), motion=round(motion, 3))


def _gains(fit: Fit, order: Order) -> tuple[float, float]:
    """Return what a frame gains where its first, and where its second field is taken with one before it."""
    first, second = (fit.top, fit.bottom) if order == "tff" else (fit.bottom, fit.top)
    return fit.own - first, fit.own - second
