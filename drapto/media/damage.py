"""Places of a Matroska file that cannot be read.

libavformat's demuxer goes on after such a place, and what lay there is just not in its results. It says so in
its log, and only there.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import re
from typing import TYPE_CHECKING, Literal

import av.logging

from drapto.errors import SourceError
from drapto.media.holes import is_gutted, lost, told
from drapto.media.matroska.container import REMUX
from drapto.media.matroska.oddities import beside_the_film

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from drapto.media.model import SourceInfo

    Said = tuple[int, str, str]
    """Level, speaker, text."""

PLACE = re.compile(r"(?:Element at|at pos\.? \d+ \(|element with ID 0x[0-9A-F]+ at) ?0x([0-9a-f]+)")
"""How it says at which byte."""
GOES_ON = 0.9
"""The part of a track's length that packets of sound fill where it has no holes to speak of."""

AllowDamage = Literal["none", "concealed", "holes"]
"""What may be missing of a source's picture: nothing, what lasts a moment, or anything."""

DAMAGE = (
    "invalid as first byte of an EBML number",
    "exceeds max length",
    "exceeds containing master element",
    "Invalid length 0x",
    "ended prematurely",
    "Read error",
)
"""What the demuxer (matroskadec.c) says of a place that is no Matroska. Its other errors are of things that a
file may well have, such as a tag for a chapter that was removed."""

CUT_OFF = "ended prematurely"
"""What it says of a file that ends inside an element."""

STRANGERS = re.compile(r"Invalid track number (\d+)")
"""What it says of a block of a track that the head does not list. It passes over what follows, up to the next
cluster: mkvmerge and players pass over the block alone."""


@contextlib.contextmanager
def listening() -> Iterator[list[Said]]:
    """Yield a list that fills with the errors that libav logs in this thread."""
    _switch_on()
    with av.logging.Capture(local=True) as said:
        yield said


@functools.cache
def _switch_on() -> None:
    """Have libav's errors logged, for good: to switch it off again would deafen other threads.

    What nobody listens to goes to Python's logger ``libav``, silent unless the program wants it.
    """
    logging.getLogger("libav").addHandler(logging.NullHandler())
    av.logging.set_skip_repeated(False)  # two files may be damaged alike
    av.logging.set_level(av.logging.ERROR)


def refuse_damaged(source: Path, said: list[Said], *, sized: bool = True) -> None:
    """Refuse ``source`` where something of it was passed over: no later check would miss it.

    Args:
        source: The file.
        said: What libav has logged of it.
        sized: The file says how long it is. One that does not is a live recording, and may end anywhere.

    Raises:
        SourceError: Names the first such place.
    """
    heard = _of_the_demuxer(said)
    strangers = [found[1] for text in heard if (found := STRANGERS.match(text))]
    if strangers:
        raise SourceError(
            f"has blocks of a track that its head does not list, number {strangers[0]}, and ffmpeg "
            "passes over all that follows them in a cluster",
            path=source,
            remedy=REMUX,
        )
    places = [text for text in heard if any(sign in text for sign in DAMAGE)]
    if not sized:
        places = [text for text in places if CUT_OFF not in text]
    if places:
        # what lies beside the film may be damaged: it is left out, and said (`oddities`)
        aside = beside_the_film(source)
        places = [text for text in places if not _lies_in(text, aside)]
    if places:
        more = f", and {len(places) - 1} more such places" if len(places) > 1 else ""
        raise SourceError(
            f"is damaged ({places[0]}{more})",
            path=source,
            remedy=f"rip or copy it again; to encode what is left of it, {REMUX}",
        )


def cut_off_notes(said: list[Said], *, sized: bool) -> list[str]:
    """Return what there is to say of a live recording that ends inside a block."""
    if sized or not any(CUT_OFF in text for text in _of_the_demuxer(said)):
        return []
    return [
        "the file ends in the midst of a block, as a recording that was broken off: all before it is kept"
    ]


def _of_the_demuxer(said: list[Said]) -> list[str]:
    return [" ".join(text.split()) for _, speaker, text in said if speaker.startswith("matroska")]


def _lies_in(text: str, ranges: list[range]) -> bool:
    found = PLACE.search(text)
    return found is not None and any(int(found[1], 16) in one for one in ranges)


def refuse_gutted(source: Path, info: SourceInfo, allow: AllowDamage) -> None:
    """Refuse a picture of which more is missing than is allowed.

    Args:
        source: The file.
        info: What is in it.
        allow: ``none``: every frame must decode; ``concealed``: moments without a frame are let through, as a
            player would; ``holes``: what is left is taken for the film.

    Raises:
        SourceError: Names where.
    """
    video, holes = info.video, info.video.holes
    sounds = any(track.filled >= GOES_ON for track in info.audio)
    gutted = is_gutted(holes, video.end - video.start, sounds=sounds)
    if allow == "holes" or not (gutted or (allow == "none" and lost(holes))):
        return
    frames = sum(hole.frames for hole in holes)
    what = f"{frames} of {video.frames + frames} frames cannot be decoded" if frames else "frames are missing"
    raise SourceError(
        f"is damaged: {what}, {', '.join(told(holes))}",
        path=source,
        remedy="rip or copy it again; to encode what is left of it, set input.allow_damage = "
        + ('"holes"' if gutted else '"concealed"'),
    )
