"""Where a track of sound is damaged: ffmpeg says that it is, and not when."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import av

from drapto.engine.context import file_url
from drapto.media.texts import ANY_TEXT

if TYPE_CHECKING:
    from pathlib import Path

    from av.audio.stream import AudioStream

CHECKED = ("flac",)
"""Codecs whose frames have a checksum that their decoder looks at where it is asked to, and says so then."""


def check_options(codec: str) -> list[str]:
    """Return the options of ffmpeg's input with which its decoder looks at checksums."""
    return ["-err_detect:a", "crccheck"] if codec in CHECKED else []


def first_damage(source: Path, index: int) -> float | None:
    """Return when the first packet is shown that does not decode as it should, seconds; None where all do.

    Args:
        source: The file.
        index: The stream's.
    """
    try:
        with av.open(file_url(source), **ANY_TEXT) as container:
            stream = cast("AudioStream", container.streams[index])
            if stream.codec_context.codec.canonical_name in CHECKED:
                stream.codec_context.options = {"err_detect": "crccheck+explode"}
            for packet in container.demux(stream):
                try:
                    broken = any(frame.is_corrupt for frame in packet.decode())
                except av.FFmpegError:
                    broken = True
                if broken and packet.pts is not None:
                    return max(0.0, float(packet.pts * (packet.time_base or 0)))
    except av.FFmpegError:
        pass  # the time is all that is missing then
    return None
