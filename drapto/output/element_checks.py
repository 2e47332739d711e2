"""The source's own elements, held against those of the finished file."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from drapto.errors import ElementError
from drapto.media.matroska import ids
from drapto.media.matroska.compare import NOTHING, Difference, differences, digested
from drapto.media.matroska.ebml import Element, unsigned
from drapto.output.complete import KEPT_INFO, Given, kept_info
from drapto.output.entries import describing, overlays
from drapto.output.judging import exact, noted
from drapto.output.tags import is_encoder_tag, is_statistics, kept_chapters, kept_tags

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from drapto.media.model import SourceInfo
    from drapto.output.model import Check, Severity

NAME = "elements"
"""What the checks are called, followed by the place of the element that differs."""

FOREIGN = (ids.PREV_UUID, ids.NEXT_UUID, ids.PREV_FILENAME, ids.NEXT_FILENAME, ids.SEGMENT_FAMILY)
"""What would name a file that need not be where the finished one is."""


def check_elements(
    elements: Path, muxed: Path, info: SourceInfo, defaults: Mapping[int, bool] = MappingProxyType({})
) -> list[Check]:
    """Return a check for each element of the finished file that is not as in the source; one where none is.

    Args:
        elements: What `drapto.output.elements` copied out of the source.
        muxed: The finished file.
        info: The source.
        defaults: Whether a track is the default, by stream index, where that is not as the source says.
    """
    try:
        with elements.open("rb") as given, muxed.open("rb") as made:
            found = differing(Given.read(given, defaults), Given.read(made), info)
    except (OSError, ElementError) as error:
        found = [Difference("Segment", "readable", str(error))]
    if not found:
        return [noted(NAME, "as in the source", "as in the source")]
    return [exact(f"{NAME}: {one.path}", one.expected, one.found, _severity(one.path)) for one in found]


MISSED = re.compile(
    r"Attachments(/AttachedFile( \d+)?(/FileData)?)?"
    r"|Chapters(/EditionEntry( \d+)?)?(/ChapterAtom( \d+)?)*(/ChapterTimeStart)?"
)
"""What a viewer misses: an attached file, or a chapter, that is gone or another."""


def _severity(path: str) -> Severity:
    return "broken" if MISSED.fullmatch(path) else "differs"


def differing(source: Given, output: Given, info: SourceInfo) -> list[Difference]:
    """Return where the elements of the finished file differ from what the source has for it.

    Raises:
        ElementError: A number in them is none, or an attached file cannot be read to its end.
    """
    gone = set(source.uids) - set(output.uids)
    tags = _plain(kept_tags(source.tags, gone, source.encoded(info)))
    kept = _plain(output.tags.parts if output.tags else ())
    return [
        *differences(
            # a source without one says as much as one with an empty one
            kept_info(source.info) if source.info else Element(ids.INFO, ()),
            _only(output.info, (*KEPT_INFO, *FOREIGN)),
        ),
        *_tracks(source, output, info),
        *differences(_some(kept_chapters(source.chapters, gone)), output.chapters),
        *differences(tags, kept),
        *differences(_some(_digests(source)), _digests(output), ignored=_ambiguous(source.attachments)),
    ]


def _tracks(source: Given, output: Given, info: SourceInfo) -> Iterator[Difference]:
    entries = output.tracks.of(ids.TRACK_ENTRY) if output.tracks else []
    pairs = list(zip([info.video, *info.audio, *info.subtitles], entries, strict=False))
    sources = [source.entry_of(track) for track, _ in pairs]
    over = overlays(sources, [entry for _, entry in pairs])
    for number, ((track, entry), given) in enumerate(zip(pairs, sources, strict=True), 1):
        name = f"Tracks/TrackEntry {number}"
        if given is not None:
            told = Element(given.id, (*given.of(*describing(track)), *over[number - 1]))
            compared = differences(told, _only(entry, (*describing(track), ids.TRACK_OVERLAY)))
            yield from (one._replace(path=one.path.replace("TrackEntry", name, 1)) for one in compared)
            if track is not info.video:
                yield from _stereo(name, given, entry)
            elif info.video.views == 1:  # of two eyes, one is kept
                yield from _stereo(name, _with_mode(given, info.video.stereo_mode), entry)
        for crop in (entry.find(ids.VIDEO) or entry).of(*ids.PIXEL_CROP):
            yield Difference(f"{name}/Video/PixelCrop", NOTHING, str(int.from_bytes(crop.value, "big")))


def _with_mode(entry: Element, mode: int | None) -> Element:
    """Return the picture's entry with the StereoMode that only its stream tells."""
    video = entry.find(ids.VIDEO)
    if not mode or video is None or video.number(ids.STEREO_MODE) == mode:
        return entry
    told = Element(ids.STEREO_MODE, unsigned(mode))
    rest = [part for part in video.parts if part.id != ids.STEREO_MODE]
    return Element(entry.id, (Element(video.id, (*rest, told)),))


def _stereo(name: str, source: Element, output: Element) -> Iterator[Difference]:
    pair = [_only(one.find(ids.VIDEO), (ids.STEREO_MODE,)) for one in (source, output)]
    for one in differences(*pair):
        yield one._replace(path=f"{name}/{one.path}")


def _plain(tags: Sequence[Element] | Iterator[Element]) -> Element:
    """Return tags without the statistics of tracks, and without what drapto says of how it made one."""
    return Element(ids.TAGS, tuple(tag for tag in tags if not (is_statistics(tag) or is_encoder_tag(tag))))


def _only(element: Element | None, kept: Sequence[int]) -> Element | None:
    return None if element is None else Element(element.id, tuple(element.of(*kept)))


def _some(element: Element | None) -> Element | None:
    """Return an element; None for one with nothing in it, which is not written."""
    return element if element is not None and element.parts else None


def _digests(given: Given) -> Element | None:
    return None if given.reader is None else digested(given.attachments, given.reader)


def _ambiguous(attachments: Element | None) -> tuple[int, ...]:
    """Return what of attached files may differ: their UIDs, where these are no UIDs."""
    uids = [one.number(ids.FILE_UID) for one in attachments.of(ids.ATTACHED_FILE)] if attachments else []
    return () if all(uids) and len(set(uids)) == len(uids) else (ids.FILE_UID,)
