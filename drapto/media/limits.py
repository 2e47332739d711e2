"""What a source has that this version of drapto cannot carry over: said, or refused, never silently lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.media.model import SourceInfo, VideoTrack

NO_BASE_LAYER = 5
"""The Dolby Vision profile whose picture is in a colour space of its own (IPT-PQ-c2): without its metadata
every player shows it green and purple."""


def limits(info: SourceInfo) -> list[str]:
    """Return what the output will lack, a line each, for the user to know before hours of encoding."""
    video = info.video
    return [*_dynamic_metadata(video), *_fields(video)]


def _dynamic_metadata(video: VideoTrack) -> list[str]:
    notes = []
    if video.dolby_vision is not None:
        profile = f"{video.dolby_vision.profile}.{video.dolby_vision.compatibility}"
        notes.append(f"Dolby Vision (profile {profile}) is not carried over yet: only its base layer is kept")
    if video.hdr10plus:
        notes.append("HDR10+ metadata is not carried over yet: the picture is kept as HDR10")
    return notes


def _fields(video: VideoTrack) -> list[str]:
    if video.scan != "interlaced":
        return []
    return ["the source says that it is interlaced: frames are encoded as they are, not deinterlaced yet"]


def refuse_unkeepable(source: Path, video: VideoTrack) -> None:
    """Refuse a picture that would come out wrong.

    Raises:
        SourceError: It is Dolby Vision profile 5, or turned.
    """
    if video.rotation % 360:
        raise SourceError(
            f"is turned by {video.rotation % 360} degrees when it is played, which is not carried over yet",
            path=source,
            remedy="turn the picture itself, or remove the rotation (`mkvpropedit --edit track:v1`)",
        )
    if video.dolby_vision is not None and video.dolby_vision.profile == NO_BASE_LAYER:
        raise SourceError(
            "is Dolby Vision profile 5, whose colours only a Dolby Vision decoder gets right",
            path=source,
            remedy="use a release with an HDR10 base layer (profile 7 or 8)",
        )
