"""Tags and chapters of a source, as they hold for the finished file: what is gone of it is named no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from drapto.media.matroska import ids
from drapto.media.matroska.ebml import Element, integer, unsigned
from drapto.media.model import is_statistics_tag

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

ENCODER = "ENCODER"
ENCODER_SETTINGS = "ENCODER_SETTINGS"


class EncoderTag(NamedTuple):
    """What a finished file says of how its picture was made, by the names of Matroska's tags.

    Attributes:
        encoder: drapto and SVT-AV1, with their versions.
        settings: What they were asked, and what was measured, joined by ``/``.
    """

    encoder: str
    settings: str

    def element(self, uid: int) -> Element:
        """Return the tag of the track ``uid``."""
        targets = Element(ids.TARGETS, (Element(ids.TAG_TRACK_UID, unsigned(uid)),))
        named = ((ENCODER, self.encoder), (ENCODER_SETTINGS, self.settings))
        return Element(ids.TAG, (targets, *(_simple(name, value) for name, value in named)))


class Said(NamedTuple):
    """What a finished file says of itself that its source does not.

    Attributes:
        encoder: How its picture was made; None says nothing of it.
        defaults: Whether players take a track by default, by its stream index in the source, where not
            as there.
    """

    encoder: EncoderTag | None = None
    defaults: Mapping[int, bool] = {}


NOTHING_SAID = Said()


def _simple(name: str, value: str) -> Element:
    parts = (Element(ids.TAG_NAME, name.encode()), Element(ids.TAG_STRING, value.encode()))
    return Element(ids.SIMPLE_TAG, parts)


def is_encoder_tag(tag: Element) -> bool:
    """Tell whether a tag is one that `EncoderTag` writes."""
    simple = {part.text(ids.TAG_NAME): part.text(ids.TAG_STRING) for part in tag.of(ids.SIMPLE_TAG)}
    return set(simple) == {ENCODER, ENCODER_SETTINGS} and simple[ENCODER].startswith("drapto ")


def kept_tags(tags: Element | None, gone: Collection[int], encoded: Collection[int]) -> Iterator[Element]:
    """Yield the tags that hold for a file without some tracks, and with others encoded anew.

    A track's statistics would be false, and so would be which encoder made it, where it is another now.

    Args:
        tags: The source's Tags.
        gone: UIDs of its tracks that the file has not got.
        encoded: UIDs of its tracks that are encoded anew.

    Raises:
        ElementError: A target's UID is none.
    """
    for tag in () if tags is None else tags.parts:
        targets = tag.find(ids.TARGETS)
        tracks = [uid for uid in targets.numbers(ids.TAG_TRACK_UID) if uid] if targets else []
        if tag.id != ids.TAG or not tracks:
            yield tag
        elif not all(uid in gone for uid in tracks):
            made = any(uid in encoded for uid in tracks)
            parts = tuple(
                _without(part, ids.TAG_TRACK_UID, gone) if part.id == ids.TARGETS else part
                for part in tag.parts
                if part.id != ids.SIMPLE_TAG or not _is_false(part.text(ids.TAG_NAME), encoded=made)
            )
            left = [part for part in parts if part.id == ids.SIMPLE_TAG]
            if left or not tag.of(ids.SIMPLE_TAG):
                yield Element(tag.id, parts)


def is_statistics(tag: Element) -> bool:
    """Tell whether a tag states a track's statistics and nothing else."""
    targets = tag.find(ids.TARGETS)
    names = [part.text(ids.TAG_NAME) for part in tag.of(ids.SIMPLE_TAG)]
    of_track = targets is not None and targets.find(ids.TAG_TRACK_UID) is not None
    return of_track and bool(names) and all(is_statistics_tag(name) for name in names)


def kept_chapters(chapters: Element | None, gone: Collection[int]) -> Element | None:
    """Return chapters that name no track which the file has not got.

    Raises:
        ElementError: A track's UID is none.
    """
    return None if chapters is None else _kept(chapters, gone)


def _kept(element: Element, gone: Collection[int]) -> Element:
    if element.id == ids.CHAPTER_TRACK:
        return _without(element, ids.CHAPTER_TRACK_UID, gone)
    if isinstance(element.content, tuple):
        parts = (_kept(part, gone) for part in element.content)
        # a chapter's list of tracks names one at least
        kept = tuple(part for part in parts if part.id != ids.CHAPTER_TRACK or part.parts)
        return Element(element.id, kept)
    return element


def _without(element: Element, uid: int, gone: Collection[int]) -> Element:
    kept = (part for part in element.parts if part.id != uid or integer(part.value) not in gone)
    return Element(element.id, tuple(kept))


def _is_false(name: str, *, encoded: bool) -> bool:
    """Tell whether a track's tag of this name does not hold for the finished file."""
    if name.upper() in (ENCODER, ENCODER_SETTINGS):
        return encoded
    return is_statistics_tag(name)
