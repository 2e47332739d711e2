"""The side data of decoded pictures.

PyAV 18.1 has names for the kinds of side data that were there when it was made, and refuses all of a frame's
where one is newer, such as the view of a picture for one eye (libavutil's ``AV_FRAME_DATA_VIEW_ID``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from av.sidedata.sidedata import Type

from drapto.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path

    from av import VideoFrame
    from av.sidedata.sidedata import SideDataContainer


def _nameless(kinds: type[Type], value: object) -> Type:
    """Return the kind of a value that has no name, always the same; enum's hook for those."""
    kind: Type = object.__new__(kinds)
    kind._name_ = f"KIND_{value}"
    kind._value_ = cast("Type", value)
    return cast("Type", kinds._value2member_map_.setdefault(value, kind))


Type._missing_ = classmethod(_nameless)  # type: ignore[assignment]


def side_data(frame: VideoFrame, kind: Type) -> bytes | None:
    """Return a decoded picture's raw side data of a kind; the last one where there are several."""
    try:
        return bytes(cast("SideDataContainer", frame.side_data)[kind])
    except KeyError:
        return None


TWICE = {
    Type.STEREO3D: ("that it holds two eyes' pictures", "stereo-mode"),
    Type.DISPLAYMATRIX: ("how it is turned", "projection-pose-roll"),
}
"""What both a container and a stream may say of a picture, and mkvpropedit's name of the container's word."""


def refuse_told_twice(source: Path, frame: VideoFrame | None) -> None:
    """Refuse a picture of which both the container and the stream say the same kind of thing.

    ffmpeg 9.0.2 then has two notes of one kind, and refuses all of the picture ("File exists").

    Raises:
        SourceError: It is one.
    """
    kinds = [] if frame is None else [one.type for one in cast("Any", frame.side_data)]
    for kind, (what, name) in TWICE.items():
        if kinds.count(kind) > 1:
            said = f"says twice of its picture {what}, in its head and in the stream"
            take_off = f"`mkvpropedit FILE --edit track:v1 --delete {name}`"
            raise SourceError(
                f"{said}, which ffmpeg does not take",
                path=source,
                remedy=f"take the one off, {take_off}: the output has it by the stream's word",
            )
