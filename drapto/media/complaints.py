"""Of which track ffmpeg complains: it looks into all of a file before it begins with one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from drapto.media.model import SourceInfo

DEMUXER = "[in#"
"""How ffmpeg begins what a demuxer says."""

CUT_OFF = "Truncating packet of size"
"""What libavformat says, in nobody's name, of an element that ends behind the file."""

REPEATED = "Last message repeated"

SPEAKER = re.compile(r"\[(?:[^\]]*/)?(\w+)\]")
"""Which decoder speaks: ``[h264]``, or ``[vist#0:0/h264]``."""

OF_AN_OPEN_BEGINNING = re.compile(
    r"\[(?:[^\]]*/)?h264\] (?:mmco: unref short failure$"
    r"|number of reference frames \(\d+\+\d+\) exceeds max \(\d+; probably corrupt input\), discarding one$)"
)
"""What H.264's decoder says where it began at a picture that is no IDR: it is told to forget one that was
shown before, or holds one more than it would. It shows what follows as it is; where pictures lack what they
refer to, it mostly says more than that."""

STILLS = ("bmp", "gif", "jpegxl", "mjpeg", "png", "tiff", "webp")
"""Decoders of attached pictures. Which one has a file is told by its type, and that may be a wrong one."""


def codecs_beside(info: SourceInfo, codec: str) -> set[str]:
    """Return the codecs of all that a source holds beside its tracks of ``codec``."""
    covers = STILLS if any((one.mimetype or "").startswith("image/") for one in info.attachments) else ()
    return {info.video.codec, *(one.codec for one in info.audio), *covers} - {codec}


def of_the_track(complaints: Iterable[str], others: Collection[str]) -> tuple[str, ...]:
    """Return what ffmpeg complained of but for what its demuxer and the decoders of other tracks said.

    What the demuxer says the probe has judged; not all of it is of the track, as where an attached file has
    no bytes.

    Args:
        complaints: A line each.
        others: The codecs of other tracks.
    """
    kept = []
    another = False
    for line in complaints:
        said = SPEAKER.match(line)
        # what is said again is said by who said it
        again = another and line.lstrip().startswith(REPEATED)
        another = line.startswith((DEMUXER, CUT_OFF)) or (said[1] in others if said else again)
        kept += [] if another else [line]
    return tuple(kept)


def of_what_is_there(complaints: Iterable[str]) -> tuple[str, ...]:
    """Return what a decoder that began at a picture that is no IDR complained of, but for where it began."""
    kept = []
    cut = False
    for line in complaints:
        cut = bool(OF_AN_OPEN_BEGINNING.match(line)) or (cut and line.lstrip().startswith(REPEATED))
        kept += [] if cut else [line]
    return tuple(kept)
