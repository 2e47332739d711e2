"""From what a probe found of a picture to the fields that few pictures have."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from av.sidedata.sidedata import Type

from drapto.media.sidedata import side_data

if TYPE_CHECKING:
    from fractions import Fraction

    from av import VideoFrame

    from drapto.media.form import Change, Form
    from drapto.media.frame_count import Counted
    from drapto.media.matroska.pictures import TrackHead
    from drapto.media.peculiar import Hole

VIEW = 29
"""libavutil's ``AV_FRAME_DATA_VIEW_ID``: the picture is one eye's of several."""


class Picture(TypedDict):
    """Fields of `drapto.media.peculiar.PeculiarPicture`."""

    first_form: Form | None
    changes: tuple[Change, ...]
    stereo_mode: int
    container_crop: tuple[int, int, int, int]
    holes: tuple[Hole, ...]
    views: int
    alpha: bool


def picture(counted: Counted, head: TrackHead, frame: VideoFrame, base: Fraction) -> Picture:
    """Return the fields of a picture.

    Args:
        counted: Its frames.
        head: The container's word on it.
        frame: One of them.
        base: Seconds in a tick.
    """
    changes = counted.history.changes(base)
    crop = head.crop
    return Picture(
        first_form=counted.history.forms[0][1] if changes else None,
        changes=changes,
        stereo_mode=head.stereo_mode,
        container_crop=(crop.left, crop.right, crop.top, crop.bottom),
        holes=counted.holes,
        views=2 if side_data(frame, Type(VIEW)) is not None else 1,
        alpha=head.alpha,
    )
