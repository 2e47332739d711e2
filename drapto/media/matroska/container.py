"""Is this a whole Matroska file? Asked of its EBML header alone (RFC 8794, RFC 9559)."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from drapto.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path

EBML = 0x1A45DFA3
DOC_TYPE = 0x4282
SEGMENT = 0x18538067
GLOBAL_ELEMENTS = (0xEC, 0xBF)
"""Void and CRC-32, which may stand between the EBML header and the segment."""

DOC_TYPES = ("matroska", "webm")
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


def _check(file: IO[bytes], size: int, source: Path) -> bool:
    if size == 0:
        raise SourceError("is empty", path=source, remedy="rip or copy it again")
    head = file.read(HEAD)
    file.seek(0)
    if _vint(file, marker=True) != EBML:
        raise SourceError(f"is not Matroska but {_kind(head)}", path=source, remedy=REMUX)
    end = _segment_end(file, source)
    if end is not None and end > size:
        problem = f"is cut short: {size} of {end} bytes are there"
        raise SourceError(problem, path=source, remedy="rip or copy it again")
    return end is not None


def _segment_end(file: IO[bytes], source: Path) -> int | None:
    """Return where the segment ends, in bytes from the file's start; None where it does not say."""
    header_size = _vint(file)
    if header_size is None or _doc_type(file.read(header_size)) not in DOC_TYPES:
        raise SourceError("is EBML but not Matroska", path=source, remedy=REMUX)
    while (element := _vint(file, marker=True)) is not None:
        size = _vint(file)
        if element == SEGMENT:
            return None if size is None else file.tell() + size
        if element not in GLOBAL_ELEMENTS or size is None:
            break
        file.seek(size, 1)
    raise SourceError(
        "has an EBML header but no Matroska segment", path=source, remedy="rip or copy it again"
    )


def _doc_type(header: bytes) -> str:
    start = header.find(DOC_TYPE.to_bytes(2, "big"))
    if start < 0:
        return "matroska"  # the default of the element
    size = header[start + 2] & 0x7F
    return header[start + 3 : start + 3 + size].rstrip(b"\0").decode("ascii", errors="replace")


def _vint(file: IO[bytes], *, marker: bool = False) -> int | None:
    """Read a variable-size integer (RFC 8794 section 4); with its length marker for an element ID.

    Returns:
        None at the end of the file, or for the size that says "unknown".
    """
    first = file.read(1)
    if not first or first[0] == 0:
        return None
    length = 9 - first[0].bit_length()
    rest = file.read(length - 1)
    if len(rest) < length - 1:
        return None
    if marker:
        return int.from_bytes(first + rest, "big")
    value = int.from_bytes(first + rest, "big") & ((1 << 7 * length) - 1)
    return None if value == (1 << 7 * length) - 1 else value


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
