"""Pictures for two eyes: how the container, or the stream, says that one picture holds both."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from av.sidedata.sidedata import Type

from drapto.media.hdr import hevc
from drapto.media.sidedata import side_data
from drapto.media.whole import nal_length_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from av import VideoFrame
    from av.packet import Packet
    from av.video.stream import VideoStream

    from drapto.media.matroska.pictures import TrackHead

TAG = "stereo_mode"
"""libavformat's name for Matroska's StereoMode: it reads the element as a tag, and writes it from one."""

ALPHA_TAG = "alpha_mode"
"""The same of Matroska's AlphaMode."""

NAMES = """
    mono left_right bottom_top top_bottom checkerboard_rl checkerboard_lr
    row_interleaved_rl row_interleaved_lr col_interleaved_rl col_interleaved_lr
    anaglyph_cyan_red right_left anaglyph_green_magenta block_lr block_rl
"""
"""Its values, from 0 on (RFC 9559, StereoMode)."""

PACKINGS = {1: (1, 11), 2: (3, 2), 3: (13, 14), 4: (5, 4), 6: (7, 6), 7: (9, 8)}
"""libavutil's AVStereo3DType by the StereoModes for the left eye first and for the right eye first."""

STEREO3D = struct.Struct("=2i")
"""libavutil's AVStereo3D: the type, and flags, of which the first says that the right eye comes first."""

VIEW = 29
"""libavutil's ``AV_FRAME_DATA_VIEW_ID``: the picture is one eye's, of several in the stream."""

ONE_BEHIND_THE_OTHER = (13, 14)
"""StereoModes of both eyes' pictures in one block, as H.264's multiview coding (MVC) has them: of these, a
decoder shows the first, and the picture that is left is one eye's."""

MVC_SLICE = 20
"""The nal_unit_type of another eye's slices (ITU-T H.264, table 7-1, annex H)."""

ONE_EYE = "sidedata=mode=delete:type=STEREO3D"
"""ffmpeg's filter that takes off a picture that it is one of two: the muxer would write a StereoMode."""


def views_of(head: TrackHead, frame: VideoFrame, *, mvc: bool = False) -> int:
    """Return how many eyes' pictures the stream holds in layers, of which one is decoded.

    Args:
        head: The container's word on it.
        frame: A decoded picture.
        mvc: Its packets hold another eye's slices.
    """
    layered = mvc or head.stereo_mode in ONE_BEHIND_THE_OTHER or side_data(frame, Type(VIEW)) is not None
    return 2 if layered else 1


def second_eye(stream: VideoStream) -> Callable[[Packet[Any]], bool] | None:
    """Return what tells whether an H.264 packet holds another eye's picture; None for other codecs."""
    size = nal_length_size(stream)
    if stream.codec_context.codec.canonical_name != "h264" or not size:
        return None
    return lambda packet: any(
        unit[0] & 0x1F == MVC_SLICE for _, unit in hevc.nal_units(memoryview(packet), size)
    )


def mode_of(head: TrackHead, frame: VideoFrame) -> int:
    """Return the StereoMode of a decoded picture: the container's, else what the stream says."""
    if views_of(head, frame) > 1:
        return 0
    if head.stereo_mode:
        return head.stereo_mode
    data = side_data(frame, Type.STEREO3D)
    kind, flags = STEREO3D.unpack(data[: STEREO3D.size]) if data else (0, 0)
    return PACKINGS.get(kind, (0, 0))[flags & 1]


def name_of(mode: int) -> str:
    """Return libavformat's name of a StereoMode."""
    names = NAMES.split()
    return names[mode] if mode < len(names) else names[0]
