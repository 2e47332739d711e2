"""Subtitles of kinds that libavformat does not know, and passes on as they are: WebVTT, USF, Kate."""

from __future__ import annotations

from drapto.engine.document import Model

WEBVTT = "S_TEXT/WEBVTT"

NAMES = {WEBVTT: "webvtt", "S_TEXT/USF": "usf", "S_KATE": "kate", "S_IMAGE/BMP": "bmp"}
"""What these kinds are called."""


class ForeignCodec(Model):
    """What a Matroska file says of such a track's codec.

    Attributes:
        id: Its ``CodecID``.
        private: Its ``CodecPrivate``, hexadecimal.
    """

    id: str
    private: str = ""

    @property
    def name(self) -> str:
        """What to call it, as ffmpeg would if it knew it."""
        return NAMES.get(self.id, self.id.lower())
