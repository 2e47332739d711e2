from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from drapto.media.matroska import ids
from drapto.media.matroska.ebml import Element, unsigned
from drapto.media.matroska.pictures import Margins, TrackHead, track_heads

if TYPE_CHECKING:
    from pathlib import Path


def number(element: int, value: int) -> Element:
    return Element(element, unsigned(value))


def file_of(path: Path, *entries: list[Element]) -> Path:
    """Write a head with these track entries."""
    tracks = b"".join(
        Element(ids.TRACK_ENTRY, b"".join(part.encode() for part in entry)).encode() for entry in entries
    )
    head = Element(ids.EBML, Element(ids.DOC_TYPE, b"matroska").encode()).encode()
    path.write_bytes(head + Element(ids.SEGMENT, Element(ids.TRACKS, tracks).encode()).encode())
    return path


def picture(*parts: Element) -> list[Element]:
    size = (number(ids.PIXEL_WIDTH, 720), number(ids.PIXEL_HEIGHT, 576))
    return [
        number(ids.TRACK_TYPE, 1),
        Element(ids.VIDEO, b"".join(part.encode() for part in (*size, *parts))),
    ]


def test_a_plain_entry_says_little(tmp_path: Path) -> None:
    path = file_of(tmp_path / "a.mkv", picture(), [number(ids.TRACK_TYPE, 2)])
    assert track_heads(path) == {0: TrackHead(width=720, height=576), 1: TrackHead()}


@pytest.mark.parametrize(
    ("display", "unit", "sar"),
    [
        (None, 0, None),
        ((1920, 1080), 0, Fraction(1)),
        ((1920, 1088), 0, Fraction(1)),  # what is stated of the picture, again
        ((2560, 1080), 0, Fraction(4, 3)),
        ((16, 9), 3, Fraction(1)),
        ((16, 9), 4, None),
    ],
)
def test_a_stated_height_of_whole_macroblocks_shapes_no_pixel(
    display: tuple[int, int] | None, unit: int, sar: Fraction | None
) -> None:
    head = TrackHead(width=1920, height=1088, display=display, unit=unit)
    assert head.sar_of(1920, 1080) == sar
    assert head.sar_of(1920, 1088) is None


def test_what_is_no_stream_of_ffmpeg_s_is_not_counted(tmp_path: Path) -> None:
    button = [number(ids.TRACK_TYPE, 0x12)]
    disabled = [number(ids.TRACK_TYPE, 2), number(ids.FLAG_ENABLED, 0)]
    heads = track_heads(file_of(tmp_path / "a.mkv", button, disabled))
    assert heads == {0: TrackHead(enabled=False)}


def test_crop_mode_and_alpha_are_read(tmp_path: Path) -> None:
    parts = [number(ids.PIXEL_CROP_LEFT, 8), number(ids.PIXEL_CROP_BOTTOM, 16)]
    parts += [number(ids.STEREO_MODE, 3), number(ids.ALPHA_MODE, 1)]
    head = track_heads(file_of(tmp_path / "a.mkv", picture(*parts)))[0]
    assert (head.crop, head.stereo_mode, head.alpha) == (Margins(left=8, bottom=16), 3, True)
    assert head.needs_own_shape


def test_a_crop_that_would_leave_nothing_is_none(tmp_path: Path) -> None:
    parts = [number(ids.PIXEL_CROP_TOP, 300), number(ids.PIXEL_CROP_BOTTOM, 300)]
    assert track_heads(file_of(tmp_path / "a.mkv", picture(*parts)))[0].crop == Margins()


def test_a_file_without_tracks_or_with_rubbish_has_none(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    path.write_bytes(b"rubbish")
    assert track_heads(path) == {}
    assert track_heads(file_of(path)) == {}


@pytest.mark.parametrize(
    ("head", "sar"),
    [
        (TrackHead(width=720, height=576), Fraction(1)),
        (TrackHead(width=720, height=576, display=(1024, 576)), Fraction(64, 45)),
        (TrackHead(width=720, height=576, display=(16, 9), unit=3), Fraction(64, 45)),
        # the display size is that after the crop
        (TrackHead(width=720, height=576, crop=Margins(8, 8), display=(1024, 576)), Fraction(16, 11)),
        (TrackHead(width=640, height=360, crop=Margins(0, 0, 40, 44), display=(640, 276)), Fraction(1)),
        # unless it was left at the whole picture's
        (TrackHead(width=640, height=360, crop=Margins(3, 5, 40, 44), display=(640, 360)), Fraction(1)),
        (TrackHead(width=720, height=576, crop=Margins(top=60), display=(1024, 576)), Fraction(64, 45)),
    ],
)
def test_the_shape_of_a_pixel(head: TrackHead, sar: Fraction) -> None:
    assert head.sar == sar
