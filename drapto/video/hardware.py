"""Decoding by hardware, where it gives what ffmpeg's own decoders give: the same bytes come out, only sooner.

What hardware can decode, and how well, is known when it has been tried: drivers are missing, cards know some
profiles only, others take sources for broken. So a title's first frames are encoded both ways and compared
(`drapto.video.hardware_trial`), and an encode in which the hardware fails, complains, or loses a frame is
made again without it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from drapto.engine.hwaccel import Asked, choose

if TYPE_CHECKING:
    from collections.abc import Callable

    from drapto.engine.context import StageContext

EXACT = ("h264", "hevc", "vp8", "vp9", "av1", "vc1")
"""Codecs that define every bit of the picture. Of MPEG-1, 2 and 4, decoders round the inverse transform
differently (ISO/IEC 13818-2, annex A, only bounds the error), so another one's pictures are others."""

SURFACES = {"yuv420p": "nv12", "yuvj420p": "nv12", "yuv420p10le": "p010le"}
"""The pixel formats that all of this hardware has surfaces for, and in which these come back."""


@dataclass(frozen=True)
class HardwareDecoding:
    """The wish that hardware decodes a title. Plain data: what it names is opened where the work runs.

    Attributes:
        asked: ``decoding.hardware``.
        codec: The source's codec, by ffmpeg's name.
        pix_fmt: Its pixel format.
        title: Names the title: all of its encodes in a process share one decoder.
        run: Names the run: another one tries the hardware again. It changes nothing in what comes out.
    """

    asked: Asked
    codec: str
    pix_fmt: str
    title: str
    run: str = field(metadata={"incidental": True})


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


@dataclass(frozen=True)
class Fallback:
    """That ffmpeg itself decodes what hardware was to decode.

    Attributes:
        reason: Why.
        expected: That is no news: nobody asked for this hardware and this kind of title.
    """

    reason: str
    expected: bool = False


class Decoder:
    """What decodes a title in this process: the hardware, until it fails once.

    The threads of a title's encodes share it: what failed one fails the next.

    Args:
        hardware: What to use; None for ffmpeg itself.
        fallback: Why it is not the hardware that was asked for; None where there is nothing to say.
        named: Whether the user asked for this hardware, and not for any that will do.
    """

    def __init__(
        self, hardware: Hardware | None, fallback: Fallback | None = None, *, named: bool = True
    ) -> None:
        self._hardware = hardware
        self._fallback = fallback
        self._named = named
        self._proven = False
        self._lock = threading.Lock()
        self._trial = threading.Lock()

    @property
    def hardware(self) -> Hardware | None:
        """What decodes now; None for ffmpeg itself."""
        return self._hardware

    @property
    def fallback(self) -> Fallback | None:
        """Why it is not the hardware that was asked for; None where it is, or there is nothing to say."""
        return self._fallback

    def give_up(self, reason: str, *, expected: bool = False) -> None:
        """Use the hardware no more; the first reason is the one that is said.

        Args:
            reason: Why.
            expected: That is no news.
        """
        with self._lock:
            if self._hardware is not None:
                self._hardware, self._fallback = None, Fallback(reason, expected=expected)

    def prove(self, trial: Callable[[Hardware], str]) -> None:
        """Try the hardware, unless that was done, and give it up where ``trial`` returns what is wrong."""
        with self._trial:
            if self._hardware is None or self._proven:
                return
            problem = trial(self._hardware)
            if problem:
                # a machine may show a card and have no driver for it: where none was named, each title would
                # be told of it
                self.give_up(problem, expected=not self._named)
            self._proven = True


_decoders: dict[str, tuple[HardwareDecoding, Decoder]] = {}
_decoders_lock = threading.Lock()


def decoder_of(decoding: HardwareDecoding, context: StageContext) -> Decoder:
    """Return what decodes a title in this process: one for all of its encodes in a run.

    Args:
        decoding: What is wanted.
        context: The title's surroundings.

    Raises:
        ToolMissingError, ToolFailedError: ffmpeg cannot be run.
    """
    with _decoders_lock:
        known = _decoders.get(decoding.title)
        if known is None or known[0] != decoding:
            known = _decoders[decoding.title] = decoding, _opened(decoding, context)
        return known[1]


def fallback_of(decoding: HardwareDecoding | None, context: StageContext) -> Fallback | None:
    """Return what is to be said of a title's decoding, once an encode of it has ended; None for nothing."""
    return decoder_of(decoding, context).fallback if decoding is not None else None


def _opened(decoding: HardwareDecoding, context: StageContext) -> Decoder:
    """Return what is to decode a title, not yet tried."""
    choice = choose(decoding.asked, context.ffmpeg)
    if choice.name is None:
        return Decoder(None, Fallback(choice.reason) if choice.reason else None)
    named = decoding.asked != "auto"
    if decoding.codec not in EXACT:
        reason = f"decoders of {decoding.codec} differ in the last bits"
        return Decoder(None, Fallback(reason, expected=not named))
    if decoding.pix_fmt not in SURFACES:
        return Decoder(None, Fallback(f"it may have no room for {decoding.pix_fmt}", expected=not named))
    return Decoder(Hardware(choice.name, decoding.pix_fmt), named=named)
