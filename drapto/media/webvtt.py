"""WebVTT files, written as a track of Matroska.

The form is that of Matroska's codec specification (S_TEXT/WEBVTT): what comes before the first cue is the
CodecPrivate; a block has a cue's text, its times within made relative to it; its additions have the settings,
the identifier, and the comments before the cue, a line each.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from drapto.media.foreign import WEBVTT
from drapto.media.matroska import ids
from drapto.media.matroska.ebml import Element, unsigned
from drapto.media.matroska.writing import HEADER

if TYPE_CHECKING:
    from pathlib import Path

TIME = r"(?:(\d+):)?(\d{2}):(\d{2})\.(\d{3})"
CUE = re.compile(rf"{TIME}[ \t]+-->[ \t]+{TIME}(?:[ \t]+(.*))?")
WITHIN = re.compile(rf"<{TIME}>")
SUBTITLES = 0x11
"""Value of TrackType."""

TICK = 1_000_000
"""Nanoseconds of a tick."""


class Cue(NamedTuple):
    """A cue: milliseconds, text, and the additions of its block."""

    start: int
    end: int
    text: str
    addition: str


def read_webvtt(text: str) -> tuple[str, list[Cue]]:
    """Return what comes before the first cue, and the cues in order of time.

    Raises:
        ValueError: It is no WebVTT.
    """
    if not text.startswith("WEBVTT"):
        raise ValueError("does not begin with WEBVTT")
    head: list[str] = []
    cues: list[Cue] = []
    comments: list[str] = []
    for block in re.split(r"\n{2,}", text.strip("\n")):
        cue = _cue(block.split("\n"), comments)
        if cue is not None:
            cues.append(cue)
            comments = []
        elif cues:
            comments.append(block)
        else:
            head.append(block)
    return "\n\n".join(head), sorted(cues, key=lambda one: one.start)


def _cue(lines: list[str], comments: list[str]) -> Cue | None:
    for number, line in enumerate(lines[:2]):
        found = CUE.match(line.strip())
        if found is None:
            continue
        start, end = _milliseconds(found.groups()[:4]), _milliseconds(found.groups()[4:8])
        text = _relative("\n".join(lines[number + 1 :]), start)
        settings, identifier = (found[9] or "").strip(), lines[0] if number else ""
        said = "\n\n".join(comments)
        addition = f"{settings}\n{identifier}\n{said}" if settings or identifier or said else ""
        return Cue(start, max(start, end), text, addition)
    return None


def _relative(text: str, start: int) -> str:
    """Return a cue's text with the times in it counted from its start, milliseconds."""

    def moved(within: re.Match[str]) -> str:
        time = max(0, _milliseconds(within.groups()) - start)
        return (
            f"<{time // 3_600_000:02d}:{time // 60_000 % 60:02d}:{time // 1000 % 60:02d}.{time % 1000:03d}>"
        )

    return WITHIN.sub(moved, text)


def _milliseconds(parts: tuple[str | None, ...]) -> int:
    hours, minutes, seconds, rest = (int(part or 0) for part in parts)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + rest


def write_track(path: Path, head: str, cues: list[Cue]) -> None:
    """Write a Matroska file with these cues as its one track."""
    entry = (
        *(Element(ids.TRACK_NUMBER, unsigned(1)), Element(ids.TRACK_UID, unsigned(1))),
        *(Element(ids.TRACK_TYPE, unsigned(SUBTITLES)), Element(ids.CODEC_ID, WEBVTT.encode())),
        *(Element(ids.CODEC_PRIVATE, head.encode()), Element(ids.MAX_BLOCK_ADDITION_ID, unsigned(1))),
    )
    segment = (
        Element(ids.INFO, (Element(ids.TIMESTAMP_SCALE, unsigned(TICK)),)),
        Element(ids.TRACKS, (Element(ids.TRACK_ENTRY, entry),)),
        *(_cluster(cue) for cue in cues),
    )
    with path.open("wb") as file:
        for element in (HEADER, Element(ids.SEGMENT, segment)):
            file.write(element.encode())


def _cluster(cue: Cue) -> Element:
    # track 1, no time of its own, no flags
    block = Element(ids.BLOCK, b"\x81\x00\x00\x00" + cue.text.encode())
    group = [block, Element(ids.BLOCK_DURATION, unsigned(cue.end - cue.start))]
    if cue.addition:
        parts = (Element(ids.BLOCK_ADD_ID, unsigned(1)), Element(ids.BLOCK_ADDITIONAL, cue.addition.encode()))
        group.append(Element(ids.BLOCK_ADDITIONS, (Element(ids.BLOCK_MORE, parts),)))
    timed = Element(ids.CLUSTER_TIMESTAMP, unsigned(cue.start))
    return Element(ids.CLUSTER, (timed, Element(ids.BLOCK_GROUP, tuple(group))))
