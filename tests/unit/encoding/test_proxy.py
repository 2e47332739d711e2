"""The size of a segment's proxy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drapto.encoding.proxy import LARGEST, SMALLEST, shrunken


@pytest.mark.parametrize(
    ("size", "kept", "proxy"),
    [
        ((1920, 1080), (1280, 720), (640, 360)),
        ((720, 576), (480, 384), (240, 192)),
        ((3840, 2160), (2560, 1440), (640, 360)),
        ((320, 180), (214, 120), (114, 64)),
        ((128, 80), (128, 80), (102, 64)),
        ((64, 64), (64, 64), (64, 64)),
    ],
)
def test_sizes_of_usual_pictures(
    size: tuple[int, int], kept: tuple[int, int], proxy: tuple[int, int]
) -> None:
    assert shrunken(*size) == (kept, proxy)


@given(st.integers(64, 8192), st.integers(64, 8192))
def test_it_is_even_lies_inside_and_is_what_the_encoder_takes(width: int, height: int) -> None:
    kept, proxy = shrunken(width, height)
    assert all(pixels % 2 == 0 for pixels in (*kept, *proxy))
    assert all(inner <= outer + 1 for inner, outer in zip(kept, (width, height), strict=True))
    assert all(inner <= outer for inner, outer in zip(proxy, kept, strict=True))
    assert max(proxy) <= LARGEST
    assert min(proxy) >= SMALLEST - 1 or max(kept) > LARGEST
