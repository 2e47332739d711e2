"""What a source's own elements say, attached files among them, copied out of it once.

They lie before the clusters, behind them, or both: the mux, which runs again on every change, then reads
no more than these, and they are there though the source has been put away.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from drapto.engine import atomic
from drapto.errors import DISK_FULL, ElementError, SourceError, SpaceError
from drapto.media.matroska import ids
from drapto.media.matroska.tree import Reader
from drapto.media.matroska.writing import write_file

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.media.matroska.ebml import Element


def copy_elements(source: Path, target: Path) -> None:
    """Write a Matroska file of the source's elements alone, without clusters, cues, void and checksums.

    What is damaged is left out; the probe has said so (`drapto.media.matroska.oddities`).

    Args:
        source: The source.
        target: Where to; written whole or not at all.

    Raises:
        SourceError: It has become unreadable since it was probed.
        SpaceError: The disk is full.
    """
    try:
        with source.open("rb") as file, atomic.replacing(target) as partial, partial.open("wb") as written:
            reader = Reader(file)
            write_file(written, readable(reader), reader)
    except (OSError, ElementError) as error:
        if isinstance(error, OSError) and error.errno in DISK_FULL:
            raise SpaceError("the disk is full", path=target, remedy="free some space") from error
        remedy = "check the disk, or rip or copy it again"
        raise SourceError(f"cannot be read ({error})", path=source, remedy=remedy) from error


def readable(reader: Reader) -> list[Element]:
    """Return the elements of a file that can be read, in the order in which they are written."""
    found = []
    for element, read in (
        (ids.INFO, reader.first),
        (ids.TRACKS, reader.first),
        (ids.CHAPTERS, reader.joined),
        (ids.TAGS, reader.joined),
        (ids.ATTACHMENTS, reader.joined),
    ):
        with contextlib.suppress(ElementError):
            if (tree := read(element)) is not None:
                found.append(tree)
    return found
