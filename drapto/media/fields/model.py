"""Whether a title's pictures are whole, woven of two moments, or telecined: the content of ``fields.json``.

A frame of an interlaced title holds two fields, taken one after the other. AV1 cannot code fields, so such a
frame would be combed for ever. A telecined title is film at 24 frames per second on fields at 60: of five
frames two are woven of neighbours, and one too many.
"""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from drapto.engine.document import Document, Model
from drapto.words import time_text

if TYPE_CHECKING:
    from collections.abc import Sequence

Kind = Literal["progressive", "interlaced", "telecined", "mixed"]
Order = Literal["tff", "bff"]
FieldRate = Literal["frame", "field"]
RunVerdict = Literal["progressive", "interlaced", "telecined", "unclear", "still"]

FILM_CYCLE = 5
"""Frames of video that hold four frames of film (3:2 pulldown)."""


class Tally(Model):
    """How many frames ``idet`` took for what: top or bottom field first, progressive, or neither for sure."""

    tff: int = 0
    bff: int = 0
    progressive: int = 0
    undetermined: int = 0

    @property
    def combed(self) -> int:
        """Frames that are woven of two moments."""
        return self.tff + self.bff

    @property
    def fraction_combed(self) -> float:
        """The part of the frames with a verdict that is combed."""
        told = self.combed + self.progressive
        return self.combed / told if told else 0.0


class Pulldown(Model):
    """How far a run follows 3:2 pulldown (`drapto.media.fields.pulldown`).

    Attributes:
        clarity: The part of what frames gain by a field of the frame before that is as pulldown has it, at
            most 1.
        swing: The same, as a part of what the order of fields matters: about 0 in interlaced video, whose
            frames all gain about nothing.
        motion: How much the order of fields matters, as a part of how combed frames look as they are.
    """

    clarity: float
    swing: float
    motion: float = 1.0

    @property
    def following(self) -> float:
        """The geometric mean of both: about 0 in progressive and interlaced video, about 1 in film."""
        return math.sqrt(max(0.0, self.clarity) * max(0.0, self.swing))


class FieldPoint(Model):
    """What one run of consecutive frames showed.

    Attributes:
        time: Of the first, seconds.
        frames: How many.
        single: Each frame by itself.
        multiple: Each frame with those before it.
        preference: How much the order of fields matters, from 0 (frames of one moment) to about 1 (of two);
            None where `idet` suspects nothing, or nothing moves.
        pulldown: How far it follows 3:2 pulldown; None as before.
        verdict: What it says; ``still`` where too little moves to tell, ``unclear`` where it looks somewhat
            telecined: in a fade, or film of another rate.
    """

    time: float
    frames: int
    single: Tally
    multiple: Tally
    preference: float | None = None
    pulldown: Pulldown | None = None
    verdict: RunVerdict


class FieldsInfo(Document):
    """What a title's pictures are made of, and the evidence (``fields.json``).

    Attributes:
        digest: The source's content digest.
        kind: ``progressive`` is left as it is; ``interlaced`` is deinterlaced; ``telecined`` gets its film
            frames back; in a ``mixed`` one, fields are matched and what stays combed is deinterlaced.
        order: Which field comes first, as the pictures show; None for progressive ones.
        method: ``known`` where such a source has no fields, ``detected``, ``disabled`` or ``manual``.
        reason: In one line.
        marked: The source is, or may be, marked as interlaced, which the output must not be.
        points: The evidence, in order of time.
        settings: The settings slice that led here.
    """

    digest: str
    kind: Kind
    order: Order | None = None
    method: Literal["known", "detected", "disabled", "manual"]
    reason: str
    marked: bool = False
    points: tuple[FieldPoint, ...] = ()
    settings: dict[str, object] = Field(default_factory=dict)


def mixture_notes(fields: FieldsInfo) -> list[str]:
    """Return what there is to say of an interlaced title some of whose pictures are whole."""
    whole = [point for point in fields.points if point.verdict == "progressive"]
    if fields.kind != "interlaced" or not whole:
        return []
    moving = sum(point.verdict != "still" for point in fields.points)
    places = f"{len(whole)} of {moving} places with movement, as at {time_text(whole[0].time)}"
    return [f"the picture is progressive at {places}: it is deinterlaced there, too, and a little less sharp"]


def deinterlacer(order: Order, rate: FieldRate) -> str:
    """Return ffmpeg's filter that makes pictures of fields, one for each frame or for each field."""
    return f"bwdif=mode=send_{rate}:parity={order}:deint=all"


class Cadence(Model):
    """How many frames of the source make how many of the output.

    Attributes:
        taken: Frames of the source in a cycle.
        given: Frames of the output that they become.
    """

    taken: int = 1
    given: int = 1

    @property
    def ratio(self) -> Fraction:
        """Frames of the output for one of the source."""
        return Fraction(self.given, self.taken)

    def frames(self, source: int) -> int:
        """Return how many frames ``source`` frames become; a cycle that is not full keeps its frames."""
        cycles, rest = divmod(source, self.taken)
        return cycles * self.given + rest

    def times(self, source: Sequence[int], end: int) -> list[int]:
        """Return when the output's frames are shown, nanoseconds.

        A cycle's frames share its duration evenly.

        Args:
            source: When the source's frames are shown, nanoseconds, ascending.
            end: When the last one ends.
        """
        if self.taken == self.given:
            return list(source)
        full = len(source) - len(source) % self.taken
        bounds = [*source[: full : self.taken], source[full] if full < len(source) else end]
        shown = [
            first + round(Fraction(number * (after - first), self.given))
            for first, after in pairwise(bounds)
            for number in range(self.given)
        ]
        return [*shown, *source[full:]]


def cadence(kind: Kind, rate: FieldRate) -> Cadence:
    """Return the cadence of a title of ``kind`` where fields are shown at ``rate``."""
    if kind == "telecined":
        return Cadence(taken=FILM_CYCLE, given=FILM_CYCLE - 1)
    if kind == "interlaced" and rate == "field":
        return Cadence(taken=1, given=2)
    return Cadence()
