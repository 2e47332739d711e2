"""Answer as ffprobe the one question that ab-av1 asks of it: ``python ffprobe.py OPTION… FILE``.

The ffmpeg that drapto brings comes without an ffprobe, and ab-av1 does not work without one. What it asks
(the Rust crate ``ffprobe`` 0.4) is always the same. The answer has what ab-av1 reads (duration, frame rates,
size, pixel format, channels), and what that crate will not do without. A script of its own, for PyAV alone.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import av
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from av.container import InputContainer
    from av.stream import Stream

ASKED = ("-v", "quiet", "-show_format", "-show_streams", "-print_format", "json")

DISPOSITIONS = (
    *("default", "dub", "original", "comment", "lyrics", "karaoke", "forced", "hearing_impaired"),
    *("visual_impaired", "clean_effects", "attached_pic", "timed_thumbnails"),
)

MICROSECONDS = 1_000_000


def answer(path: str) -> dict[str, object]:
    """Return what ffprobe would say of a file, as far as ab-av1 needs it.

    Raises:
        av.FFmpegError: The file cannot be read.
    """
    with av.open(path) as container:
        return {"streams": [_stream(stream) for stream in container.streams], "format": _format(container)}


def _format(container: InputContainer) -> dict[str, object]:
    found: dict[str, object] = {
        # a name need not be UTF-8, JSON has to be
        "filename": os.fsencode(container.name).decode(errors="replace"),
        "nb_streams": len(container.streams),
        "nb_programs": 0,
        "format_name": container.format.name,
        "format_long_name": container.format.long_name,
        "probe_score": 100,
    }
    if container.duration is not None:
        found["duration"] = f"{container.duration / MICROSECONDS:.6f}"
    return found


def _stream(stream: Stream) -> dict[str, object]:
    found: dict[str, object] = {
        "index": stream.index,
        "codec_type": stream.type,
        "codec_tag_string": "[0][0][0][0]",
        "codec_tag": "0x0000",
        "r_frame_rate": _rate(getattr(stream, "base_rate", None)),
        "avg_frame_rate": _rate(getattr(stream, "average_rate", None)),
        "time_base": _rate(stream.time_base),
        # a mask whose bits are in the order of ffprobe's names
        "disposition": {name: stream.disposition >> bit & 1 for bit, name in enumerate(DISPOSITIONS)},
    }
    if isinstance(stream, VideoStream):
        found |= {"width": stream.width, "height": stream.height, "pix_fmt": stream.pix_fmt}
    elif isinstance(stream, AudioStream):
        found["channels"] = stream.channels
    return found


def _rate(rate: Fraction | None) -> str:
    return f"{rate.numerator}/{rate.denominator}" if rate else "0/0"


def main(arguments: Sequence[str]) -> str | None:
    """Print the answer; return what to complain of."""
    *options, path = arguments or ("",)
    if tuple(options) != ASKED:
        return f"ffprobe: this one answers only to {' '.join(ASKED)} FILE"
    try:
        print(json.dumps(answer(path)))  # noqa: T201  what this program is for
    except av.FFmpegError as error:
        return f"ffprobe: {error}"
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
