"""How large a picture is shown, and which model judges it there."""

from __future__ import annotations

from fractions import Fraction

import pytest

from drapto.quality.display import Display, Viewing, VmafFamily, display_of

SHOWN = [
    ((1920, 1080), 1, (1920, 1080), ""),
    ((720, 405), 1, (1920, 1080), ""),
    ((720, 480), Fraction(8, 9), (1440, 1080), ""),
    ((720, 480), Fraction(32, 27), (1920, 1080), ""),
    ((720, 576), Fraction(64, 45), (1920, 1080), ""),
    ((704, 480), Fraction(10, 11), (1440, 1080), ""),
    ((352, 576), Fraction(32, 15), (1408, 1080), ""),
    ((1440, 1080), Fraction(4, 3), (1920, 1080), ""),
    ((1280, 534), 1, (1920, 800), ""),
    ((1280, 536), 1, (1920, 804), ""),
    ((16, 16), 1, (1080, 1080), ""),
    ((2560, 1440), 1, (1920, 1080), ""),
    ((1080, 1920), 1, (1080, 1920), ""),
    ((540, 960), 1, (1080, 1920), ""),
    ((2562, 1440), 1, (3840, 2158), "4k_"),
    ((3840, 1600), 1, (3840, 1600), "4k_"),
    ((3840, 2160), 1, (3840, 2160), "4k_"),
    ((4096, 2160), 1, (3840, 2024), "4k_"),
    ((2160, 3840), 1, (2160, 3840), "4k_"),
    ((1600, 1500), 1, (2304, 2160), "4k_"),
    ((1920, 2160), 2, (3840, 2160), "4k_"),
    ((7680, 4320), 1, (3840, 2160), "4k_"),
]


@pytest.mark.parametrize(("coded", "sar", "size", "large"), SHOWN)
def test_a_picture_fills_a_display(
    coded: tuple[int, int], sar: Fraction, size: tuple[int, int], large: str
) -> None:
    found = display_of(*coded, sar=Fraction(sar))
    assert (found.width, found.height) == size
    assert found.model == f"vmaf_{large}v0.6.1"
    assert found.size == f"{size[0]}x{size[1]}"
    assert found.shown(*coded) == size


@pytest.mark.parametrize(
    ("height", "rate", "viewing", "model"),
    [
        (1080, 24, "tv", "3d0h"),
        (1080, Fraction(60000, 1001), "tv", "hfr_3d0h"),
        (480, 40, "tv", "hfr_3d0h"),
        (480, 39, "phone", "5d0h"),
        (2160, 50, "phone", "hfr_5d0h"),
        (2160, 25, "tv", "1d5h_2160"),
        (2160, 50, "tv", "hfr_1d5h_2160"),
    ],
)
def test_the_models_of_v1(height: int, rate: Fraction, viewing: Viewing, model: str) -> None:
    found = display_of(height * 16 // 9, height, rate=Fraction(rate), family="v1", viewing=viewing)
    assert found.model == f"vmaf_v1.0.16_{model}"
    assert found.width == (3840 if "2160" in model else 1920)


@pytest.mark.parametrize("family", ["v0.6.1", "v1"])
def test_a_crop_is_shown_as_large_as_it_was_in_the_whole(family: VmafFamily) -> None:
    found = display_of(720, 480, sar=Fraction(32, 27), family=family)
    assert found.shown(720, 360) == (1920, 810)
    assert (
        found.filters(720, 360)
        == "setparams=colorspace=unknown,setparams=color_trc=unknown,scale=1920:810:flags=bicubic,"
    )


def test_what_fills_the_display_is_not_scaled() -> None:
    found = display_of(1920, 1080)
    assert found.filters(1920, 800) == ""
    assert not found.scales
    assert found.as_ever
    assert not display_of(1920, 1080, family="v1").as_ever
    assert not display_of(1280, 720).as_ever


def test_black_is_put_around_what_libvmaf_would_not_take() -> None:
    strip = display_of(1920, 16)
    assert strip.filters(1920, 16) == "pad=1920:64:-1:-1,"
    assert display_of(1920, 160, family="v1").filters(1920, 160) == "pad=1920:360:-1:-1,"
    assert display_of(1920, 160).padded(1920, 160) is None


@pytest.mark.parametrize(("sar", "square"), [(1, True), (Fraction(8, 9), False), (Fraction(1, 1), True)])
def test_whether_pixels_are_square(sar: Fraction, square: bool) -> None:
    assert display_of(852, 480, sar=Fraction(sar)).square is square


@pytest.mark.parametrize(("rate", "family", "frames"), [(24, "v0.6.1", 3), (60, "v0.6.1", 3), (60, "v1", 7)])
def test_how_many_frames_a_model_looks_at(rate: int, family: VmafFamily, frames: int) -> None:
    assert display_of(1920, 1080, rate=Fraction(rate), family=family).reach.frames == frames


def test_it_goes_into_a_settings_slice_and_back() -> None:
    found = display_of(720, 576, sar=Fraction(64, 45))
    assert Display.model_validate(found.model_dump(mode="json")) == found
