"""What a source's own elements say that a user should know: refused, or noted in a line each.

libavformat says none of it: it plays two files in one as one, shows the chapters of all editions as one list,
and knows nothing of other files that a player would go on with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.errors import ElementError, SourceError
from drapto.media.matroska import ids
from drapto.media.matroska.container import REMUX
from drapto.media.matroska.ebml import Element, place_at, real
from drapto.media.matroska.records import is_stream
from drapto.media.matroska.schema import name_of
from drapto.media.matroska.tree import GLOBAL_ELEMENTS, LIMIT, TOP, Reader
from drapto.media.matroska.unreadable import codec_of, unreadable
from drapto.words import time_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from drapto.media.matroska.ebml import Place

NS = 1_000_000_000

FINEST, COARSEST = 1000, NS
"""Nanoseconds of a tick that a film may have. mkvmerge writes none finer than 1000: the blocks of a cluster
lie within 32767 ticks of it (RFC 9559, "Block Structure"): each frame would have a cluster of its own."""

USUAL = 1_000_000
"""Nanoseconds of a tick where nothing says (RFC 9559, "TimestampScale")."""

MOST_BLOCKS = 1000
"""Of a cluster that are looked at: most have less, in five seconds."""

BESIDE = (ids.CHAPTERS, ids.TAGS, ids.ATTACHMENTS)
"""What a film can do without."""

LINKS = (ids.PREV_UUID, ids.NEXT_UUID)


def refuse_oddities(source: Path) -> None:
    """Refuse what would come out as something else.

    Raises:
        SourceError: Another file begins inside of it, its times cannot be, or a track is not read as it is.
    """
    try:
        with source.open("rb") as file:
            reader = Reader(file)
            info = reader.first(ids.INFO)
            scale = info.number(ids.TIMESTAMP_SCALE) if info else 0
            late = _tells_time_late(reader)
            problem = next(unreadable(reader), None)
    except (OSError, ElementError):
        return  # said by what reads the rest of it
    if reader.another is not None:
        raise SourceError(
            f"has another Matroska file behind the first, from byte {reader.another} on",
            path=source,
            remedy=f"part them (`head -c {reader.another} FILE > first.mkv`, "
            f"`tail -c +{reader.another + 1} FILE > second.mkv`), or join them with mkvmerge",
        )
    tracks = reader.place(ids.TRACKS)
    hidden = tracks is not None and reader.clusters is not None and tracks.at > reader.clusters
    if tracks is not None and hidden and tracks.at not in reader.named:
        raise SourceError(
            "has its list of tracks behind the picture, and nothing in its head names the place",
            path=source,
            remedy=REMUX,
        )
    facts = reader.place(ids.INFO)
    late_facts = facts is not None and reader.clusters is not None and facts.at > reader.clusters
    if facts is not None and late_facts and scale not in (0, USUAL) and facts.at not in reader.named:
        raise SourceError(
            f"says behind the picture that its ticks last {scale} ns, and nothing in its head names the "
            "place: ffmpeg takes them for a millisecond",
            path=source,
            remedy=REMUX,
        )
    if problem is not None:
        raise SourceError(problem.text, path=source, remedy=problem.remedy)
    if late:
        raise SourceError(
            "has clusters that say their time behind their blocks, and ffmpeg takes these for earlier ones",
            path=source,
            remedy=REMUX,
        )
    # libavformat takes none, or 0, for the default
    if scale and not FINEST <= scale <= COARSEST:
        raise SourceError(
            f"has a damaged head: its TimestampScale would be {scale} ns",
            path=source,
            remedy="rip or copy it again",
        )


def _tells_time_late(reader: Reader) -> bool:
    """Tell whether the first cluster says its time behind a block: it has to come first."""
    if reader.clusters is None:
        return False
    try:
        cluster = place_at(reader.file, reader.clusters)
        at, blocks = cluster.start if cluster else 0, 0
        while cluster is not None and blocks < MOST_BLOCKS and (cluster.end is None or at < cluster.end):
            part = place_at(reader.file, at)
            if part is None or part.end is None or part.id == ids.CLUSTER:
                return False
            if part.id == ids.CLUSTER_TIMESTAMP:
                return blocks > 0
            blocks += part.id in (ids.SIMPLE_BLOCK, ids.BLOCK_GROUP)
            at = part.end
    except ElementError:
        pass  # said by what reads the packets
    return False


def beside_the_film(source: Path) -> list[range]:
    """Return where chapters, tags and attached files lie of which damage is no harm, bytes.

    They lie behind the clusters: where it meets damage before, libavformat loses what follows. One behind
    which something else begins than an element does not say its true size, and is not among them either.
    """
    try:
        with source.open("rb") as file:
            reader = Reader(file)
            places = [place for place in reader.top if place.id in BESIDE and _is_harmless(reader, place)]
    except (OSError, ElementError):
        return []
    return [range(place.at, place.end) for place in places if place.end is not None]


def _is_harmless(reader: Reader, place: Place) -> bool:
    if reader.clusters is None or place.at < reader.clusters:
        return False
    if place.end is None or (place.id != ids.ATTACHMENTS and place.end - place.start > LIMIT):
        return False
    try:
        behind = place_at(reader.file, place.end)
    except ElementError:
        return False
    return behind is None or behind.id in (*TOP, ids.CLUSTER, *GLOBAL_ELEMENTS)


def oddities(source: Path) -> list[str]:
    """Return what a user should know of a source's elements, a line each."""
    try:
        with source.open("rb") as file:
            return list(_noted(Reader(file)))
    except (OSError, ElementError):
        return []


