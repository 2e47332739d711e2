"""Subtitles, copied out of the source once, so that mux need not read all of it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av

from drapto.engine import atomic
from drapto.engine.causes import FAILED
from drapto.engine.context import file_url
from drapto.errors import ArtifactError, StageError
from drapto.media.index import index_packets
from drapto.media.muxer import EXACT, REPRODUCIBLE

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.engine.context import StageContext
    from drapto.media.model import SourceInfo


def copy_subtitles(source: Path, info: SourceInfo, target: Path, *, context: StageContext) -> None:
    """Copy all subtitle tracks of ``source`` into ``target``, packet by packet.

    Args:
        source: The source.
        info: What is in it; it has a subtitle track.
        target: Where to; written whole or not at all.
        context: The surroundings.

    Raises:
        StageError: There is nothing to copy, or ffmpeg cannot.
        ArtifactError: The copy has other packets than the source.
    """
    if not info.subtitles:
        raise StageError("has no subtitles", path=source)
    with atomic.replacing(target) as partial:
        maps = [part for track in info.subtitles for part in ("-map", f"0:{track.index}")]
        arguments = [
            *("-copyts", "-i", file_url(source), *maps, "-c", "copy", "-map_metadata", "-1"),
            *("-map_chapters", "-1"),
            *(*EXACT, *REPRODUCIBLE, "-f", "matroska", file_url(partial)),
        ]
        context.run_ffmpeg(arguments, log="subtitles", about=source, target=partial)
        _check(partial, info, source)


def _check(copy: Path, info: SourceInfo, source: Path) -> None:
    """Refuse a copy whose tracks have not got the source's packets."""
    with av.open(file_url(copy)) as container:
        tallies = list(index_packets(container).subtitles.values())
    if len(tallies) != len(info.subtitles):
        problem = f"{len(tallies)} subtitle tracks copied, not the {len(info.subtitles)} that the probe saw"
        raise _torn(ArtifactError(problem, path=source, remedy="check the disk of the work, and run again"))
    for number, (track, tally) in enumerate(zip(info.subtitles, tallies, strict=True)):
        if (tally.packets, tally.hash.hexdigest()) != (track.packets, track.digest):
            error = ArtifactError(
                f"subtitle track {number} ({track.language or 'no language'}, {track.codec}): "
                f"{tally.packets} packets copied, not the {track.packets} that the probe saw",
                path=source,
                remedy="remux the file without that track",
            )
            raise _torn(error)


def _torn(error: ArtifactError) -> ArtifactError:
    """Return the error of a copy, which another attempt may make well."""
    error.cause = FAILED.name
    return error
