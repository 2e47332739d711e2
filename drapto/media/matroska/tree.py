"""The elements of a Matroska file other than its clusters (RFC 9559, "Top-Level Elements"), as trees.

They may lie anywhere: before the clusters, behind them, between them, named by a SeekHead, by one that
another names, or by none. They are found without a look into a cluster of known size. A tree is read when it
is asked for; what it takes of memory is bounded whatever the file says, and long payloads stay in the file.
"""

from __future__ import annotations

import contextlib
from typing import IO, TYPE_CHECKING

from drapto.errors import ElementError
from drapto.media.matroska import ids
from drapto.media.matroska.ebml import (
    MOST_PLACES,
    Element,
    OversizedError,
    Place,
    Range,
    place_at,
    places,
    size_within,
)
from drapto.media.matroska.schema import MASTERS, SPECS, name_of
from drapto.words import size_text

if TYPE_CHECKING:
    from collections.abc import Iterator

GLOBAL_ELEMENTS = (ids.VOID, ids.CRC_32)
"""What may stand anywhere, and says nothing of the film."""

LIMIT = 16 << 20
"""Bytes of an element of the highest level but for attached files, and of all values taken into memory; sound
ones have some kilobytes, and some megabytes where a tag holds a picture."""

MOST_ELEMENTS = 100_000
"""Elements that are taken into memory of a file, 200 bytes each; a film with 1,000 chapters in 10 languages
has half of that."""

DEEPEST = 64
"""How deep elements may lie in one another: nested chapters and tags come to 10 or so."""

INLINE = 64 << 10
"""Bytes of a value from which on it stays in the file, unless the caller says otherwise."""

MOST_SEEK_HEADS = 64
MOST_TOP = 10_000
"""Elements of the highest level but for clusters; some writers begin a new Tags for each tag."""

SEARCHED = 64 << 10
"""Bytes behind the segment that are searched for the beginning of another file."""

TOP = (ids.SEEK_HEAD, ids.INFO, ids.TRACKS, ids.CHAPTERS, ids.TAGS, ids.ATTACHMENTS, ids.CUES)
"""The elements of the highest level but for the clusters."""


INTEGER = range(9)
WIDTHS: dict[str, range | tuple[int, ...]] = {
    "unsigned": INTEGER,
    "signed": INTEGER,
    "date": INTEGER,
    "float": (0, 4, 8),
}
"""How many bytes a number may have; who reads one later need not look."""