def _noted(reader: Reader) -> Iterator[str]:
    found = {}
    try:
        tracks = reader.first(ids.TRACKS)
    except ElementError:
        tracks = None  # said by what reads the tracks
    yield from _tracks_of_no_stream(tracks)
    yield from _made_of_others(tracks)
    for element in (ids.INFO, ids.CHAPTERS, ids.TAGS, ids.ATTACHMENTS):
        try:
            found[element] = reader.first(element) if element == ids.INFO else reader.joined(element)
        except ElementError as error:
            yield f"its {name_of(element)} cannot be read ({error}): left out"
    info = found.get(ids.INFO) or Element(ids.INFO, ())
    yield from _links(info)
    chapters = found.get(ids.CHAPTERS)
    if chapters is not None:
        yield from editions(chapters, info)


def _tracks_of_no_stream(tracks: Element | None) -> Iterator[str]:
    """Note the tracks that libavformat passes over: a DVD's buttons, a logo, a control track."""
    for entry in () if tracks is None else tracks.of(ids.TRACK_ENTRY):
        if is_stream(entry):
            continue
        yield f"track number {entry.number(ids.TRACK_NUMBER)} ({codec_of(entry)}) holds no film: left out"


def _made_of_others(tracks: Element | None) -> Iterator[str]:
    """Note the tracks that are put together of others (RFC 9559, "TrackOperation")."""
    for entry in () if tracks is None else tracks.of(ids.TRACK_ENTRY):
        if entry.find(ids.TRACK_OPERATION) is not None:
            number = entry.number(ids.TRACK_NUMBER)
            yield f"track number {number} is put together of others (TrackOperation): that is not kept"


def _links(info: Element) -> Iterator[str]:
    """Note the files that a player would play before and after this one (RFC 9559, "Hard Linking")."""
    for word, link in zip(("previous", "next"), LINKS, strict=True):
        for one in info.of(link):
            yield f"it is linked to a {word} file, segment {one.value.hex()}: the link is not kept"
    if info.of(ids.SEGMENT_FAMILY):
        families = ", ".join(one.value.hex() for one in info.of(ids.SEGMENT_FAMILY))
        yield f"it belongs to a family of files, {families}: that is not kept"


def editions(chapters: Element, info: Element) -> Iterator[str]:
    """Note the editions of which players show other than the whole film (RFC 9559, "Ordered-Edition").

    All frames are encoded and all editions kept, so that a player shows of the output what it shows of the
    source. What an edition takes from another file is shown where that file is found beside the output.
    """
    whole = _seconds(info)
    found = chapters.of(ids.EDITION_ENTRY)
    for number, edition in enumerate(found, 1):
        try:
            ordered = edition.number(ids.EDITION_FLAG_ORDERED)
            played, elsewhere = _played(edition, info)
            default = edition.number(ids.EDITION_FLAG_DEFAULT) or (number == 1 and not _default(found))
        except ElementError:
            continue
        if not ordered and not elsewhere:
            continue
        name = f"edition {number} of {len(found)}" + (", the default," if default else "")
        shown = sum(end - start for start, end in played)
        spans = ", ".join(f"{time_text(start)}-{time_text(end)}" for start, end in played[:4])
        more = f" and {len(played) - 4} more" if len(played) > 4 else ""  # noqa: PLR2004
        of = f" of {whole:.1f} s" if whole else ""
        kind = "is ordered" if ordered else "names another file"
        text = f"{name} {kind}: players show {shown:.1f} s{of} of this file ({spans or 'nothing'}{more})"
        for uuid, seconds in elsewhere.items():
            text += f", and {seconds:.1f} s of another one, segment {uuid}, where they find that beside it"
        yield f"{text}; all frames and all editions are kept"


def _default(found: list[Element]) -> bool:
    return any(edition.number(ids.EDITION_FLAG_DEFAULT) for edition in found)


def _played(edition: Element, info: Element) -> tuple[list[tuple[float, float]], dict[str, float]]:
    """Return what an edition plays of this file, seconds, and how many seconds of which others."""
    own = {one.value for one in info.of(ids.SEGMENT_UUID)}
    played: list[tuple[float, float]] = []
    elsewhere: dict[str, float] = {}
    for chapter in edition.of(ids.CHAPTER_ATOM):
        if not chapter.number(ids.CHAPTER_FLAG_ENABLED, 1):
            continue
        start, end = chapter.number(ids.CHAPTER_TIME_START), chapter.number(ids.CHAPTER_TIME_END)
        span = (start / NS, max(start, end) / NS)
        other = chapter.find(ids.CHAPTER_SEGMENT_UUID)
        if other is None or other.value in own:
            played.append(span)
        else:
            uuid = other.value.hex()
            elsewhere[uuid] = elsewhere.get(uuid, 0.0) + span[1] - span[0]
    return played, elsewhere


def _seconds(info: Element) -> float:
    duration = info.find(ids.DURATION)
    scale = info.number(ids.TIMESTAMP_SCALE, 1_000_000)
    return real(duration.value) * scale / NS if duration else 0.0
