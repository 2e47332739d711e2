"""What form a stream's pictures have, and when that changes.

Where every frame is decoded, each is asked. Otherwise only those keyframes are decoded whose headers are new
(`drapto.media.headers`): in most films, none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.media.form import Change, Form, prevailing
from drapto.media.hdr import colour
from drapto.media.matroska.pictures import Margins

if TYPE_CHECKING:
    from fractions import Fraction

    from av import VideoFrame
    from av.video.codeccontext import VideoCodecContext

KEPT = 8
"""Forms of which a picture is kept, to be described by; of further ones, those are that are larger."""

UNCUT = Margins()


class History:
    """The forms of a stream's pictures, in the order in which they are shown.

    Attributes:
        forms: Each with the time at which it begins, in the stream's ticks.
        examples: A picture of each form, of the first few and of larger ones.
        crop: What the container has cut off each decoded picture.
    """

    def __init__(self, crop: Margins = UNCUT) -> None:
        self.forms: list[tuple[int, Form]] = []
        self.examples: dict[Form, VideoFrame] = {}
        self.crop = crop

    def see(self, time: int, frame: VideoFrame, context: VideoCodecContext) -> Form:
        """Take note of a decoded picture; return its form."""
        form = self._form(frame, context)
        self._learn(form)
        if len(self.examples) < KEPT or form.area > max(one.area for one in self.examples):
            self.examples.setdefault(form, frame)
        self.go_on(time, form)
        return form

    def _learn(self, form: Form) -> None:
        """Take HDR10 metadata that come late, and alone, for those of the first pictures, too."""
        if not self.forms or self.forms[-1][1].hdr10 is not None:
            return
        time, last = self.forms[-1]
        if form.hdr10 is not None and form == last.model_copy(update={"hdr10": form.hdr10}):
            self.forms[-1] = (time, form)  # its example is the first picture that has them

    def go_on(self, time: int, form: Form) -> None:
        """Take note that pictures have a form from a time on."""
        if not self.forms or self.forms[-1][1] != form:
            self.forms.append((time, form))

    @property
    def keeps_its_decoder(self) -> bool:
        """Whether no change has the decoder begin anew, which may cost the frame that it still holds."""
        return len({(form.width, form.height, form.pix_fmt) for _, form in self.forms}) <= 1

    def _form(self, frame: VideoFrame, context: VideoCodecContext) -> Form:
        said = colour.read_colour(frame, context, None)
        crop = self.crop
        before = self.forms[-1][1] if self.forms else None
        hdr10 = _hdr10(frame)
        return Form(
            width=frame.width - crop.left - crop.right,
            height=frame.height - crop.top - crop.bottom,
            pix_fmt=frame.format.name,
            sar=context.sample_aspect_ratio or None,
            range=said.range,
            primaries=said.primaries,
            transfer=said.transfer,
            matrix=said.matrix,
            # what a message said once holds until another one says something else
            hdr10=hdr10 or (before.hdr10 if before else None),
        )

    def kept(self, base: Fraction, end: float) -> tuple[Form, VideoFrame]:
        """Return the form that all pictures are brought to, and a picture that has it.

        Args:
            base: Seconds in a tick.
            end: Of the last picture, seconds.
        """
        form = prevailing([(float(time * base), form) for time, form in self.forms], end)
        form = form if form in self.examples else self.forms[0][1]
        return form, self.examples[form]

    def changes(self, base: Fraction) -> tuple[Change, ...]:
        """Return the forms that begin on the way; ``base`` is seconds in a tick."""
        return tuple(Change(time=float(time * base), form=form) for time, form in self.forms[1:])


def _hdr10(frame: VideoFrame) -> str | None:
    mastering, light = colour.read_mastering(frame), colour.read_light(frame)
    said = [str(part) for part in (mastering, light) if part is not None]
    return " ".join(said) or None
