"""Is this a whole Matroska file, and where are its tracks? Asked of its head alone (RFC 8794, RFC 9559)."""

from __future__ import annotations

import contextlib
from typing import IO, TYPE_CHECKING

from drapto.errors import ElementError, SourceError
from drapto.media.matroska import ids
from drapto.media.matroska.ebml import (
    ID_WIDTH,
    SIZE_WIDTH,
    OversizedError,
    content,
    elements,
    places,
    size_within,
)
from drapto.media.matroska.ending import missing_end
from drapto.media.matroska.tree import GLOBAL_ELEMENTS, LIMIT

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.media.matroska.ebml import Place

EBML_HEADER_LIMIT = 64 << 10
"""Bytes that the EBML header has at most; a sound one has 40."""

DOC_TYPES = ("matroska", "webm")
EBML_HEAD = ids.EBML.to_bytes(4, "big")

BEFORE = 1 << 20
"""Bytes among which a file is looked for that something else was put in front of."""

HEAD = 512
"""Bytes that tell the usual wrong files apart."""

REMUX = "remux it, for instance with `mkvmerge -o new.mkv FILE`"


def require_matroska(source: Path) -> bool:
    """Refuse what is not a whole Matroska file.

    Returns:
        Whether the segment says its size, so that a cut would have been noticed. A live recording does not.

    Raises:
        SourceError: Missing, unreadable, empty, another format, or cut short.
    """
    try:
        with source.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(0)
            return _check(file, size, source)
    except FileNotFoundError as error:
        raise SourceError("does not exist", path=source, remedy="check the name") from error
    except PermissionError as error:
        raise SourceError(
            "may not be read", path=source, remedy="give yourself permission to read it"
        ) from error
    except OSError as error:
        raise SourceError(
            f"cannot be read ({error.strerror})", path=source, remedy="check the disk"
        ) from error


def oversized(source: Path, what: str, error: OversizedError) -> SourceError:
    """Return how to say that ``what`` of a source, such as "its EBML header", has a size that cannot be."""
    return SourceError(
        f"has a damaged head: {what} would be {error}", path=source, remedy="rip or copy it again"
    )


def _check(file: IO[bytes], size: int, source: Path) -> bool:
    if size == 0:
        raise SourceError("is empty", path=source, remedy="rip or copy it again")
    head = file.read(HEAD)
    if not head.startswith(EBML_HEAD):
        _refuse_what_lies_before(file, source)
        raise SourceError(f"is not Matroska but {_kind(head)}", path=source, remedy=REMUX)
    segment = _segment(file, source)
    try:
        missing_end(source)
    except ElementError as error:
        problem = f"is cut short: {size} of {segment.end} bytes are there"
        raise SourceError(problem, path=source, remedy="rip or copy it again") from error
    _check_tracks(file, segment, source)
    return segment.end is not None


def _refuse_what_lies_before(file: IO[bytes], source: Path) -> None:
    """Refuse a file that begins after something else, which libavformat and mkvmerge do not look behind.

    Raises:
        SourceError: Names the byte at which it begins.
    """
    file.seek(0)
    begins = file.read(BEFORE).find(EBML_HEAD)
    if begins < 0:
        return
    try:
        file.seek(begins)
        head = content(file, next(places(file, begins, None)), EBML_HEADER_LIMIT)
        found = any(part.id == ids.DOC_TYPE for part in elements(head))
    except ElementError:
        return
    if found:
        raise SourceError(
            f"begins with {begins} bytes that are no Matroska",
            path=source,
            remedy=f"take them off: `tail -c +{begins + 1} FILE > new.mkv`",
        )


def _segment(file: IO[bytes], source: Path) -> Place:
    walk = places(file, 0, None)
    try:
        _check_header(content(file, next(walk), EBML_HEADER_LIMIT), source)
    except OversizedError as error:
        raise oversized(source, "its EBML header", error) from error
    except ElementError as error:
        raise SourceError(
            f"has a damaged head ({error})", path=source, remedy="rip or copy it again"
        ) from error
    with contextlib.suppress(ElementError):
        for place in walk:
            if place.id == ids.SEGMENT:
                return place
            if place.id not in GLOBAL_ELEMENTS:
                break
    raise SourceError(
        "has an EBML header but no Matroska segment", path=source, remedy="rip or copy it again"
    )


def _check_header(header: bytes, source: Path) -> None:
    """Refuse another document type, and IDs and sizes that ffmpeg does not read either."""
    values = {part.id: part.value for part in elements(header)}
    # by default of earlier muxers, what does not say its type is Matroska
    doc_type = values.get(ids.DOC_TYPE, b"matroska").rstrip(b"\0").decode("ascii", errors="replace")
    if doc_type not in DOC_TYPES:
        raise SourceError("is EBML but not Matroska", path=source, remedy=REMUX)
    for element, most in ((ids.EBML_MAX_ID_LENGTH, ID_WIDTH), (ids.EBML_MAX_SIZE_LENGTH, SIZE_WIDTH)):
        if int.from_bytes(values.get(element, b""), "big") > most:
            raise SourceError("has longer IDs or sizes than Matroska", path=source, remedy=REMUX)


def _check_tracks(file: IO[bytes], segment: Place, source: Path) -> None:
    """Refuse a list of tracks of an impossible size; what else is damaged shows when ffmpeg reads it."""
    try:
        for place in places(file, segment.start, segment.end):
            if place.id == ids.TRACKS and place.end is not None:
                size_within(place, LIMIT)
            if place.id in {ids.TRACKS, ids.CLUSTER}:
                return
    except OversizedError as error:
        raise oversized(source, "its list of tracks", error) from error
    except ElementError:
        pass


def _kind(head: bytes) -> str:
    """Name what else a file may be, from its first bytes."""
    signs = {
        "MP4 or QuickTime": head[4:8] in (b"ftyp", b"moov", b"mdat"),
        "AVI or WAVE": head.startswith(b"RIFF"),
        "an MPEG program stream": head.startswith(b"\x00\x00\x01\xba"),
        # sync bytes of 188, or of 192 byte packets
        "an MPEG transport stream": head[0:189:188] == b"GG" or head[4:197:192] == b"GG",
        "a run of zeros": not any(head),
        "text": _is_text(head),
    }
    return next((name for name, seen in signs.items() if seen), "something else")


def _is_text(head: bytes) -> bool:
    # the last character may be cut
    text = head.decode("utf-8", errors="replace")[:-3].rstrip("\ufffd")
    return "\ufffd" not in text and all(char.isprintable() or char.isspace() for char in text)
