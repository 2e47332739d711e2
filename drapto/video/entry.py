"""A copy of a segment source from a later keyframe on: what need not be decoded to get at a part's frames.

A part of a segment begins in the midst of its source, and everything before it would be decoded to be thrown
away. Where a keyframe parts the packets, so that all before it are shown before it and all behind it after
it, what follows decodes by itself, as a segment source does from its own first keyframe on.
"""

from __future__ import annotations

import contextlib
import itertools
from typing import TYPE_CHECKING, NamedTuple

import av

from drapto.errors import DISK_FULL, SpaceError, ToolFailedError
from drapto.media.muxer import REPRODUCIBLE_OPTIONS
from drapto.media.refresh import entrance

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from av.container import InputContainer

CODECS = ("h264", "hevc", "mpeg2video", "av1")
"""Codecs of which each packet in Matroska is one frame, and which decode from a keyframe on."""

LARGEST = 1 << 30
"""Bytes of a segment source beyond which it is rather decoded than read twice: a whole title may be one."""

ANY_DTS = -(1 << 40)
"""As `drapto.video.segment_writer` writes it: Matroska has no decoding times."""


class Entry(NamedTuple):
    """Where to begin with a part.

    Attributes:
        path: A file that begins with a keyframe.
        skipped: How many of the segment's frames are not in it.
    """

    path: Path
    skipped: int


class Shown(NamedTuple):
    """A packet of a source, in the order that they are in.

    Attributes:
        time: When its frame is shown.
        keyframe: Whether it is a keyframe.
    """

    time: int
    keyframe: bool


def clean_keyframe(packets: Sequence[Shown], first: int) -> int | None:
    """Return the last keyframe that parts the packets and is shown not after frame ``first``.

    Args:
        packets: All packets, in the order of the file.
        first: The number of a frame, as they are shown.

    Returns:
        Its number among the packets, which is also that of its frame; None where only the first one does.
    """
    times = [packet.time for packet in packets]
    latest = list(itertools.accumulate(times, max))
    soonest = list(itertools.accumulate(reversed(times), min))[::-1]
    parting = (
        number
        for number in range(min(first, len(packets) - 1), 0, -1)
        if packets[number].keyframe and latest[number - 1] < times[number] == soonest[number]
    )
    return next(parting, None)


@contextlib.contextmanager
def entered(source: Path, first: int, frames: int, target: Path) -> Iterator[Entry | None]:
    """Yield where to begin for frame ``first`` of a segment source; None where that is its beginning.

    Args:
        source: The segment source.
        first: How many of its frames go before the first that is wanted.
        frames: How many the segment has.
        target: A temporary file name, for the copy.

    Raises:
        ToolFailedError: The source cannot be read, or the copy not be written.
        SpaceError: The disk is full.
    """
    if not first or source.stat().st_size > LARGEST:
        yield None
        return
    try:
        with av.open(str(source)) as container:
            streams = container.streams
            suits = len(streams) == 1 and container.format.name.startswith("matroska")
            number = _number(container, first, frames) if suits else None
        if number is not None:
            _copy(source, number, target)
    except av.FFmpegError as error:
        target.unlink(missing_ok=True)
        if error.errno in DISK_FULL:
            remedy = "free some space and run again"
            raise SpaceError("the disk is full", path=target.parent, remedy=remedy) from error
        raise ToolFailedError(f"cannot be copied ({error.strerror})", path=source) from error
    try:
        yield None if number is None else Entry(target, number)
    finally:
        target.unlink(missing_ok=True)


def _number(container: InputContainer, first: int, frames: int) -> int | None:
    """Return the number of the packet to begin with; None where it is not known which frame it gives."""
    stream = container.streams.video[0]
    if stream.codec_context.name not in CODECS:
        return None
    may_begin = entrance(stream)
    packets = [
        Shown(packet.pts, packet.is_keyframe and (may_begin is None or may_begin(packet)))
        for packet in container.demux(stream)
        if packet.size and packet.pts is not None
    ]
    # a source may end with the keyframe of the next one (`drapto.video.segment_writer`), and has no others
    ordered = sorted(packets)
    known = len(packets) == frames or (len(packets) == frames + 1 and ordered[-1].keyframe)
    if not known or packets[0] != ordered[0] or len({packet.time for packet in packets}) < len(packets):
        return None
    return clean_keyframe(packets, first)


def _copy(source: Path, number: int, target: Path) -> None:
    options = REPRODUCIBLE_OPTIONS
    with av.open(str(source)) as container, av.open(str(target), "w", "matroska", options=options) as output:
        template = container.streams.video[0]
        stream = output.add_stream_from_template(template, opaque=True)
        if template.average_rate:
            stream.codec_context.framerate = template.average_rate  # which the encoder is told
        wanted = (packet for packet in container.demux(template) if packet.size)
        for place, packet in enumerate(wanted):
            if place >= number:
                packet.stream = stream
                packet.dts = ANY_DTS
                output.mux_one(packet)
