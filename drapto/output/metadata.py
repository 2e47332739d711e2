r"""Tags and chapters as an ffmetadata document, which ffmpeg reads from its standard input.

The format is ffmpeg's (manual of ffmpeg-formats, "Metadata"); ``=``, ``;``, ``#``, ``\`` and line ends are
escaped with a backslash. Its reader takes the end of a line after any backslash for escaped, even where that
is escaped itself, so that a value that ends in one has to go by the command line (`options`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drapto.media.model import Chapter, Track

HEADER = ";FFMETADATA1\n"


def ffmetadata(tags: Mapping[str, str], tracks: Sequence[Track], chapters: Sequence[Chapter]) -> str:
    """Return the document of a file.

    Args:
        tags: Global tags.
        tracks: One stream section for each, in this order.
        chapters: In order of time.
    """
    streams = [_section("[STREAM]\n", track_tags(track)) for track in tracks]
    return _section(HEADER, tags) + "".join(streams) + "".join(map(_chapter, chapters))


def options(tags: Mapping[str, str], tracks: Sequence[Track], chapters: Sequence[Chapter]) -> list[str]:
    """Return ffmpeg's options for the values that the document cannot hold."""
    places = [("g", tags), *((f"s:{number}", track_tags(track)) for number, track in enumerate(tracks))]
    places += [(f"c:{number}", _chapter_tags(chapter)) for number, chapter in enumerate(chapters)]
    return [
        part
        for place, values in places
        for name, value in values.items()
        if value.endswith("\\")
        for part in (f"-metadata:{place}", f"{name}={value}")
    ]


def track_tags(track: Track) -> dict[str, str]:
    """Return all tags of a track, its language and title among them."""
    named = {"language": track.language, "title": track.title}
    return {**{name: value for name, value in named.items() if value}, **track.tags}


def escape(text: str) -> str:
    """Escape what ffmpeg would interpret."""
    return re.sub(r"([=;#\\\n\r])", r"\\\1", text)


def _section(head: str, tags: Mapping[str, str]) -> str:
    held = {name: value for name, value in tags.items() if not value.endswith("\\")}
    return head + "".join(f"{escape(name)}={escape(value)}\n" for name, value in held.items())


def _chapter(chapter: Chapter) -> str:
    head = f"[CHAPTER]\nTIMEBASE=1/1000000000\nSTART={chapter.start}\nEND={chapter.end}\n"
    return _section(head, _chapter_tags(chapter))


def _chapter_tags(chapter: Chapter) -> dict[str, str]:
    return {} if chapter.title is None else {"title": chapter.title}
