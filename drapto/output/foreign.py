"""Subtitles that libavformat does not know, through ffmpeg and past it.

Its muxer refuses them. So they go through it as SubRip, which it neither reads nor changes, each block with
its additions; `drapto.output.entries` then writes into the finished file what they are.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import av

from drapto.engine.context import file_url
from drapto.errors import ToolFailedError
from drapto.media.muxer import REPRODUCIBLE_OPTIONS
from drapto.media.texts import ANY_TEXT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from drapto.media.model import SubtitleTrack

SUBRIP = b"1\n00:00:00,000 --> 00:00:00,001\n.\n"
"""A file of which a stream is taken that says it is SubRip."""


def as_subrip(source: Path, streams: Sequence[int], target: Path) -> None:
    """Copy tracks of a Matroska file into one in which they pass for SubRip.

    Args:
        source: The file.
        streams: Which of its streams, in the order that they are to have.
        target: Where to; may be left half written.

    Raises:
        ToolFailedError: The file cannot be read, or written.
    """
    options = {**REPRODUCIBLE_OPTIONS, "avoid_negative_ts": "disabled"}
    try:
        with (
            av.open(io.BytesIO(SUBRIP), format="srt") as plain,
            av.open(file_url(source), format="matroska", **ANY_TEXT) as given,
            av.open(str(target), "w", format="matroska", options=options) as made,
        ):
            template = plain.streams.subtitles[0]
            copies = {index: made.add_stream_from_template(template, opaque=True) for index in streams}
            for packet in given.demux([given.streams[index] for index in streams]):
                if packet.size:
                    packet.stream = copies[packet.stream_index]
                    made.mux_one(packet)
    except av.FFmpegError as error:
        raise ToolFailedError(f"subtitles cannot be copied ({error.strerror})", path=source) from error


def foreign_room(tracks: Sequence[SubtitleTrack]) -> int:
    """Return how many bytes the head needs for what such tracks say of themselves."""
    return sum(64 + len(one.foreign.private) // 2 for one in tracks if one.foreign is not None)
