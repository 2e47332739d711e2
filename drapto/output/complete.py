"""The finished file's head, completed from the source's own elements.

libavformat models some of Matroska: one title a chapter, tags without a target, no description of an
attached file. So ffmpeg is left to write packets alone; what stands before the clusters is replaced, in
place, by what the source has, as far as it holds for the new file.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import IO, TYPE_CHECKING

from drapto.about import VERSION
from drapto.errors import DISK_FULL, ArtifactError, ElementError, SpaceError
from drapto.media.matroska import ids
from drapto.media.matroska.ebml import Element, unsigned
from drapto.media.matroska.records import streams
from drapto.media.matroska.tree import LIMIT, Reader
from drapto.media.matroska.writing import replace_head
from drapto.media.model import AudioTrack, SubtitleTrack, VideoTrack
from drapto.output.entries import Picture, entry, overlays, unique_uids
from drapto.output.statistics import Statistics, measure, statistics_tag, whole_duration
from drapto.output.tags import kept_chapters, kept_tags

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from drapto.media.model import SourceInfo, Track

APP = f"drapto {VERSION}"

IN_FRONT = 16 << 20
"""Bytes of attached files from which on all of them go behind the cues."""

OF_A_TRACK = 1024
"""Bytes that a track's entry and its statistics have, names not counted."""

KINDS = {VideoTrack: 1, AudioTrack: 2, SubtitleTrack: 17}
"""RFC 9559, TrackType."""

UUID = 16
"""Bytes of a segment's UUID."""

KEPT_INFO = (ids.SEGMENT_UUID, ids.CHAPTER_TRANSLATE, ids.DATE_UTC, ids.TITLE)
"""What of the source's Info holds for the new file. It keeps the UUID, by which other files may name it, as
it takes the source's place, frame by frame. The links to a previous, a next, and a family of files do
not hold: these need not be where it is."""


@dataclass(frozen=True)
class Given:
    """The source's own elements.

    Attributes:
        reader: Where they were read; the attached files lie there.
        info, tracks, chapters, tags, attachments: None where it has none.
        defaults: Whether a track is to be the default, by stream index, where that is not as the source says.
    """

    reader: Reader | None = None
    info: Element | None = None
    tracks: Element | None = None
    chapters: Element | None = None
    tags: Element | None = None
    attachments: Element | None = None
    defaults: Mapping[int, bool] = field(default_factory=dict)

    @classmethod
    def read(cls, file: IO[bytes] | None, defaults: Mapping[int, bool] = MappingProxyType({})) -> Given:
        """Return the elements of a file that `drapto.output.elements` has written; nothing of none.

        Args:
            file: The file.
            defaults: As the attribute.

        Raises:
            ElementError: It is damaged.
        """
        if file is None:
            return cls()
        reader = Reader(file)
        return cls(
            reader,
            reader.first(ids.INFO),
            reader.first(ids.TRACKS),
            reader.first(ids.CHAPTERS),
            reader.first(ids.TAGS),
            reader.first(ids.ATTACHMENTS),
            defaults,
        )

    @property
    def uids(self) -> list[int]:
        """The UIDs of all its tracks, those without one left out."""
        entries = self.tracks.of(ids.TRACK_ENTRY) if self.tracks else []
        return [uid for one in entries if (uid := one.number(ids.TRACK_UID))]

    def encoded(self, info: SourceInfo) -> set[int]:
        """Return the UIDs of the tracks that are encoded anew."""
        entries = [self.entry_of(track) for track in (info.video, *info.audio)]
        return {one.number(ids.TRACK_UID) for one in entries if one is not None}

    def entry_of(self, track: Track) -> Element | None:
        """Return a track's entry; None where it does not come from the source's tracks."""
        found = streams(self.tracks).get(track.index)
        same = found is not None and found.number(ids.TRACK_TYPE) == KINDS.get(type(track))
        if found is None or not same or track.index not in self.defaults:
            return found if same else None
        flag = Element(ids.FLAG_DEFAULT, unsigned(self.defaults[track.index]))
        return Element(found.id, (*(one for one in found.parts if one.id != ids.FLAG_DEFAULT), flag))


def room(given: Given, tracks: int) -> int:
    """Return how many bytes ffmpeg is to leave before the clusters, for a file of so many tracks."""
    attached = given.attachments.length if given.attachments else 0
    others = (given.info, given.tracks, given.chapters, given.tags)
    known = sum(element.length for element in others if element is not None)
    return known + (attached if attached <= IN_FRONT else 0) + OF_A_TRACK * (tracks + 4)


