"""All that can be found out of a source in one pass over it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import av
from av import FFmpegError
from av.stream import Disposition

from drapto.engine.context import file_url
from drapto.errors import SourceError
from drapto.media import spare, tracks
from drapto.media.damage import cut_off_notes, listening, refuse_damaged
from drapto.media.film import Candidate, choose_film
from drapto.media.foreign import WEBVTT
from drapto.media.frame_count import MILLISECOND, count_frames, spread
from drapto.media.hdr.dynamic import describe
from drapto.media.hearing import unheard
from drapto.media.index import index_packets, is_cover
from drapto.media.matroska.additions import t35_additions
from drapto.media.matroska.codecs import foreign_codecs
from drapto.media.matroska.container import require_matroska
from drapto.media.matroska.ending import missing_end
from drapto.media.matroska.oddities import oddities, refuse_oddities
from drapto.media.matroska.pictures import PLAIN, track_heads
from drapto.media.matroska.records import dolby_vision_records
from drapto.media.mediainfo import TrackFacts, read_facts
from drapto.media.model import SourceInfo
from drapto.media.notes import (
    heard_notes,
    lost_notes,
    picture_notes,
    read_notes,
    return_notes,
    shape_notes,
    standing,
)
from drapto.media.passed_over import refuse_passed_over
from drapto.media.rate import NS
from drapto.media.restarts import refuse_restarted
from drapto.media.sidedata import refuse_told_twice
from drapto.media.texts import ANY_TEXT

if TYPE_CHECKING:
    from pathlib import Path

    from av.container import InputContainer
    from av.stream import Stream
    from av.video.stream import VideoStream

    from drapto.media.frame_count import CountBy
    from drapto.media.hdr.dynamic import FrameMetadata
    from drapto.media.matroska.pictures import TrackHead
    from drapto.media.matroska.unreadable import Problem
    from drapto.media.model import Attachment, AudioTrack, SubtitleTrack, VideoTrack
    from drapto.media.spare import UnreadableTracks
    from drapto.media.tally import Tally

MICROSECONDS = 1_000_000
NO_FACTS = TrackFacts()


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


def examine(
    source: Path,
    *,
    digest: str = "",
    frame_index: CountBy = "auto",
    unreadable_tracks: UnreadableTracks = "auto",
) -> Examined:
    """Return all that can be found out of ``source`` in one pass.

    Raises:
        SourceError: The source cannot be encoded.
    """
    sized = require_matroska(source)
    lacks = missing_end(source)
    whole_end = sized and lacks is None
    refuse_oddities(source)
    try:
        with listening() as said, av.open(file_url(source), format="matroska", **ANY_TEXT) as container:
            refuse_damaged(source, said, sized=whole_end)
            _refuse_unusable(source, container)
            unread = spare.unread(source, container)
            spare.refuse_unread(source, container, unread, unreadable_tracks)
            whole = _Pass(source, container, frame_index, unread)
            refuse_damaged(source, said, sized=whole_end)
            whole.notes += cut_off_notes(said, sized=sized)
            whole.notes += [f"{lacks}: the film is whole"] if lacks else []
            contexts = [one.codec_context for one in container.streams.audio]
            sounds = {one.codec.canonical_name for one in contexts if one is not None}
            refuse_passed_over(source, whole.index.watch, sounds)
            return whole.report(digest, unreadable_tracks, sized=sized)
    except FFmpegError as error:
        raise SourceError(
            f"is damaged ({error.strerror})", path=source, remedy="rip or copy it again"
        ) from error


def _refuse_unusable(source: Path, container: InputContainer) -> None:
    pictures = [stream for stream in container.streams.video if not is_cover(stream)]
    if not pictures:
        raise SourceError("has no video track", path=source, remedy="choose a file with a picture")
    if all(stream.codec_context is None for stream in pictures):
        problem = f"video track {pictures[0].index} has a codec that ffmpeg does not know"
        raise SourceError(problem, path=source, remedy="remux the file without this track")


class _Pass:
    """An open source, all of its packets counted."""

    def __init__(
        self,
        source: Path,
        container: InputContainer,
        frame_index: CountBy,
        unread: dict[int, Problem],
    ) -> None:
        self.source = source
        self.streams = container.streams
        self.container = container
        self.frame_index = frame_index
        self.notes: list[str] = []
        self.heads = track_heads(source)
        self.unread = unread
        crops = {index: head.crop for index, head in self.heads.items()}
        self.index = index_packets(container, crops, unread)
        self.facts = read_facts(source)
        self.records = dolby_vision_records(source)
        texts = [one for one in container.streams.subtitles if one.index not in unread]
        unknown = [one.index for one in texts if one.codec_context is None]
        self.foreign = foreign_codecs(source, unknown)

    def report(self, digest: str, unreadable_tracks: UnreadableTracks, *, sized: bool) -> Examined:
        """Return what was found; ``sized`` as `require_matroska` returns it.

        Raises:
            SourceError: Nothing of its sound, or of its picture, can be decoded.
        """
        self._note_what_is_left_out(sized=sized)
        film, *others = self._films()
        refuse_restarted(self.source, self.index.video[film.index].restart, film.time_base or MILLISECOND)
        refuse_told_twice(self.source, self.index.video[film.index].trial.first)
        video, times, dynamic = self._video(film, self.frame_index)
        self.notes += standing(self.facts.tracks.get(video.index, NO_FACTS).disagreements, video)
        self.notes += picture_notes(video)
        self.notes += lost_notes(self.index.video[video.index].dynamic.lost)
        audio = self._audio(unreadable_tracks)
        self.notes += [note for number, track in enumerate(audio) for note in heard_notes(number, track)]
        subtitles = self._subtitles()
        self.notes += [note for number, track in enumerate(subtitles) for note in read_notes(number, track)]
        duration = self.container.duration
        info = SourceInfo(
            digest=digest,
            size=self.source.stat().st_size,
            container=self.facts.container,
            duration=None if duration is None else duration / MICROSECONDS,
            writer=self.facts.writer,
            tags=tracks.kept_tags(self.container.metadata),
            video=video,
            other_video=tuple(self._video(other, "packets")[0] for other in others),
            audio=audio,
            subtitles=subtitles,
            attachments=self._attachments(),
            chapters=tracks.chapters(self.container),
            notes=tuple(self.notes),
        )
        return Examined(info, times, self._keyframes(video.index), dynamic)

    def _keyframes(self, index: int) -> list[int]:
        """Return the times of the keyframes of video track ``index``, ascending, nanoseconds.

        Where times go back, those after the first tell no place to cut at: frames of two places have them.
        """
        tally, base = self.index.video[index], self.streams[index].time_base or MILLISECOND
        ticks = sorted(tally.keyframes)[: 1 if return_notes(tally.returns, base) else None]
        return [round(tick * base * NS) for tick in ticks]

    def _films(self) -> list[VideoStream]:
        """Return the video tracks that have a frame, the film first."""
        streams = [stream for stream in self.streams.video if stream.index in self.index.video]
        film, notes = choose_film([self._candidate(stream) for stream in streams])
        if film is None:
            if any(self.index.video[stream.index].trial.first is not None for stream in streams):
                problem, remedy = "has a single picture and no film", "choose a file with a film"
            else:
                problem = f"no frame of video track {streams[0].index} can be decoded"
                remedy = "rip or copy it again"
            raise SourceError(problem, path=self.source, remedy=remedy)
        self.notes += notes
        tallies = self.index.video
        seen = [
            one
            for one in streams
            if one.index == film.index or (tallies[one.index].trial.first and tallies[one.index].times)
        ]
        return sorted(seen, key=lambda stream: (stream.index != film.index, stream.index))

    def _candidate(self, stream: VideoStream) -> Candidate:
        tally = self.index.video[stream.index]
        base = stream.time_base or MILLISECOND
        context = stream.codec_context
        return Candidate(
            index=stream.index,
            codec=context.codec.canonical_name,
            width=context.width,
            height=context.height,
            packets=tally.packets,
            length=float((tally.end - (tally.first or 0)) * base),
            default=Disposition.default in stream.disposition,
            enabled=self._head(stream).enabled,
            decodes=tally.trial.first is not None,
        )

    def _video(
        self, stream: VideoStream, count_by: CountBy
    ) -> tuple[VideoTrack, list[int], list[FrameMetadata]]:
        tally = self.index.video[stream.index]
        counted = count_frames(self.source, stream, tally, count_by)
        ticks = counted.times
        if not ticks:
            problem = f"no frame of video track {stream.index} can be decoded"
            raise SourceError(problem, path=self.source, remedy="rip or copy it again")
        ascending = spread(ticks)
        if ascending != ticks:
            self.notes.append(f"video track {stream.index} has frames at equal times: moved apart by a tick")
        base = (stream.time_base or MILLISECOND) * NS
        self.notes += return_notes(tally.returns, stream.time_base or MILLISECOND)
        times = [round(tick * base) for tick in ascending]
        beside = t35_additions(self.source, stream.index) if tally.dynamic.beside else {}
        dynamic = tally.dynamic.of(ticks, tally.times, beside)
        record = self.records.get(stream.index)
        about = tracks.Said(self._facts(stream), self._head(stream), describe(dynamic), record)
        track = tracks.video_track(stream, tally, times, counted, about)
        self.notes += shape_notes(about.head, counted.history.forms[0][1].sar, track)
        return track, times, dynamic

    def _audio(self, wish: UnreadableTracks) -> tuple[AudioTrack, ...]:
        read = [one for one in self.streams.audio if one.index not in self.unread]
        tallies = self.index.audio
        found = [
            tracks.audio_track(stream, tallies[stream.index], self._facts(stream))
            for stream in read
            if self._has_packets(stream, tallies[stream.index])
        ]
        silent = {one.index: unheard(self.source, one, tallies[one.index]) for one in read}
        problems = {index: problem for index, problem in silent.items() if problem is not None}
        spare.refuse_unread(self.source, self.container, {**problems, **self.unread}, wish)
        self.notes += spare.notes(problems)
        return tuple(track for track in found if track.index not in problems)

    def _subtitles(self) -> tuple[SubtitleTrack, ...]:
        return tuple(
            tracks.subtitle_track(
                stream,
                self.index.subtitles[stream.index],
                self._facts(stream),
                self.foreign.get(stream.index),
            )
            for stream in self.streams.subtitles
            if stream.index not in self.unread
            and (stream.codec_context is not None or stream.index in self.foreign)
            and self._has_packets(stream, self.index.subtitles[stream.index])
        )

    def _has_packets(self, stream: Stream, tally: Tally) -> bool:
        """Tell whether a track has any, and note it where it has none: there is nothing in it to keep."""
        if not tally.packets:
            codec = stream.codec_context
            kind = self.foreign[stream.index].id if codec is None else codec.codec.canonical_name
            named = f"{stream.type} track {stream.index} ({kind})"
            self.notes.append(f"{named} is empty: left out")
        return tally.packets > 0

    def _attachments(self) -> tuple[Attachment, ...]:
        files = [tracks.attachment(stream) for stream in self.streams.attachments]
        covers = [
            tracks.cover(stream, self.index.covers) for stream in self.streams.video if is_cover(stream)
        ]
        return tuple(sorted([*files, *covers], key=lambda item: item.index))

    def _facts(self, stream: Stream) -> TrackFacts:
        return self.facts.tracks.get(stream.index, NO_FACTS)

    def _head(self, stream: Stream) -> TrackHead:
        return self.heads.get(stream.index, PLAIN)

    def _note_what_is_left_out(self, *, sized: bool) -> None:
        if not sized:
            self.notes.append(
                "the file has no size of its own, as a live recording: a missing end cannot be noticed"
            )
        self.notes += [*oddities(self.source), *spare.notes(self.unread)]
        for stream in self.streams:
            if stream.index in self.foreign and self.foreign[stream.index].id != WEBVTT:
                kind = self.foreign[stream.index].id
                self.notes.append(
                    f"track {stream.index} ({kind}) is kept, though ffmpeg does not know its kind"
                )
            elif stream.type == "data" or self._is_lost(stream):
                self.notes.append(f"track {stream.index} is of a kind that ffmpeg does not know: left out")

    def _is_lost(self, stream: Stream) -> bool:
        unknown = stream.type in ("subtitle", "video") and stream.codec_context is None
        return unknown and stream.index not in {*self.foreign, *self.unread}
