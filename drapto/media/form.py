"""The form of a picture, and of sound, which most streams keep to their end.

Some do not: a broadcast goes from 4:3 to 16:9 and from stereo to 5.1, and films are put together of parts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.engine.document import Model, Rational
from drapto.words import time_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

HDR_TRANSFERS = ("smpte2084", "arib-std-b67")
"""PQ and HLG (ITU-T H.273)."""

UNSAID = "none"
HDR10 = "its HDR10 metadata"
SHAPE = "the shape of its pixels"
"""Words for what changes."""

COLOURS = ("range", "primaries", "transfer", "matrix")


class Form(Model):
    """What every picture of a stream has in common, until it changes.

    Attributes:
        width, height: Pixels.
        pix_fmt: ffmpeg's pixel format name.
        sar: What the stream says of the shape of a pixel; None where it says nothing.
        range, primaries, transfer, matrix: Its colours by ffmpeg's names, None is "unspecified".
        hdr10: Its static HDR10 metadata in words; None where there are none.
    """

    width: int
    height: int
    pix_fmt: str
    sar: Rational | None = None
    range: str | None = None
    primaries: str | None = None
    transfer: str | None = None
    matrix: str | None = None
    hdr10: str | None = None

    @property
    def size(self) -> str:
        """The size in words."""
        return f"{self.width}x{self.height}"

    @property
    def area(self) -> int:
        """Pixels of the picture."""
        return self.width * self.height

    @property
    def colours(self) -> tuple[str | None, ...]:
        """The colour description."""
        return tuple(getattr(self, name) for name in COLOURS)

    @property
    def is_hdr(self) -> bool:
        """Whether its values are those of an HDR picture."""
        return self.transfer in HDR_TRANSFERS


class Change(Model):
    """A form that begins on the way.

    Attributes:
        time: When, seconds.
        form: What it is from then on.
    """

    time: float
    form: Form


class SoundForm(Model):
    """What all sound of a track has in common, until it changes.

    Attributes:
        channels: How many.
        layout: ffmpeg's layout name; None where the track says none.
        sample_rate: Hz.
    """

    channels: int
    layout: str | None
    sample_rate: int

    @property
    def said(self) -> str:
        """The form in words."""
        return f"{self.layout or f'{self.channels} channels'} at {self.sample_rate} Hz"


class SoundChange(Model):
    """A form of sound that begins on the way; ``time`` in seconds."""

    time: float
    form: SoundForm


def differences(before: Form, after: Form) -> Iterator[str]:
    """Yield what is different, in words."""
    if before.size != after.size:
        yield f"its size from {before.size} to {after.size}"
    if before.pix_fmt != after.pix_fmt:
        yield f"its pixel format from {before.pix_fmt} to {after.pix_fmt}"
    if before.colours != after.colours:
        yield f"its colours from {_described(before)} to {_described(after)}"
    if before.hdr10 != after.hdr10:
        yield HDR10
    if before.sar != after.sar and before.sar and after.sar and before.size == after.size:
        yield f"{SHAPE} from {_ratio(before)} to {_ratio(after)}"


def _ratio(form: Form) -> str:
    return "" if form.sar is None else f"{form.sar.numerator}:{form.sar.denominator}"


def _described(form: Form) -> str:
    said = [colour for colour in form.colours if colour is not None]
    return "/".join(dict.fromkeys(said)) or UNSAID


OFTEN, OFTEN_SECONDS = 8, 4.0
"""Changes, and seconds from one to the next, of a picture that changes all the time."""


def prevailing(forms: Sequence[tuple[float, Form]], end: float) -> Form:
    """Return the form that all pictures are brought to.

    The first, unless larger ones last longer, taken together: then something small goes before the film, or
    a stream changes its size as its network allows. It is that of them which lasts longest; where the size
    changes all the time, as AV1's may from frame to frame, each is a copy of one picture, and the largest has
    the most of it.

    Args:
        forms: Each with the time at which it begins, seconds, in order.
        end: Of the last, seconds.
    """
    lasting: dict[Form, float] = {}
    ends = [time for time, _ in forms[1:]] + [end]
    for (start, form), stop in zip(forms, ends, strict=True):
        lasting[form] = lasting.get(form, 0.0) + stop - start
    first = forms[0][1]
    larger = [
        form
        for form in lasting
        if form.width >= first.width and form.height >= first.height and form.area > first.area
    ]
    if larger and len(forms) > max(OFTEN, (end - forms[0][0]) / OFTEN_SECONDS):
        return max(larger, key=lambda form: (form.area, lasting[form]))
    if sum(lasting[form] for form in larger) <= lasting[first]:
        return first
    return max(larger, key=lambda form: (lasting[form], form.area))


def change_notes(first: Form, changes: Iterable[Change], kept: Form) -> list[str]:
    """Return what a user should know of a picture's changes, a line each."""
    notes, before = [], first
    for change in changes:
        changed = list(differences(before, change.form))
        if changed:
            what = ", ".join(changed)
            outcome = _outcome(kept, changed)
            notes.append(f"after {time_text(change.time)} the picture changes {what}: {outcome}")
        before = change.form
    return notes[:MOST_NOTES] + _more(len(notes), "picture")


MOST_NOTES = 4
"""Changes that are told one by one; a broadcast with commercials has dozens."""


def _more(count: int, what: str) -> list[str]:
    left = count - MOST_NOTES
    return [f"the {what} changes {left} more times, and is treated alike"] if left > 0 else []


def _outcome(kept: Form, changed: Sequence[str]) -> str:
    if changed == [HDR10]:
        return "each segment has that of its first frame"
    described = _described(kept)
    outcome = f"all of it comes out as {kept.size}" + (f", {described}" if described != UNSAID else "")
    shown = " and is shown in the container's shape" if any(SHAPE in one for one in changed) else ""
    return outcome + shown


def sound_notes(number: int, first: SoundForm, changes: Iterable[SoundChange], kept: SoundForm) -> list[str]:
    """Return what a user should know of the changes of audio track ``number``, a line each."""
    notes, before = [], first
    for change in changes:
        notes.append(
            f"audio track {number} changes from {before.said} to {change.form.said} after "
            f"{time_text(change.time)}: all of it comes out as {kept.layout or f'{kept.channels} channels'}"
        )
        before = change.form
    return notes[:MOST_NOTES] + _more(len(notes), f"sound of audio track {number}")
