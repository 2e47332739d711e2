"""A source's own elements, as they are of a part of it: its duration, its chapters, its tags."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from drapto.media.matroska import ids
from drapto.media.matroska.ebml import Element, integer, unsigned
from drapto.media.model import is_statistics_tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FOREVER = 1 << 62


def lasting(info: Element, ticks: float) -> Element:
    """Return an Info whose Duration is ``ticks``."""
    others = tuple(part for part in info.parts if part.id != ids.DURATION)
    return Element(info.id, (*others, Element(ids.DURATION, struct.pack(">d", ticks))))


def chapters_within(chapters: Element, since: int, until: int | None) -> Element | None:
    """Return the chapters that are on at some time from ``since`` to ``until``, their times from there.

    One that has begun before begins at 0; one that goes on behind it ends at its end.

    Args:
        chapters: All of them.
        since: When the part begins, nanoseconds.
        until: When it ends; None: with the source.
    """
    last = FOREVER if until is None else until
    editions = [
        Element(edition.id, _atoms(edition, since, last, last)) for edition in chapters.of(ids.EDITION_ENTRY)
    ]
    with_some = tuple(one for one in editions if one.find(ids.CHAPTER_ATOM) is not None)
    return Element(chapters.id, with_some) if with_some else None


def _atoms(parent: Element, since: int, last: int, end: int) -> tuple[Element, ...]:
    """Return an element's parts, its chapters among them as they are in the part; it ends at ``end``."""
    starts = sorted(_start(atom) for atom in parent.of(ids.CHAPTER_ATOM))
    parts: list[Element] = []
    for part in parent.parts:
        if part.id != ids.CHAPTER_ATOM:
            parts.append(part)
            continue
        start = _start(part)
        following = next((one for one in starts if one > start), end)
        own = part.find(ids.CHAPTER_TIME_END)
        finish = integer(own.value) if own is not None else min(following, end)
        if start < last and (finish > since or start >= since):
            parts.append(Element(part.id, tuple(_moved(_atoms(part, since, last, finish), since, last))))
    return tuple(parts)


def _start(atom: Element) -> int:
    return atom.number(ids.CHAPTER_TIME_START)


def _moved(parts: Iterable[Element], since: int, last: int) -> Iterator[Element]:
    for part in parts:
        if part.id in (ids.CHAPTER_TIME_START, ids.CHAPTER_TIME_END):
            yield Element(part.id, unsigned(max(0, min(integer(part.value), last) - since)))
        else:
            yield part


def tags_within(tags: Element, chapters: Element | None) -> Element | None:
    """Return the tags without those of chapters that are not in the part, and without what counts the whole.

    Args:
        tags: All of them.
        chapters: The chapters of the part.
    """
    known = {0, *_uids(chapters)} if chapters else {0}
    kept = []
    for tag in tags.of(ids.TAG):
        targets = tag.find(ids.TARGETS)
        wanted = targets.numbers(ids.TAG_CHAPTER_UID) if targets else []
        if wanted and not known.intersection(wanted):
            continue
        parts = tuple(part for part in tag.parts if not _counts(part))
        if any(part.id == ids.SIMPLE_TAG for part in parts):
            kept.append(Element(tag.id, parts))
    return Element(tags.id, tuple(kept)) if kept else None


def _counts(part: Element) -> bool:
    return part.id == ids.SIMPLE_TAG and is_statistics_tag(part.text(ids.TAG_NAME))


def _uids(parent: Element) -> Iterator[int]:
    for part in parent.parts:
        if part.id == ids.CHAPTER_UID:
            yield integer(part.value)
        elif part.parts:
            yield from _uids(part)
