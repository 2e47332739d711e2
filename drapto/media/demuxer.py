"""Which of ffmpeg's demuxers reads a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

EBML = b"\x1a\x45\xdf\xa3"
"""How a Matroska file begins (RFC 8794, section 11.2.1)."""


def demuxer_of(path: Path) -> str | None:
    """Return the name of Matroska's demuxer, for such a file; else None, and ffmpeg finds out by itself.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        return "matroska" if file.read(len(EBML)) == EBML else None
