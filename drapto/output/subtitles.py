"""Subtitles, copied out of the source once, so that mux need not read it again; those beside it, too."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import av

from drapto.engine import atomic
from drapto.engine.causes import FAILED
from drapto.engine.context import file_url
from drapto.errors import ArtifactError, StageError
from drapto.media.index import index_packets
from drapto.media.muxer import EXACT, REPRODUCIBLE
from drapto.media.tally import LONGEST
from drapto.output.foreign import as_subrip
from drapto.output.sidecars import prepared

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from drapto.engine.context import StageContext
    from drapto.media.model import SourceInfo
    from drapto.media.sidecars import Sidecar


def copy_subtitles(
    source: Path,
    info: SourceInfo,
    target: Path,
    *,
    context: StageContext,
    sidecars: Sequence[Sidecar] = (),
) -> None:
    """Copy all subtitle tracks of ``source`` into ``target``, packet by packet, then those of ``sidecars``.

    Args:
        source: The source.
        info: What is in it.
        target: Where to; written whole or not at all.
        context: The surroundings.
        sidecars: Subtitle files next to it.

    Raises:
        StageError: There is nothing to copy, or ffmpeg cannot.
        ArtifactError: The copy has other packets than the source.
        SourceError: A subtitle file is damaged.
    """
    if not info.subtitles and not sidecars:
        raise StageError("has no subtitles", path=source)
    foreign = [track.index for track in info.subtitles if track.foreign is not None]
    with atomic.replacing(target) as partial, ExitStack() as stack:
        inputs = ["-i", file_url(source)]
        if foreign:
            passing = stack.enter_context(atomic.scratch(target))
            as_subrip(source, foreign, passing)
            inputs += ["-i", file_url(passing)]
        maps = list(_maps(info))
        for number, sidecar in enumerate(sidecars, 2 if foreign else 1):
            inputs += stack.enter_context(prepared(sidecar, target))
            maps += ["-map", f"{number}:s"]
        arguments = [
            *("-copyts", *inputs, *maps, "-c", "copy", "-map_metadata", "-1"),
            *(*_bounded(info), "-map_chapters", "-1"),
            *(*EXACT, *REPRODUCIBLE, "-f", "matroska", file_url(partial)),
        ]
        context.run_ffmpeg(arguments, log="subtitles", about=source, target=partial)
        _check(partial, info, source)


def _bounded(info: SourceInfo) -> list[str]:
    """Return the options that take durations away that cannot be meant."""
    bounded = f"setts=duration='if(between(DURATION*TB,0,{LONGEST}),DURATION,0)'"
    endless = [number for number, track in enumerate(info.subtitles) if track.endless]
    return [part for number in endless for part in (f"-bsf:s:{number}", bounded)]


def _maps(info: SourceInfo) -> Iterator[str]:
    """Yield the options that map the source's tracks, those of unknown kinds from the second input."""
    foreign = 0
    for track in info.subtitles:
        yield "-map"
        yield f"0:{track.index}" if track.foreign is None else f"1:{foreign}"
        foreign += track.foreign is not None


def _check(copy: Path, info: SourceInfo, source: Path) -> None:
    """Refuse a copy whose tracks have not got the source's packets."""
    with av.open(file_url(copy), metadata_errors="replace") as container:
        tallies = list(index_packets(container).subtitles.values())
    if len(tallies) < len(info.subtitles):  # behind them are those from files beside the source
        problem = f"{len(tallies)} subtitle tracks copied, not the {len(info.subtitles)} that the probe saw"
        raise _torn(ArtifactError(problem, path=source, remedy="check the disk of the work, and run again"))
    for number, (track, tally) in enumerate(zip(info.subtitles, tallies, strict=False)):
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
