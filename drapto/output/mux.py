"""One file from the parts: video, audio, subtitles, and what the source's own elements say."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import av

from drapto.audio.copy import WHOLE
from drapto.engine import atomic
from drapto.engine.context import file_url
from drapto.errors import ArtifactError, ElementError
from drapto.media.hdr import dolby_vision
from drapto.media.muxer import EXACT, REPRODUCIBLE
from drapto.output.complete import Given, complete, room
from drapto.output.entries import Picture
from drapto.output.foreign import foreign_room
from drapto.output.tags import NOTHING_SAID

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from drapto.engine.context import StageContext
    from drapto.media.model import SourceInfo
    from drapto.output.tags import EncoderTag, Said


def mux(
    video: Path,
    audio: Sequence[Path],
    subtitles: Path | None,
    info: SourceInfo,
    target: Path,
    *,
    elements: Path | None = None,
    said: Said = NOTHING_SAID,
    context: StageContext,
) -> None:
    """Write the whole file: stream copies, every timestamp as it is in its part.

    Args:
        video: The picture.
        audio: One file for each audio track, in the source's order.
        subtitles: What `copy_subtitles` wrote; None where the source has none.
        info: The source, for the shape of a pixel, and for what no entry in ``elements`` says of a track.
        target: Where to; written whole or not at all.
        elements: What `copy_elements` wrote: names, languages, flags, chapters, tags, attached files. Without
            it there are only the tracks, as ``info`` describes them.
        said: What the file says of itself that the source does not.
        context: The surroundings.

    Raises:
        ArtifactError: There are other parts than the source has tracks, or one is damaged.
        ToolFailedError: ffmpeg failed.
    """
    if len(audio) != len(info.audio):
        raise ArtifactError(f"{len(audio)} audio files for {len(info.audio)} audio tracks", path=target)
    parts = [video, *audio, *([subtitles] if subtitles and info.subtitles else [])]
    with atomic.replacing(target) as partial, _given(elements, said.defaults) as given:
        space = room(given, 1 + len(info.audio) + len(info.subtitles)) + foreign_room(info.subtitles)
        arguments = [
            "-copyts",
            *(part for path in parts for part in ("-i", file_url(path))),
            *("-f", "ffmetadata", "-i", "pipe:0", *_maps(info)),
            # what ffmpeg writes before the clusters is room for what comes there
            *("-c", "copy", *WHOLE, "-map_metadata", str(len(parts)), "-map_chapters", "-1"),
            *(*EXACT, *REPRODUCIBLE, "-f", "matroska", file_url(partial)),
        ]
        document = f";FFMETADATA1\nroom={'.' * space}\n"
        context.run_ffmpeg(arguments, log="mux", about=target, feed=[document.encode()], target=partial)
        complete(partial, given, info, _picture(info, video, said.encoder))


@contextlib.contextmanager
def _given(elements: Path | None, defaults: Mapping[int, bool]) -> Iterator[Given]:
    """Yield the source's elements, while the file that has them is open."""
    if elements is None:
        yield Given()
        return
    with elements.open("rb") as file:
        try:
            given = Given.read(file, defaults)
        except ElementError as error:
            remedy = "delete it and run again"
            raise ArtifactError(f"is damaged ({error})", path=elements, remedy=remedy) from error
        yield given


def _picture(info: SourceInfo, video: Path, encoder: EncoderTag | None) -> Picture:
    """Return what no part of the picture says: PyAV, which joins them, cannot set it."""
    decided = dolby_vision.plan(info.video)
    with av.open(file_url(video), metadata_errors="replace") as container:
        width, height = container.streams.video[0].width, container.streams.video[0].height
    configuration = dolby_vision.kept(decided, width, height, info.video.rate)
    record = None if configuration is None else dolby_vision.record(configuration)
    return Picture(
        width,
        height,
        info.video.sar,
        signed(info.video.rotation),
        record,
        stereo_mode=info.video.stereo_mode,
        encoder=encoder,
    )


def signed(rotation: int) -> int:
    """Return degrees from -180, left out, to 180, as Matroska takes a roll."""
    return -((-rotation + 180) % 360 - 180)


def _maps(info: SourceInfo) -> list[str]:
    """Return the output's tracks, kind by kind, each kind in the source's order."""
    wanted = ["0:v:0", *(f"{number}:a:0" for number in range(1, len(info.audio) + 1))]
    wanted += [f"{len(info.audio) + 1}:s:{number}" for number in range(len(info.subtitles))]
    return [part for stream in wanted for part in ("-map", stream)]
