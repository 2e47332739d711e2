"""One audio track copied, packet by packet: Opus that need not be encoded, and what a user wants kept."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import av

from drapto.audio.record import CopiedSound
from drapto.audio.span import Span
from drapto.engine.atomic import PARTIAL
from drapto.engine.context import file_url
from drapto.errors import SourceError
from drapto.media.muxer import EXACT, REPRODUCIBLE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drapto.engine.context import EncodeProgress, StageContext
    from drapto.media.model import AudioTrack

WHOLE = ("-copyinkf", "-copypriorss", "1")
"""Unless told so, ffmpeg leaves out what comes before the first keyframe, and before time 0."""


def copy_sound(
    source: Path,
    track: AudioTrack,
    target: Path,
    *,
    log: str,
    context: StageContext,
    report: Callable[[EncodeProgress], None] | None = None,
) -> tuple[Span, CopiedSound, tuple[str, ...]]:
    """Copy the track's packets into ``target``, with their times, and decode them to hear of damage.

    Packets without a time get one: they are evenly spaced between those that have one.

    Args:
        source: The source.
        track: The track in it.
        target: The Matroska file to write, which may be left half written.
        log: Names the log.
        context: The surroundings.
        report: Told about twice a second how far it is.

    Returns:
        When the track sounds, what was copied, and what ffmpeg complained of, a line each.

    Raises:
        SourceError: The copy has other packets than the source.
        StageError: ffmpeg cannot copy it.
    """
    sums = target.with_name(f"{target.name}-sums{PARTIAL}")
    one = ("-map", f"0:{track.index}")
    spaced = f"setts=ts='if(eq(PTS,NOPTS),PREV_OUTPTS+{track.spacing:.9f}/TB,PTS)'"
    timed = ("-bsf:a", spaced) if track.spacing else ()
    bare = (*EXACT, *REPRODUCIBLE, "-map_metadata", "-1", "-map_chapters", "-1")
    copied = (*one, *timed, "-c", "copy", *WHOLE, *bare)
    try:
        done = context.run_ffmpeg(
            [
                *("-copyts", "-i", file_url(source), *copied, "-f", "matroska", file_url(target)),
                # of the same packets as they come, so that the source is read once
                *(*one, "-c", "copy", *WHOLE, "-f", "streamhash", "-hash", "sha256", file_url(sums)),
                *(*one, "-f", "null", "-"),
            ],
            log=log,
            about=source,
            on_progress=report,
        )
        given = sums.read_text(encoding="ascii").strip().rpartition("=")[2].lower()
    finally:
        sums.unlink(missing_ok=True)
    span, found = read_back(target)
    if found != CopiedSound(packets=track.packets, digest=given):
        raise SourceError(
            f"{found.packets} packets could be copied, not the {track.packets} that the probe saw",
            path=source,
            remedy="the source has changed since it was probed, or is damaged; run again",
        )
    return span, found, done.complaints


def read_back(path: Path, index: int = 0) -> tuple[Span, CopiedSound]:
    """Return when the track that is stream ``index`` of ``path`` has packets, and what these are."""
    digest = hashlib.sha256()
    count, first, end = 0, None, 0
    with av.open(file_url(path)) as container:
        stream = container.streams[index]
        base = stream.time_base
        for packet in container.demux(stream):
            if packet.size:
                digest.update(bytes(packet))
                count += 1
                first = packet.pts if first is None else first
                end = (packet.pts or 0) + (packet.duration or 0)
    times = (float((first or 0) * base), float(end * base)) if base else (0.0, 0.0)
    return Span(*times), CopiedSound(packets=count, digest=digest.hexdigest())