class Reader:
    """The first segment of a Matroska file.

    Attributes:
        file: The file.
        segment: Where the segment lies.
        top: Its elements of the highest level but for clusters and void, in the order of the file.
        clusters: Where its first cluster begins; None where there is none.
        named: Where those begin that a SeekHead names.
        another: Where another file begins behind the segment, or inside of one that does not say its size;
            None where none does.
    """

    def __init__(self, file: IO[bytes], *, inline: int = INLINE) -> None:
        """Find the elements of the highest level.

        Args:
            file: A Matroska file; it is not closed.
            inline: Bytes of the longest value that is taken into memory.

        Raises:
            ElementError: There is no segment.
        """
        self.file = file
        self.inline = inline
        self.clusters: int | None = None
        self.another: int | None = None
        self._elements, self._bytes = MOST_ELEMENTS, LIMIT
        self._size = file.seek(0, 2)
        self.segment = self._segment()
        self._found: dict[int, Place] = {}
        self.named: set[int] = set()
        self._discover()
        self.top = tuple(place for _, place in sorted(self._found.items()))

    def first(self, element: int) -> Element | None:
        """Return the first element of the highest level with this ID: what is repeated is a copy (RFC 9559).

        Raises:
            ElementError: It is damaged or too large.
        """
        place = self.place(element)
        return None if place is None else self.tree(place)

    def joined(self, element: int) -> Element | None:
        """Return all elements of the highest level with this ID as one, as readers take several Tags.

        Raises:
            ElementError: One is damaged, or all are too large.
        """
        trees = [self.tree(place) for place in self.top if place.id == element]
        parts = tuple(part for tree in trees for part in tree.parts)
        return Element(element, parts) if trees else None

    def place(self, element: int) -> Place | None:
        """Return where the first element of the highest level with this ID lies."""
        return next((place for place in self.top if place.id == element), None)

    def tree(self, place: Place) -> Element:
        """Return an element with all that is in it; void and checksums are left out.

        Raises:
            ElementError: It is damaged, or larger or deeper than a sound one.
        """
        if place.id != ids.ATTACHMENTS:
            size_within(place, LIMIT)
        return self._read(place, self.segment.end or self._size, DEEPEST)

    def payload(self, payload: Range | bytes) -> Iterator[bytes]:
        """Yield a value's bytes, some at a time.

        Raises:
            ElementError: The file ends before it does.
        """
        if isinstance(payload, bytes):
            yield payload
            return
        at = payload.start
        while at < payload.end:
            self.file.seek(at)
            data = self.file.read(min(payload.end - at, 1 << 20))
            if not data:
                raise ElementError("the file ends inside an element")
            yield data
            at += len(data)

    def _read(self, place: Place, parent_end: int, depth: int) -> Element:
        self._elements -= 1
        if self._elements < 0:
            raise OversizedError(f"of more than {MOST_ELEMENTS} elements")
        if place.end is None:
            raise ElementError(f"{name_of(place.id)} does not say its size")
        if place.end > min(parent_end, self._size):
            raise ElementError(f"{name_of(place.id)} is longer than its parent")
        if place.id in MASTERS:
            if depth == 0:
                raise ElementError(f"elements lie more than {DEEPEST} deep in one another")
            parts = tuple(
                self._read(part, place.end, depth - 1)
                for part in places(self.file, place.start, place.end)
                if part.id not in GLOBAL_ELEMENTS
            )
            return Element(place.id, parts)
        size = place.end - place.start
        spec = SPECS.get(place.id)
        if spec is not None and size not in WIDTHS.get(spec.kind, (size,)):
            raise ElementError(f"{name_of(place.id)} has {size} bytes")
        if size > self.inline or place.id == ids.FILE_DATA:
            return Element(place.id, Range(place.start, place.end))
        self._bytes -= size
        if self._bytes < 0:
            raise OversizedError(f"of more than {size_text(LIMIT)}")
        return Element(place.id, b"".join(self.payload(Range(place.start, place.end))))

    def _segment(self) -> Place:
        for place in places(self.file, 0, None):
            if place.id == ids.SEGMENT:
                return place
            if place.id not in (ids.EBML, *GLOBAL_ELEMENTS):
                break
        raise ElementError("no Matroska segment")

    def _discover(self) -> None:
        """Find the elements of the highest level; what a damaged place hides is not found."""
        with contextlib.suppress(ElementError):
            self._walk(self.segment.start, up_to_cluster=True)
        self._follow_seek_heads()
        start = self._last_cued_cluster() or self.clusters
        if start is not None:
            with contextlib.suppress(ElementError):
                self._walk(start)
        if self.another is None and self.segment.end is not None:
            self.another = self._beyond(self.segment.end)

    def _walk(self, at: int, *, up_to_cluster: bool = False) -> None:
        """Note what lies on the highest level from ``at`` on; a cluster of unknown size is walked through."""
        end = self._size if self.segment.end is None else min(self.segment.end, self._size)
        for _ in range(MOST_PLACES):
            place = place_at(self.file, at) if at < end else None
            if place is None:
                return
            if place.id in (ids.EBML, ids.SEGMENT):
                self.another = at
                return
            if place.id == ids.CLUSTER:
                if self.clusters is None:
                    self.clusters = at
                if up_to_cluster:
                    return
            elif place.id in TOP:
                if len(self._found) == MOST_TOP:
                    return
                self._found[at] = place
            if place.end is None and place.id != ids.CLUSTER:
                return
            at = place.start if place.end is None else place.end

    def _follow_seek_heads(self) -> None:
        """Note what the SeekHeads name, further SeekHeads among it (RFC 9559, "SeekHead")."""
        waiting = [place for place in self._found.values() if place.id == ids.SEEK_HEAD]
        for place in waiting:  # grows as it goes
            if len(waiting) > MOST_SEEK_HEADS:
                return
            with contextlib.suppress(ElementError):
                for seek in self.tree(place).of(ids.SEEK):
                    named = self._named(seek)
                    if named is None:
                        continue
                    self.named.add(named.at)
                    if named.at not in self._found:
                        self._found[named.at] = named
                        waiting += [named] if named.id == ids.SEEK_HEAD else []

    def _named(self, seek: Element) -> Place | None:
        """Return the element that an entry of a SeekHead names, where it is there."""
        element = seek.number(ids.SEEK_ID)
        at = self.segment.start + seek.number(ids.SEEK_POSITION)
        end = self._size if self.segment.end is None else min(self.segment.end, self._size)
        if element not in TOP or at >= end:
            return None
        place = place_at(self.file, at)
        fits = place is not None and place.id == element and place.end is not None and place.end <= end
        return place if fits else None

    def _last_cued_cluster(self) -> int | None:
        """Return where the last cluster begins that the Cues name: what lies behind it is near the end."""
        cues = next((place for place in self._found.values() if place.id == ids.CUES), None)
        if cues is None or self.clusters is None:
            return None
        with contextlib.suppress(ElementError):
            last = None
            for place in places(self.file, cues.start, cues.end):
                last = place if place.id == ids.CUE_POINT else last
            for position in self.tree(last).of(ids.CUE_TRACK_POSITIONS) if last else ():
                at = self.segment.start + position.number(ids.CUE_CLUSTER_POSITION)
                cluster = place_at(self.file, at)
                if cluster is not None and cluster.id == ids.CLUSTER and at > self.clusters:
                    return at
        return None

    def _beyond(self, end: int) -> int | None:
        """Return where another file begins behind the segment."""
        with contextlib.suppress(ElementError):
            for place in places(self.file, end, None):
                if place.id in (ids.EBML, ids.SEGMENT):
                    return place.at
                if place.id not in GLOBAL_ELEMENTS:
                    break
        self.file.seek(end)
        found = self.file.read(SEARCHED).find(ids.EBML.to_bytes(4, "big"))
        return None if found < 0 else end + found
