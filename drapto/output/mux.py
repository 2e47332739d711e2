"""One file from the parts: video, audio, subtitles, chapters, tags, attached files."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import TYPE_CHECKING

import av

from drapto.audio.copy import WHOLE
from drapto.engine import atomic
from drapto.engine.context import file_url
from drapto.errors import ArtifactError
from drapto.media.hdr import dolby_vision
from drapto.media.matroska.header import PADDING, Amendment, amend
from drapto.media.matroska.languages import three_letters
from drapto.media.muxer import EXACT, REPRODUCIBLE
from drapto.output import metadata
from drapto.output.attachments import attach_options, extracted, indices

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from fractions import Fraction
    from pathlib import Path

    from drapto.engine.context import StageContext
    from drapto.media.model import SourceInfo, Track


def mux(
    video: Path,
    audio: Sequence[Path],
    subtitles: Path | None,
    info: SourceInfo,
    target: Path,
    *,
    context: StageContext,
) -> None:
    """Write the whole file: stream copies, every timestamp as it is in its part.

    Args:
        video: The picture.
        audio: One file for each audio track, in the source's order.
        subtitles: What `copy_subtitles` wrote; None where the source had nothing to copy.
        info: The source, for languages, titles, dispositions, tags, chapters and the shape of a pixel.
        target: Where to; written whole or not at all.
        context: The surroundings.

    Raises:
        ArtifactError: There are other parts than the source has tracks.
        ToolFailedError: ffmpeg failed.
    """
    if len(audio) != len(info.audio):
        raise ArtifactError(f"{len(audio)} audio files for {len(info.audio)} audio tracks", path=target)
    amendments = _amendments(info, video)
    tracks = _as_muxed([info.video, *info.audio, *info.subtitles], amendments)
    document = metadata.ffmetadata(info.tags, tracks, info.chapters)
    with atomic.replacing(target) as partial, _attached(subtitles, info, target.parent) as attached:
        parts = [video, *audio, *([subtitles] if subtitles and info.subtitles else [])]
        arguments = [
            "-copyts",
            *(part for path in parts for part in ("-i", file_url(path))),
            *("-f", "ffmetadata", "-i", "pipe:0"),
            *_maps(info),
            *("-c", "copy", *WHOLE, *_tags(tracks, document=len(parts)), *_dispositions(tracks), *attached),
            *metadata.options(info.tags, tracks, info.chapters),
            *(*EXACT, *REPRODUCIBLE, "-f", "matroska", file_url(partial)),
        ]
        context.run_ffmpeg(arguments, log="mux", about=target, feed=[document.encode()])
        amend(partial, amendments)


def _amendments(info: SourceInfo, video: Path) -> dict[int, Amendment]:
    """Return what has to be written into the file's head after ffmpeg, by track."""
    amendments = {
        number: Amendment(track.title, bcp47=track.language)
        for number, track in enumerate([info.video, *info.audio, *info.subtitles])
        if track.language and "-" in track.language
    }
    decided = dolby_vision.plan(info.video)
    rotation = signed(info.video.rotation)
    if info.video.sar != 1 or decided.keeps or rotation:
        # the parts of the picture carry neither: PyAV, which joins them, cannot set it
        with av.open(file_url(video)) as container:
            picture = container.streams.video[0]
            width, height = picture.width, picture.height
        configuration = dolby_vision.kept(decided, width, height, info.video.rate)
        amendments[0] = dataclasses.replace(
            amendments.get(0, Amendment(info.video.title)),
            display=None if info.video.sar == 1 else display_size(width, height, info.video.sar),
            dolby_vision=None if configuration is None else dolby_vision.record(configuration),
            rotation=rotation,
        )
    return amendments


def signed(rotation: int) -> int:
    """Return degrees from -180, left out, to 180, as Matroska takes a roll."""
    return -((-rotation + 180) % 360 - 180)


def display_size(width: int, height: int, sar: Fraction) -> tuple[int, int]:
    """Return the size in square pixels at which a picture with pixels of shape ``sar`` is shown.

    One side stays as it is; the other is a whole number where it can be.
    """
    wide, high = width * sar, height / sar
    if wide.denominator > 1 and high.denominator == 1:
        return width, int(high)
    return round(wide), height


def _as_muxed(tracks: Sequence[Track], amendments: Mapping[int, Amendment]) -> list[Track]:
    """Return the tracks as ffmpeg is told of them: what it cannot say left out, names padded to make room."""
    return [
        track.model_copy(
            update={
                "title": (track.title or "") + PADDING,
                "language": three_letters(bcp47) if (bcp47 := amendments[number].bcp47) else track.language,
            }
        )
        if number in amendments
        else track
        for number, track in enumerate(tracks)
    ]


def _maps(info: SourceInfo) -> list[str]:
    """Return the output's tracks, kind by kind, each kind in the source's order."""
    wanted = ["0:v:0", *(f"{number}:a:0" for number in range(1, len(info.audio) + 1))]
    wanted += [f"{len(info.audio) + 1}:s:{number}" for number in range(len(info.subtitles))]
    return [part for stream in wanted for part in ("-map", stream)]


def _tags(tracks: Sequence[Track], *, document: int) -> list[str]:
    """Return the options that take all tags and chapters from input ``document`` and none from the parts."""
    options = ["-map_metadata", str(document), "-map_chapters", str(document)]
    for number in range(len(tracks)):
        options += [f"-map_metadata:s:{number}", f"{document}:s:{number}"]
    return options


def _dispositions(tracks: Sequence[Track]) -> list[str]:
    """Return each track's dispositions, ``0`` for none: ffmpeg sets defaults of its own otherwise."""
    return [
        part
        for number, track in enumerate(tracks)
        for part in (f"-disposition:{number}", "+".join(track.dispositions) or "0")
    ]


@contextlib.contextmanager
def _attached(subtitles: Path | None, info: SourceInfo, folder: Path) -> Iterator[list[str]]:
    """Yield the options that attach the source's files."""
    if subtitles is None or not info.attachments:
        yield []
        return
    found = indices(subtitles)
    if len(found) != len(info.attachments):
        problem = f"has {len(found)} attached files, not the source's {len(info.attachments)}"
        raise ArtifactError(problem, path=subtitles, remedy="delete it and run again")
    with extracted(subtitles, found, folder) as files:
        yield attach_options(files, info.attachments)
