from __future__ import annotations

import av
import pytest

from drapto.media.crop.margins import Margins, measure

LEVEL = 24 / 255
WIDTH, HEIGHT = 160, 90


def frame(pix_fmt: str, luma: list[list[int]]) -> av.VideoFrame:
    """Return a frame with the luma given, a value (of 8 bits) for each pixel."""
    made = av.VideoFrame(WIDTH, HEIGHT, pix_fmt)
    bits = made.format.components[0].bits
    size = 1 if bits == 8 else 2
    plane = made.planes[0]
    data = bytearray(plane.buffer_size)
    for y, row in enumerate(luma):
        line = b"".join((value << (bits - 8)).to_bytes(size, "little") for value in row)
        data[y * plane.line_size : y * plane.line_size + len(line)] = line
    plane.update(bytes(data))
    return made


def picture(cut: Margins, *, bright: int = 120, black: int = 16) -> list[list[int]]:
    return [
        [
            bright if cut.left <= x < WIDTH - cut.right and cut.top <= y < HEIGHT - cut.bottom else black
            for x in range(WIDTH)
        ]
        for y in range(HEIGHT)
    ]


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv420p10le", "yuv444p", "gray", "yuv422p10le"])
@pytest.mark.parametrize(
    "cut", [Margins(0, 0, 0, 0), Margins(0, 0, 12, 13), Margins(9, 20, 0, 0), Margins(20, 20, 15, 10)]
)
def test_bars_are_measured_to_the_pixel_at_any_depth(pix_fmt: str, cut: Margins) -> None:
    assert measure(frame(pix_fmt, picture(cut)), LEVEL) == cut


def test_black_that_is_not_quite_black_is_black() -> None:
    assert measure(frame("yuv420p10le", picture(Margins(0, 0, 10, 10), black=22)), LEVEL) == (0, 0, 10, 10)


def test_the_threshold_is_obeyed() -> None:
    grey = frame("yuv420p", picture(Margins(0, 0, 10, 10), black=40))
    assert measure(grey, LEVEL) == (0, 0, 0, 0)
    assert measure(grey, 45 / 255) == (0, 0, 10, 10)


def test_a_bright_speck_in_a_bar_is_overlooked() -> None:
    luma = picture(Margins(0, 0, 12, 12))
    luma[3][80] = 255
    assert measure(frame("yuv420p", luma), LEVEL) == (0, 0, 12, 12)


def test_a_line_of_text_in_a_bar_is_seen() -> None:
    luma = picture(Margins(0, 0, 12, 12))
    luma[85][40:120] = [235] * 80
    assert measure(frame("yuv420p", luma), LEVEL) == (0, 0, 12, 4)


@pytest.mark.parametrize("cut", [Margins(160, 0, 90, 0), Margins(70, 70, 30, 30)])
def test_a_picture_that_is_too_dark_or_too_small_says_nothing(cut: Margins) -> None:
    assert measure(frame("yuv420p", picture(cut)), LEVEL) is None


def test_rgb_is_converted() -> None:
    made = av.VideoFrame(WIDTH, HEIGHT, "rgb24")
    plane = made.planes[0]
    data = bytearray(plane.buffer_size)
    for y in range(20, HEIGHT):
        data[y * plane.line_size : (y + 1) * plane.line_size] = b"\xa0" * plane.line_size
    plane.update(bytes(data))
    assert measure(made, LEVEL) == (0, 0, 20, 0)
