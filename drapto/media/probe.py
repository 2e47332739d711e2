"""The probe stage: everything that later stages ask of a source, in one pass over it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import av
from av import FFmpegError

from drapto.engine.context import file_url
from drapto.errors import SourceError
from drapto.media import tracks
from drapto.media.damage import listening, refuse_damaged
from drapto.media.frame_count import frame_times, spread
from drapto.media.hdr.dynamic import describe, write_dynamic
from drapto.media.index import index_packets, is_cover
from drapto.media.limits import refuse_unkeepable
from drapto.media.matroska.container import require_matroska
from drapto.media.matroska.oddities import oddities, refuse_oddities
from drapto.media.matroska.records import dolby_vision_records
from drapto.media.mediainfo import TrackFacts, read_facts
from drapto.media.model import SourceInfo
from drapto.media.rate import NS
from drapto.media.texts import ANY_TEXT
from drapto.media.timestamps import write_timestamps

if TYPE_CHECKING:
    from pathlib import Path

    from av.container import InputContainer
    from av.stream import Stream
    from av.video.stream import VideoStream

    from drapto.media.frame_count import CountBy
    from drapto.media.hdr.dynamic import FrameMetadata
    from drapto.media.model import Attachment, AudioTrack, SubtitleTrack, VideoTrack

MICROSECONDS = 1_000_000
MILLISECOND = Fraction(1, 1000)
NO_FACTS = TrackFacts()


def probe_source(
    source: Path,
    probe: Path,
    timestamps: Path,
    keyframes: Path,
    dynamic: Path,
    *,
    digest: str,
    frame_index: CountBy = "auto",
) -> SourceInfo:
    """Write what is in ``source`` to ``probe``, its frames' times and their metadata beside it.

    Args:
        source: An MKV.
        probe: The target for the model, ``probe.json``.
        timestamps: The target for the presentation times.
        keyframes: The target for those of the keyframes, where the source can be cut.
        dynamic: The target for the metadata that change from frame to frame.
        digest: The source's content digest, recorded in the model.
        frame_index: ``auto`` takes packets for frames where a trial bears it out, and decodes everything
            where it does not; ``packets`` and ``decode`` force one.

    Raises:
        SourceError: The source cannot be encoded.
    """
    found = examine(source, digest=digest, frame_index=frame_index)
    refuse_unkeepable(source, found.info.video)
    write_timestamps(timestamps, found.times)
    write_timestamps(keyframes, found.keyframes)
    write_dynamic(dynamic, found.dynamic)
    return found.info.write(probe)


def inspect(source: Path, *, digest: str = "", frame_index: CountBy = "auto") -> tuple[SourceInfo, list[int]]:
    """Return what is in ``source``, and its frames' presentation times in nanoseconds, ascending.

    Raises:
        SourceError: The source cannot be encoded.
    """
    found = examine(source, digest=digest, frame_index=frame_index)
    return found.info, found.times


@dataclass(frozen=True)
class Examined:
    """All that one pass over a source finds.

    Attributes:
        info: The model.
        times: The frames' presentation times, nanoseconds, ascending.
        keyframes: Those of the keyframes.
        dynamic: The metadata of each frame; empty where none has any.
    """

    info: SourceInfo
    times: list[int]
    keyframes: list[int]
    dynamic: list[FrameMetadata]


def examine(source: Path, *, digest: str = "", frame_index: CountBy = "auto") -> Examined:
    """Return all that can be found out of ``source`` in one pass.

    Raises:
        SourceError: The source cannot be encoded.
    """
    sized = require_matroska(source)
    refuse_oddities(source)
    try:
        with listening() as said, av.open(file_url(source), format="matroska", **ANY_TEXT) as container:
            refuse_damaged(source, said)
            _refuse_unusable(source, container)
            whole = _Pass(source, container, frame_index)
            refuse_damaged(source, said)
            return whole.report(digest, sized=sized)
    except FFmpegError as error:
        raise SourceError(
            f"is damaged ({error.strerror})", path=source, remedy="rip or copy it again"
        ) from error


def _refuse_unusable(source: Path, container: InputContainer) -> None:
    if all(is_cover(stream) for stream in container.streams.video):
        raise SourceError("has no video track", path=source, remedy="choose a file with a picture")
    for stream in (*container.streams.video, *container.streams.audio):
        if stream.codec_context is None:
            problem = f"{stream.type} track {stream.index} has a codec that ffmpeg does not know"
            raise SourceError(problem, path=source, remedy="remux the file without this track")


class _Pass:
    """An open source, all of its packets counted."""

    def __init__(self, source: Path, container: InputContainer, frame_index: CountBy) -> None:
        self.source = source
        self.streams = container.streams
        self.container = container
        self.frame_index = frame_index
        self.notes: list[str] = []
        self.index = index_packets(container)
        self.facts = read_facts(source)
        self.records = dolby_vision_records(source)

    def report(self, digest: str, *, sized: bool) -> Examined:
        """Return what was found; ``sized`` as `require_matroska` returns it."""
        pictures = [self._video(stream) for stream in self.streams.video if stream.index in self.index.video]
        video, times, dynamic = pictures[0]
        self._note_what_is_left_out(len(pictures), sized=sized)
        self.notes += self.facts.tracks.get(video.index, NO_FACTS).disagreements
        duration = self.container.duration
        info = SourceInfo(
            digest=digest,
            size=self.source.stat().st_size,
            container=self.facts.container,
            duration=None if duration is None else duration / MICROSECONDS,
            writer=self.facts.writer,
            tags=tracks.kept_tags(self.container.metadata),
            video=video,
            other_video=tuple(other for other, *_ in pictures[1:]),
            audio=self._audio(),
            subtitles=self._subtitles(),
            attachments=self._attachments(),
            chapters=tracks.chapters(self.container),
            notes=tuple(self.notes),
        )
        return Examined(info, times, self._keyframes(video.index), dynamic)

    def _keyframes(self, index: int) -> list[int]:
        """Return the times of the keyframes of video track ``index``, ascending, nanoseconds."""
        base = (self.streams[index].time_base or MILLISECOND) * NS
        return [round(tick * base) for tick in sorted(self.index.video[index].keyframes)]

    def _video(self, stream: VideoStream) -> tuple[VideoTrack, list[int], list[FrameMetadata]]:
        tally = self.index.video[stream.index]
        codec = stream.codec_context.codec.canonical_name
        ticks, counted = frame_times(self.source, stream.index, codec, tally, self.frame_index)
        if not ticks or tally.trial.first is None:
            problem = f"no frame of video track {stream.index} can be decoded"
            raise SourceError(problem, path=self.source, remedy="rip or copy it again")
        ascending = spread(ticks)
        if ascending != ticks:
            self.notes.append(f"video track {stream.index} has frames at equal times: moved apart by a tick")
        base = (stream.time_base or MILLISECOND) * NS
        times = [round(tick * base) for tick in ascending]
        dynamic = tally.dynamic.of(ticks, tally.times)
        facts = self._facts(stream)
        record = self.records.get(stream.index)
        track = tracks.video_track(stream, tally, facts, times, counted, describe(dynamic), record)
        return track, times, dynamic

    def _audio(self) -> tuple[AudioTrack, ...]:
        return tuple(
            tracks.audio_track(stream, self.index.audio[stream.index], self._facts(stream))
            for stream in self.streams.audio
        )

    def _subtitles(self) -> tuple[SubtitleTrack, ...]:
        return tuple(
            tracks.subtitle_track(stream, self.index.subtitles[stream.index], self._facts(stream))
            for stream in self.streams.subtitles
            if stream.codec_context is not None
        )

    def _attachments(self) -> tuple[Attachment, ...]:
        files = [tracks.attachment(stream) for stream in self.streams.attachments]
        covers = [
            tracks.cover(stream, self.index.covers) for stream in self.streams.video if is_cover(stream)
        ]
        return tuple(sorted([*files, *covers], key=lambda item: item.index))

    def _facts(self, stream: Stream) -> TrackFacts:
        return self.facts.tracks.get(stream.index, NO_FACTS)

    def _note_what_is_left_out(self, pictures: int, *, sized: bool) -> None:
        if not sized:
            self.notes.append(
                "the file has no size of its own, as a live recording: a missing end cannot be noticed"
            )
        if pictures > 1:
            self.notes.append(f"{pictures - 1} more video track(s): only the first is encoded")
        self.notes += oddities(self.source)
        for stream in self.streams:
            if stream.type == "data" or (stream.type == "subtitle" and stream.codec_context is None):
                self.notes.append(f"track {stream.index} is of a kind that ffmpeg does not know: left out")
