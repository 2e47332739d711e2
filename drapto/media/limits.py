"""What a source has that drapto cannot carry over: said, or refused, never silently lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.errors import SourceError
from drapto.media import yuv
from drapto.media.hdr import dolby_vision
from drapto.media.uniform import refuse_mixtures

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.media.model import SourceInfo, VideoTrack


def limits(info: SourceInfo) -> list[str]:
    """Return what the output will lack, a line each, for the user to know before hours of encoding."""
    return [*yuv.changes(info.video), *_dynamic_metadata(info.video), *_layers_beside(info)]


def _layers_beside(info: SourceInfo) -> list[str]:
    """Note an enhancement layer in a track of its own, as discs have it."""
    if info.video.dolby_vision is not None:
        return []
    return [
        f"video track {other.index} is the picture's Dolby Vision enhancement layer: "
        f"the picture is kept as {_base(info.video)}"
        for other in info.other_video
        if other.dolby_vision is not None and other.dolby_vision.profile == dolby_vision.DUAL_LAYER
    ]


def _base(video: VideoTrack) -> str:
    return {"arib-std-b67": "HLG", "smpte2084": "HDR10"}.get(video.colour.transfer or "", "SDR")


def _dynamic_metadata(video: VideoTrack) -> list[str]:
    notes = []
    decided = dolby_vision.plan(video)
    if decided.mode == "drop":
        notes.append(f"Dolby Vision is dropped and the picture kept as {_base(video)}: {decided.reason}")
    elif decided.single_layer:
        notes.append("Dolby Vision profile 7 is kept as profile 8 would be: " + decided.reason)
    plus = video.dynamic.hdr10plus_frames if video.dynamic else 0
    if video.hdr10plus and plus < video.frames:
        notes.append(f"only {plus} of {video.frames} frames have HDR10+ metadata: they are kept on those")
    return notes


def refuse_unkeepable(source: Path, video: VideoTrack) -> None:
    """Refuse a picture that would come out wrong.

    Raises:
        SourceError: It is Dolby Vision profile 5, or changes on the way to what one picture cannot hold.
    """
    refuse_mixtures(source, video)
    if video.dolby_vision is not None and dolby_vision.plan(video).mode == "refuse":
        raise SourceError(
            f"is Dolby Vision profile {video.dolby_vision.profile}, "
            "whose colours only a Dolby Vision decoder gets right",
            path=source,
            remedy="use a release with an HDR10 base layer (profile 7 or 8)",
        )
