"""Subtitle files next to a source, made ready for ffmpeg; and what the tracks are that come of them."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import av

from drapto.engine import atomic
from drapto.engine.context import file_url
from drapto.errors import ArtifactError, SourceError
from drapto.media.foreign import WEBVTT, ForeignCodec
from drapto.media.index import index_packets
from drapto.media.matroska.languages import three_letters
from drapto.media.model import SubtitleTrack
from drapto.media.plain_text import decoded
from drapto.media.webvtt import read_webvtt, write_track
from drapto.output.foreign import as_subrip

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from drapto.media.model import SourceInfo
    from drapto.media.sidecars import Sidecar
    from drapto.media.webvtt import Cue

FORMATS = {".srt": "srt", ".ass": "ass", ".ssa": "ass", ".sup": "sup", ".idx": "vobsub"}
"""ffmpeg's demuxers. WebVTT is read here: ffmpeg would write it in a form that only WebM had."""

TEXT = (".srt", ".ass", ".ssa")

OF_NO_SOURCE = -1
"""The stream index of a track that is in no source."""

LARGEST = 64 << 20
"""Bytes of a text file; the subtitles of a film take some tens of kilobytes."""


@contextmanager
def prepared(sidecar: Sidecar, beside: Path) -> Iterator[list[str]]:
    """Yield ffmpeg's options that read a subtitle file; what they name is gone afterwards.

    Args:
        sidecar: The file.
        beside: A file in whose directory temporary ones may be made.

    Raises:
        SourceError: It is damaged.
    """
    path, suffix = sidecar.path, sidecar.path.suffix.lower()
    if suffix == ".vtt":
        with atomic.scratch(beside) as track, atomic.scratch(beside) as passing:
            head, cues = _webvtt(sidecar)
            write_track(track, head, cues)
            as_subrip(track, [0], passing)
            yield ["-i", file_url(passing)]
    elif suffix in TEXT:
        with atomic.scratch(beside) as text:
            text.write_text(_text(sidecar), encoding="utf-8")
            _require_subtitles(sidecar, text, {})
            yield ["-f", FORMATS[suffix], "-i", file_url(text)]
    else:
        options = {"sub_name": file_url(sidecar.files[1])} if suffix == ".idx" else {}
        _require_subtitles(sidecar, path, options)
        given = [part for name, value in options.items() for part in (f"-{name}", value)]
        yield ["-f", FORMATS[suffix], *given, "-i", file_url(path)]


def _require_subtitles(sidecar: Sidecar, path: Path, options: dict[str, str]) -> None:
    """Refuse a file that cannot be read, or holds nothing, before ffmpeg speaks of it by another name."""
    try:
        with av.open(
            file_url(path), format=FORMATS[sidecar.path.suffix.lower()], container_options=options
        ) as container:
            there = any(packet.size for packet in container.demux())
    except av.FFmpegError as error:
        raise _damaged(sidecar, f"cannot be read as subtitles ({error.strerror})") from error
    if not there:
        raise _damaged(sidecar, "has no subtitles")


def _text(sidecar: Sidecar) -> str:
    if sidecar.path.stat().st_size > LARGEST:
        raise _damaged(sidecar, "is too large to be subtitles")
    return decoded(sidecar.path.read_bytes(), sidecar.language)


def _webvtt(sidecar: Sidecar) -> tuple[str, list[Cue]]:
    try:
        head, cues = read_webvtt(_text(sidecar))
    except ValueError as error:
        raise _damaged(sidecar, str(error)) from error
    if not cues:
        raise _damaged(sidecar, "has no subtitles")
    return head, cues


def _damaged(sidecar: Sidecar, problem: str) -> SourceError:
    return SourceError(problem, path=sidecar.path, remedy="put it right, or elsewhere")


def with_sidecars(info: SourceInfo, subtitles: Path, sidecars: Sequence[Sidecar]) -> SourceInfo:
    """Return what is in a source, with the tracks that come from files beside it.

    Args:
        info: The source.
        subtitles: What `drapto.output.subtitles` wrote.
        sidecars: The files.

    Raises:
        ArtifactError: It has other tracks than these.
    """
    if not sidecars:
        return info
    labels = [label for sidecar in sidecars for label in _labels(sidecar)]
    with av.open(file_url(subtitles)) as container:
        tallies = index_packets(container).subtitles
        streams = list(container.streams.subtitles)[len(info.subtitles) :]
        if len(streams) != len(labels):
            problem = f"has {len(streams)} tracks from files beside the source, not {len(labels)}"
            raise ArtifactError(problem, path=subtitles, remedy="delete it and run again")
        tracks = []
        for stream, (sidecar, language, foreign) in zip(streams, labels, strict=True):
            tally, base = tallies[stream.index], stream.time_base or 0
            tracks.append(
                SubtitleTrack(
                    index=OF_NO_SOURCE,
                    codec=foreign.name if foreign else stream.codec_context.codec.canonical_name,
                    language=language,
                    title=sidecar.title,
                    dispositions=sidecar.dispositions,
                    start=float((tally.first or 0) * base),
                    end=float(tally.end * base),
                    packets=tally.packets,
                    digest=tally.hash.hexdigest(),
                    foreign=foreign,
                )
            )
    return info.model_copy(update={"subtitles": (*info.subtitles, *tracks)})


def _labels(sidecar: Sidecar) -> list[tuple[Sidecar, str | None, ForeignCodec | None]]:
    """Return what is known of each track of a file: a VobSub index has one for each of its languages."""
    suffix = sidecar.path.suffix.lower()
    if suffix == ".vtt":
        head, _ = _webvtt(sidecar)
        return [(sidecar, sidecar.language, ForeignCodec(id=WEBVTT, private=head.encode().hex()))]
    if suffix != ".idx":
        return [(sidecar, sidecar.language, None)]
    listed = re.findall(r"(?m)^id: *([a-z]*)", decoded(sidecar.path.read_bytes()))
    alone = sidecar.language if len(listed) == 1 else None
    return [(sidecar, alone or (three_letters(one) if one else None), None) for one in listed]
