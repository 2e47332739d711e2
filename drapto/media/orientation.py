"""How a player turns and mirrors a picture, as its display matrix says.

Matroska can say a rotation, and cannot say mirroring, which is therefore undone in the picture itself.
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, TypedDict

from av.sidedata.sidedata import Type

from drapto.media.sidedata import side_data
from drapto.media.stereo import ONE_EYE

if TYPE_CHECKING:
    from av import VideoFrame

    from drapto.media.model import VideoTrack
    from drapto.media.peculiar import Flip

MATRIX = struct.Struct("=9i")
"""libavutil's display matrix, three rows of three: a negative determinant mirrors."""


UNMARKED = "sidedata=mode=delete:type=DISPLAYMATRIX"
"""ffmpeg's filter that takes the matrix off a picture: the muxer would have it mirrored once more."""


class Orientation(TypedDict):
    """The fields of `drapto.media.model.VideoTrack`."""

    rotation: int
    mirrored: bool
    flip: Flip | None


def orientation(frame: VideoFrame) -> Orientation:
    """Return how a decoded picture is shown: first flipped, then rotated counter-clockwise by degrees."""
    data = side_data(frame, Type.DISPLAYMATRIX)
    if data is None:
        return Orientation(rotation=frame.rotation, mirrored=False, flip=None)
    a, b, _, c, d, *_ = MATRIX.unpack(data[: MATRIX.size])
    if a * d >= b * c:
        return Orientation(rotation=frame.rotation, mirrored=False, flip=None)
    # what is left of the matrix once a flip of the coded picture is taken out of it: its first row negated
    # by hflip, its second by vflip; the rotation is read from the first
    if _degrees(a, b) == 0:
        return Orientation(rotation=0, mirrored=True, flip="vflip")
    return Orientation(rotation=_degrees(-a, -b), mirrored=True, flip="hflip")


def as_shown(video: VideoTrack) -> tuple[str, ...]:
    """Return ffmpeg's filters that flip whole pictures, and take off them what is true no more."""
    flip = (video.flip, UNMARKED) if video.flip is not None else ()
    return (*flip, *((ONE_EYE,) if video.views > 1 else ()))


def _degrees(a: int, b: int) -> int:
    """Return the rotation of a matrix whose first row begins so (libavutil's av_display_rotation_get)."""
    return round(-math.degrees(math.atan2(b, a)))
