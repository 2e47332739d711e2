"""Whether a track of sound can be heard: where nothing of it decodes, there is nothing to encode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import av
from av import FFmpegError

from drapto.engine.context import file_url
from drapto.media.frame_count import MILLISECOND
from drapto.media.matroska.unreadable import Problem
from drapto.media.restarts import overlaid
from drapto.media.texts import ANY_TEXT

if TYPE_CHECKING:
    from pathlib import Path

    from av.audio.codeccontext import AudioCodecContext
    from av.audio.stream import AudioStream
    from av.packet import Packet

    from drapto.media.index import AudioTally


def unheard(source: Path, stream: AudioStream, tally: AudioTally) -> Problem | None:
    """Return what is wrong with a track of which nothing decodes, or a part lies over another.

    To be asked when its packets are counted, and all else of the stream is known: decoding may change that.

    Args:
        source: The file.
        stream: The track.
        tally: Its packets.
    """
    context = stream.codec_context
    named = f"track {stream.index} ({context.codec.canonical_name})"
    if back := overlaid(tally.restart, stream.time_base or MILLISECOND, named):
        return back
    if not tally.packets or tally.history.forms:
        return None
    if any(_sounds(context, packet) for packet in (*tally.samples, None)):
        return None
    if tally.packets > len(tally.samples) and _sounds_later(source, stream.index):
        return None
    return Problem(f"has sound of which nothing can be decoded, {named}", "remux the file without this track")


def _sounds(context: AudioCodecContext, packet: Packet[Any] | None) -> bool:
    try:
        return bool(context.decode(packet))
    except FFmpegError:
        return False


def _sounds_later(source: Path, index: int) -> bool:
    with av.open(file_url(source), format="matroska", **ANY_TEXT) as container:
        stream = next(one for one in container.streams.audio if one.index == index)
        return any(_sounds(stream.codec_context, packet) for packet in container.demux(stream))
