"""Colour by ffmpeg's names, out of the first decoded picture."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Literal

from av.sidedata.sidedata import Type

from drapto.media.model import AV1_CHROMA_LOCATIONS, Colour, LightLevels, MasteringDisplay
from drapto.media.sidedata import side_data

if TYPE_CHECKING:
    from av import VideoFrame
    from av.video.codeccontext import VideoCodecContext

PRIMARIES = """
    - bt709 - - bt470m bt470bg smpte170m smpte240m film bt2020 smpte428 smpte431 smpte432
    - - - - - - - - - ebu3213
"""
TRANSFERS = """
    - bt709 - - bt470m bt470bg smpte170m smpte240m linear log100 log316 iec61966-2-4 bt1361e iec61966-2-1
    bt2020-10 bt2020-12 smpte2084 smpte428 arib-std-b67
"""
MATRICES = """
    rgb bt709 - - fcc bt470bg smpte170m smpte240m ycgco bt2020nc bt2020c smpte2085 chroma-derived-nc
    chroma-derived-c ictcp ipt-c2 ycgco-re ycgco-ro
"""
RANGES = "- tv pc"
"""ITU-T H.273's code points from 0 on, by the names that ffmpeg's options take; ``-`` is no colour."""

MASTERING = struct.Struct("=20i2i")
"""libavutil's AVMasteringDisplayMetadata: ten rationals (x, y of red, green, blue, white; minimum,
maximum luminance) and two flags."""

AV1C_FIRST = 0x81
AV1C_SIZE = 4
"""An ``av1C``: marker and version 1, then the sequence header's profile, level and format."""

LIGHT = struct.Struct("=2I")
"""libavutil's AVContentLightMetadata: MaxCLL, MaxFALL."""


def read_colour(frame: VideoFrame, context: VideoCodecContext, chroma_location: str | None) -> Colour:
    """Return what the picture says of its colour, or the container where the picture says nothing."""
    return Colour(
        range=_name(RANGES, frame.color_range, context.color_range),
        primaries=_name(PRIMARIES, frame.color_primaries, context.color_primaries),
        transfer=_name(TRANSFERS, frame.color_trc, context.color_trc),
        matrix=_name(MATRICES, frame.colorspace, context.colorspace),
        chroma_location=chroma_location,
    )


def av1_chroma_location(header: bytes | None) -> str | None:
    """Return what an AV1 stream says of its chroma samples; neither PyAV nor MediaInfo tells.

    Args:
        header: The track's ``av1C`` ("AV1 Codec ISO Media File Format Binding", section 2.3.3).
    """
    if header is None or len(header) < AV1C_SIZE or header[0] != AV1C_FIRST:
        return None
    return dict(enumerate(AV1_CHROMA_LOCATIONS)).get(header[2] & 0b11)


def _name(table: str, *codes: int) -> str | None:
    """Return the name of the first code that has one."""
    names = dict(enumerate(table.split()))
    return next((name for code in codes if (name := names.get(code, "-")) != "-"), None)


def read_mastering(frame: VideoFrame) -> MasteringDisplay | None:
    """Return the mastering display of a decoded picture, from the stream or the container, if whole."""
    data = side_data(frame, Type.MASTERING_DISPLAY_METADATA)
    if data is None:
        return None
    *parts, has_primaries, has_luminance = MASTERING.unpack(data[: MASTERING.size])
    if not has_primaries or not has_luminance:
        return None
    values = [top / bottom if bottom else 0.0 for top, bottom in zip(parts[::2], parts[1::2], strict=True)]
    return MasteringDisplay(
        red=(values[0], values[1]),
        green=(values[2], values[3]),
        blue=(values[4], values[5]),
        white=(values[6], values[7]),
        min_luminance=values[8],
        max_luminance=values[9],
    )


def read_light(frame: VideoFrame) -> LightLevels | None:
    """Return the light levels of a decoded picture, from the stream or the container; zeros say nothing."""
    data = side_data(frame, Type.CONTENT_LIGHT_LEVEL)
    if data is None:
        return None
    max_cll, max_fall = LIGHT.unpack(data[: LIGHT.size])
    return LightLevels(max_cll=max_cll, max_fall=max_fall) if max_cll or max_fall else None


def has_hdr10plus(frame: VideoFrame) -> bool:
    """Tell whether a decoded picture carries SMPTE ST 2094-40 metadata."""
    return side_data(frame, Type.DYNAMIC_HDR_PLUS) is not None


def name_hdr(
    transfer: str | None, *, static: bool, hdr10plus: bool, dolby_vision: bool
) -> Literal["SDR", "HDR10", "HDR10+", "HLG", "PQ", "Dolby Vision"]:
    """Return the field's name for a title's dynamic range; ``static`` says that it has HDR10's metadata."""
    if dolby_vision:
        return "Dolby Vision"
    if hdr10plus:
        return "HDR10+"
    if transfer == "smpte2084":
        return "HDR10" if static else "PQ"
    return "HLG" if transfer == "arib-std-b67" else "SDR"
