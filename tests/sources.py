"""Descriptions of sources that need no file: plain, but for what a test says."""

from __future__ import annotations

from fractions import Fraction

from drapto.media.fields.model import FieldsInfo
from drapto.media.model import SourceInfo, VideoTrack

PLAIN = VideoTrack(
    index=0,
    codec="h264",
    width=640,
    height=360,
    sar=Fraction(1),
    pix_fmt="yuv420p",
    bit_depth=8,
    rate=Fraction(24),
    frames=24,
    counted="packets",
    variable=False,
    keyframes=1,
)


def video(**more: object) -> VideoTrack:
    """Return a plain video track with ``more`` fields set; they are checked like those read from a file."""
    return VideoTrack.model_validate({name: getattr(PLAIN, name) for name in VideoTrack.model_fields} | more)


def source(track: VideoTrack = PLAIN, **more: object) -> SourceInfo:
    """Return a source with this one track, and ``more`` fields set."""
    plain = {"digest": "d", "size": 1000, "container": "Matroska", "duration": 1.0, "writer": None}
    return SourceInfo.model_validate(plain | {"tags": {}, "video": track} | more)


def fields(kind: str = "progressive", **more: object) -> FieldsInfo:
    """Return what is known of the fields of a title of ``kind``, top field first."""
    plain: dict[str, object] = {"digest": "d", "method": "manual", "reason": "tests"}
    order = None if kind == "progressive" else "tff"
    return FieldsInfo.model_validate(plain | {"kind": kind, "order": order} | more)