def complete(path: Path, given: Given, info: SourceInfo, picture: Picture) -> None:
    """Replace the head of the file that ffmpeg wrote, in place.

    Args:
        path: The file; it is not yet a target's, and may be changed. Its tracks are the picture, then the
            audio tracks, then the subtitles of ``info``.
        given: The source's elements.
        info: The source.
        picture: What is known of the picture; its times are found here.

    Raises:
        ArtifactError: The file is not as ffmpeg writes it, or the elements cannot be read to their end.
        SpaceError: The disk is full.
    """
    found = measure(path)
    try:
        with path.open("r+b") as file:
            own = Reader(file, inline=LIMIT)
            replace_head(own, _head(own, given, info, picture, found), given.reader)
    except OSError as error:
        if error.errno in DISK_FULL:
            raise SpaceError("the disk is full", path=path, remedy="free some space") from error
        raise
    except ElementError as error:
        raise ArtifactError(f"has a head that cannot be completed ({error})", path=path) from error


def _head(
    own: Reader, given: Given, info: SourceInfo, picture: Picture, found: Sequence[Statistics]
) -> list[Element]:
    tracks = [info.video, *info.audio, *info.subtitles]
    written = own.first(ids.TRACKS) or Element(ids.TRACKS, ())
    entries = written.of(ids.TRACK_ENTRY)
    if not len(entries) == len(tracks) == len(found):
        raise ElementError(f"{len(entries)} tracks of {len(tracks)}")
    sources = [given.entry_of(track) for track in tracks]
    uids = unique_uids([one.number(ids.TRACK_UID) if one else None for one in sources], given.uids)
    gone = set(given.uids) - set(uids)
    timed = Picture(**{**vars(picture), "times": found[0].times})
    made = [
        entry(one, source, track, uid, timed if number == 0 else None)
        for number, (one, source, track, uid) in enumerate(zip(entries, sources, tracks, uids, strict=True))
    ]
    made = [
        Element(one.id, (*one.parts, *over)) for one, over in zip(made, overlays(sources, made), strict=True)
    ]
    about = _info(own.first(ids.INFO), given.info, whole_duration(found))
    date = about.find(ids.DATE_UTC)
    counted = [
        statistics_tag(uid, one, APP, date.value if date else None)
        for uid, one in zip(uids, found, strict=True)
    ]
    said = [picture.encoder.element(uids[0])] if picture.encoder else []
    kept = kept_tags(given.tags, gone, given.encoded(info))
    return [
        about,
        Element(ids.TRACKS, tuple(made)),
        kept_chapters(given.chapters, gone) or Element(ids.CHAPTERS, ()),
        Element(ids.TAGS, (*kept, *said, *counted)),
        _attachments(given.attachments),
    ]


def kept_info(source: Element) -> Element:
    """Return what of a source's Info holds for the new file; a UUID that is none is not kept."""
    return Element(ids.INFO, tuple(one for one in source.of(*KEPT_INFO) if _is_usable(one)))


def _is_usable(part: Element) -> bool:
    return part.id != ids.SEGMENT_UUID or (len(part.value) == UUID and any(part.value))


def _info(own: Element | None, source: Element | None, duration: float) -> Element:
    """Return the Info: the file's own times, and what of the source's holds."""
    ffmpegs = own.of(ids.TIMESTAMP_SCALE, ids.MUXING_APP) if own else []
    lasts = Element(ids.DURATION, struct.pack(">d", duration))
    kept = kept_info(source).parts if source else ()
    return Element(ids.INFO, (*ffmpegs, lasts, Element(ids.WRITING_APP, APP.encode()), *kept))


def _attachments(attachments: Element | None) -> Element:
    """Return the attached files, each by a UID of its own."""
    files = attachments.of(ids.ATTACHED_FILE) if attachments else []
    given = [one.number(ids.FILE_UID) for one in files]
    made = []
    for one, uid in zip(files, unique_uids(given, given), strict=True):
        kept = tuple(part for part in one.parts if part.id != ids.FILE_UID)
        made.append(Element(one.id, (*kept, Element(ids.FILE_UID, unsigned(uid)))))
    return Element(ids.ATTACHMENTS, tuple(made))
