"""The side data of decoded pictures.

PyAV 18.1 has names for the kinds of side data that were there when it was made, and refuses all of a frame's
where one is newer, such as the view of a picture for one eye (libavutil's ``AV_FRAME_DATA_VIEW_ID``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from av.sidedata.sidedata import Type

if TYPE_CHECKING:
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
