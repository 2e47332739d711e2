"""Decoding by hardware, where it gives what ffmpeg's own decoders give: the same bytes come out, only sooner.

What hardware can decode, and how well, is known when it has been tried: drivers are missing, cards know some
profiles only, others take sources for broken. So a title's first frames are encoded both ways and compared,
and an encode in which the hardware fails, complains, or loses a frame is made again without it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drapto.engine import atomic
from drapto.engine.hwaccel import choose
from drapto.errors import ToolFailedError
from drapto.video.encode import encode_arguments
from drapto.video.request import log_of

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.engine.context import StageContext
    from drapto.engine.hwaccel import Asked
    from drapto.video.encode_settings import EncodeSettings
    from drapto.video.request import EncodeRequest

EXACT = ("h264", "hevc", "vp8", "vp9", "av1", "vc1")
"""Codecs that define every bit of the picture. Of MPEG-1, 2 and 4, decoders round the inverse transform
differently (ISO/IEC 13818-2, annex A, only bounds the error), so another one's pictures are others."""

SURFACES = {"yuv420p": "nv12", "yuvj420p": "nv12", "yuv420p10le": "p010le"}
"""The pixel formats that all of this hardware has surfaces for, and in which these come back."""

TRIAL_FRAMES = 8
"""Enough for pictures that refer to others in both directions; 0.3 s at 1080p and the preset below."""

TRIAL_PRESET = 13
TRIAL_CRF = 20.0


@dataclass(frozen=True)
class Hardware:
    """What decodes instead of ffmpeg.

    Attributes:
        name: As ``-hwaccel`` takes it.
        pix_fmt: The source's pixel format.
    """

    name: str
    pix_fmt: str

    @property
    def options(self) -> list[str]:
        """Options of ffmpeg in front of the input."""
        # QSV alone would leave the frames on the card (ffmpeg's default for old command lines)
        surface = ["-hwaccel_output_format", SURFACES[self.pix_fmt]] if self.name == "qsv" else []
        return ["-hwaccel", self.name, *surface]

    @property
    def filters(self) -> list[str]:
        """What gives its frames the layout of ffmpeg's own, value by value."""
        # from nv12 to 10 bit at once, swscale shifts full-range luma where it scales that of planes (908, not
        # 911, for a white of 228): so planes first. They may have either name, so that neither is converted
        return ["format=yuv420p|yuvj420p" if SURFACES[self.pix_fmt] == "nv12" else f"format={self.pix_fmt}"]


class Decoder:
    """What decodes a title: the hardware, until it fails once.

    One for all of a title's encodes, whose threads share it: what failed one fails the next.

    Args:
        hardware: What to use; None for ffmpeg itself.
        reason: Why it is not the hardware that was asked for.
        expected: That reason is no news: nobody asked for this hardware and this kind of title.
    """

    def __init__(self, hardware: Hardware | None, reason: str = "", *, expected: bool = False) -> None:
        self.hardware = hardware
        self.expected = expected
        self._reason = reason
        self._proven = False
        self._lock = threading.Lock()
        self._trial = threading.Lock()

    def give_up(self, reason: str) -> None:
        """Use it no more; the first reason is the one that is said."""
        with self._lock:
            if self.hardware is not None:
                self.hardware, self._reason = None, reason

    def news(self) -> str:
        """Return why the hardware does not decode, the first time that it is asked for; or nothing."""
        with self._lock:
            reason, self._reason = self._reason, ""
        return reason

    def prove(self, request: EncodeRequest, settings: EncodeSettings, *, context: StageContext) -> None:
        """Encode a few frames with it and without it, once, and give it up where these differ.

        Args:
            request: What is about to be encoded.
            settings: How.
            context: The title's surroundings.

        Raises:
            ToolFailedError: They cannot be encoded without it either.
        """
        with self._trial:
            if self.hardware is None or self._proven:
                return
            with context.cpu.hold(request.slots):
                problem = _differs(self.hardware, request, settings, context)
            if problem:
                self.give_up(problem)
            self._proven = True


def _differs(
    hardware: Hardware, request: EncodeRequest, settings: EncodeSettings, context: StageContext
) -> str:
    """Return what is wrong with a few frames that ``hardware`` decoded, or nothing."""
    few = {
        "frames": min(TRIAL_FRAMES, settings.frames),
        "preset": TRIAL_PRESET,
        "svt_params": "",
        "film_grain": False,
    }
    shape = settings.at(TRIAL_CRF).model_copy(update=few)
    with atomic.scratch(request.target) as own, atomic.scratch(request.target) as theirs:
        try:
            complaints = _encode(request, theirs, shape, hardware, context)
        except ToolFailedError as error:
            return error.first or error.problem
        if complaints:
            return complaints[0]
        _encode(request, own, shape, None, context)
        same = own.read_bytes() == theirs.read_bytes()
    return "" if same else "its pictures are not those of ffmpeg's own decoder"


def _encode(
    request: EncodeRequest,
    target: Path,
    shape: EncodeSettings,
    hardware: Hardware | None,
    context: StageContext,
) -> tuple[str, ...]:
    arguments = encode_arguments(
        request.source, request.stream, target, shape, lp=request.lp, hardware=hardware
    )
    return context.run_ffmpeg(arguments, log=log_of(request), about=request.source).complaints


def decoder_for(context: StageContext, asked: Asked, *, codec: str, pix_fmt: str) -> Decoder:
    """Return what is to decode a title, not yet tried.

    Args:
        context: The title's surroundings.
        asked: ``decoding.hardware``.
        codec: The source's codec, by ffmpeg's name.
        pix_fmt: Its pixel format.

    Raises:
        ToolMissingError, ToolFailedError: ffmpeg cannot be run.
    """
    choice = choose(asked, context.ffmpeg)
    if choice.name is None:
        return Decoder(None, choice.reason)
    if codec not in EXACT:
        return Decoder(None, f"decoders of {codec} differ in the last bits", expected=asked == "auto")
    if pix_fmt not in SURFACES:
        return Decoder(None, f"it may have no room for {pix_fmt}", expected=asked == "auto")
    return Decoder(Hardware(choice.name, pix_fmt))
