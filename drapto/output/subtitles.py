"""Subtitles and attached files, copied out of the source once, so that mux need not read all of it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av

from drapto.engine import atomic
from drapto.engine.context import file_url
from drapto.errors import ArtifactError, StageError
from drapto.media.index import index_packets
from drapto.media.muxer import EXACT, REPRODUCIBLE
from drapto.output.attachments import attach_options, extracted

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.engine.context import StageContext
    from drapto.media.model import SourceInfo


def copy_subtitles(source: Path, info: SourceInfo, target: Path, *, context: StageContext) -> None:
    """Copy all subtitle tracks and attached files of ``source`` into ``target``, packet by packet.

    Args:
        source: The source.
        info: What is in it; it has a subtitle track or an attached file.
        target: Where to; written whole or not at all.
        context: The surroundings.

    Raises:
        StageError: There is nothing to copy, or ffmpeg cannot.
        ArtifactError: The copy has other packets than the source.
    """
    if not info.subtitles and not info.attachments:
        raise StageError("has neither subtitles nor attached files", path=source)
    streams = [attachment.index for attachment in info.attachments]
    with atomic.replacing(target) as partial, extracted(source, streams, target.parent) as files:
        maps = [part for track in info.subtitles for part in ("-map", f"0:{track.index}")]
        arguments = [
            *("-copyts", "-i", file_url(source), *maps, "-c", "copy", "-map_metadata", "-1"),
            *("-map_chapters", "-1", *attach_options(files, info.attachments)),
            *(*EXACT, *REPRODUCIBLE, "-f", "matroska", file_url(partial)),
        ]
        context.run_ffmpeg(arguments, log="subtitles", about=source)
        _check(partial, info, source)


def _check(copy: Path, info: SourceInfo, source: Path) -> None:
    """Refuse a copy whose tracks have not got the source's packets."""
    with av.open(file_url(copy)) as container:
        tallies = list(index_packets(container).subtitles.values())
    for number, (track, tally) in enumerate(zip(info.subtitles, tallies, strict=True)):
        if (tally.packets, tally.hash.hexdigest()) != (track.packets, track.digest):
            raise ArtifactError(
                f"subtitle track {number} ({track.language or 'no language'}, {track.codec}): "
                f"{tally.packets} packets copied, not the {track.packets} that the probe saw",
                path=source,
                remedy="remux the file without that track",
            )
