from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drapto.media.hdr import colour
from tests import clips

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("transfer", "static", "hdr10plus", "dolby_vision", "name"),
    [
        ("bt709", False, False, False, "SDR"),
        (None, True, False, False, "SDR"),
        ("smpte2084", False, False, False, "PQ"),
        ("smpte2084", True, False, False, "HDR10"),
        ("smpte2084", True, True, False, "HDR10+"),
        ("smpte2084", True, True, True, "Dolby Vision"),
        ("arib-std-b67", False, False, False, "HLG"),
    ],
)
def test_dynamic_ranges_have_their_names(
    transfer: str | None, static: bool, hdr10plus: bool, dolby_vision: bool, name: str
) -> None:
    named = colour.name_hdr(transfer, static=static, hdr10plus=hdr10plus, dolby_vision=dolby_vision)
    assert named == name


@pytest.mark.parametrize(
    ("table", "code", "name"),
    [
        (colour.PRIMARIES, 9, "bt2020"),
        (colour.PRIMARIES, 22, "ebu3213"),
        (colour.TRANSFERS, 16, "smpte2084"),
        (colour.TRANSFERS, 18, "arib-std-b67"),
        (colour.MATRICES, 9, "bt2020nc"),
        (colour.MATRICES, 0, "rgb"),
        (colour.RANGES, 2, "pc"),
    ],
)
def test_code_points_have_their_names(table: str, code: int, name: str) -> None:
    assert table.split()[code] == name


@pytest.mark.parametrize(
    ("header", "location"),
    [
        (None, None),
        (b"", None),
        (b"\x01\x00\x4e\x00", None),
        (b"\x81\x00\x4c\x00", None),
        (b"\x81\x00\x4d\x00", "left"),
        (b"\x81\x00\x4e\x00\x0a", "topleft"),
        (b"\x81\x00\x4f\x00", None),
    ],
)
def test_where_an_av1_header_says_that_chroma_is(header: bytes | None, location: str | None) -> None:
    assert colour.av1_chroma_location(header) == location


def test_ffmpeg_takes_every_name_as_an_option(ffmpeg: Path) -> None:
    tables = {
        "-color_primaries": colour.PRIMARIES,
        "-color_trc": colour.TRANSFERS,
        "-colorspace": colour.MATRICES,
    }
    blank = ["-f", "rawvideo", "-pixel_format", "gray", "-video_size", "16x16"]
    arguments = []
    for option, table in tables.items():
        for name in set(table.split()) - {"-"}:
            arguments += [*blank, option, name, "-i", "/dev/zero"]
    clips.run_ffmpeg(ffmpeg, *arguments, "-frames:v", "1", "-f", "null", "-")
