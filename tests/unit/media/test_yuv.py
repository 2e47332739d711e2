from __future__ import annotations

import pytest

from drapto.media.model import Colour
from drapto.media.yuv import changes, conversion, delivered, rgb_matrix
from tests.sources import video


@pytest.mark.parametrize(
    ("pix_fmt", "bits", "said"),
    [
        ("yuv420p", 8, []),
        ("yuvj420p", 8, []),
        ("yuv420p10le", 10, []),
        ("nv12", 8, []),
        ("gray", 8, []),
        ("yuv422p10le", 10, ["4:2:2 chroma"]),
        ("yuvj422p", 8, ["4:2:2 chroma"]),
        ("yuv444p12le", 12, ["4:4:4 chroma", "12 bits"]),
        ("yuv411p", 8, ["4:1:1 chroma"]),
        ("yuva444p", 8, ["4:4:4 chroma", "the alpha"]),
        ("gbrp", 8, ["RGB comes"]),
        ("gbrap12le", 12, ["RGB comes", "12 bits", "the alpha"]),
        ("bgr0", 8, ["RGB comes"]),
        ("uyvy422", 8, ["4:2:2 chroma"]),
        ("y210le", 10, ["4:2:2 chroma"]),
        ("p016le", 16, ["16 bits"]),
        ("vuya", 8, ["4:4:4 chroma", "the alpha"]),
        ("uyyvyy411", 8, ["4:1:1 chroma"]),
        ("xyz12le", 12, ["XYZ comes", "12 bits"]),
        ("argb", 8, ["RGB comes", "the alpha"]),
        ("ya16be", 16, ["16 bits", "the alpha"]),
        ("monob", 1, ["black and"]),
    ],
)
def test_what_is_lost_is_said(pix_fmt: str, bits: int, said: list[str]) -> None:
    found = changes(video(pix_fmt=pix_fmt, bit_depth=bits))
    assert [" ".join(line.split()[:2]) for line in found] == said


@pytest.mark.parametrize(
    ("width", "height", "primaries", "matrix"),
    [
        (720, 576, None, "bt470bg"),
        (1280, 720, None, "bt709"),
        (1280, 536, "bt709", "bt709"),
        (720, 576, "bt2020", "bt2020nc"),
    ],
)
def test_rgb_gets_the_matrix_that_players_expect(
    width: int, height: int, primaries: str | None, matrix: str
) -> None:
    said = Colour(range="pc", matrix="rgb", primaries=primaries, transfer="bt709")
    track = video(pix_fmt="gbrp", width=width, height=height, colour=said)
    assert rgb_matrix(track) == matrix
    assert delivered(track) == Colour(range="tv", matrix=matrix, primaries=primaries, transfer="bt709")
    assert f"out_color_matrix={matrix}:out_range=tv" in conversion(matrix)[0]


def test_yuv_keeps_its_matrix_and_range() -> None:
    said = Colour(range="pc", matrix="bt470bg")
    track = video(pix_fmt="yuvj420p", colour=said)
    assert rgb_matrix(track) is None
    assert delivered(track) == said
    assert conversion(None) == []


def test_grey_that_says_it_is_rgb_is_grey() -> None:
    track = video(pix_fmt="ya8", colour=Colour(range="pc", matrix="rgb"))
    assert rgb_matrix(track) == "gray8-pc"
    assert delivered(track) == Colour(range="pc")
    assert changes(track) == ["the alpha channel is left out"]


def test_yuv_that_says_it_is_rgb_says_nothing_afterwards() -> None:
    track = video(pix_fmt="yuv420p", colour=Colour(range="tv", matrix="rgb", primaries="bt709"))
    assert delivered(track) == Colour(range="tv", primaries="bt709")
    assert conversion(rgb_matrix(track))[-1] == "setparams=colorspace=unknown"
    assert any("says RGB" in said for said in changes(track))


@pytest.mark.parametrize("matrix", ["ycgco", "ictcp", "bt2020c", "chroma-derived-nc"])
def test_a_matrix_that_swscale_does_not_know_is_taken_off_and_put_back(matrix: str) -> None:
    said = Colour(range="tv", matrix=matrix)
    track = video(pix_fmt="yuv444p", colour=said)
    assert rgb_matrix(track) == f"as-{matrix}"
    assert delivered(track) == said
    taken, made, put = conversion(rgb_matrix(track))
    assert (taken, made) == ("setparams=colorspace=unknown", "format=yuv420p10le")
    assert put == f"setparams=colorspace={matrix}"
    assert rgb_matrix(video(pix_fmt="yuv420p10le", colour=said)) is None


@pytest.mark.parametrize(
    ("pix_fmt", "matrix", "by"),
    [
        ("yuv420p", "bt709", "as-bt709"),
        ("yuv420p", None, "as-unknown"),
        ("yuv422p", "ycgco", "as-ycgco"),
        ("gbrp", "rgb", "bt470bg"),
        ("gray", None, "gray-tv"),
    ],
)
def test_a_transfer_that_swscale_refuses_is_taken_off_and_put_back(
    pix_fmt: str, matrix: str | None, by: str
) -> None:
    track = video(pix_fmt=pix_fmt, colour=Colour(matrix=matrix, transfer="log316"))
    assert rgb_matrix(track) == f"{by}:log316"
    assert conversion(rgb_matrix(track)) == [
        "setparams=color_trc=unknown",
        *conversion(by),
        "setparams=color_trc=log316",
    ]
    assert delivered(track).matrix == ("bt470bg" if pix_fmt == "gbrp" else matrix)
    assert rgb_matrix(video(pix_fmt="yuv420p10le", colour=Colour(transfer="log316"))) is None


@pytest.mark.parametrize(
    ("pix_fmt", "said", "by", "filters"),
    [
        ("gray", "pc", "gray-pc", ["format=yuv420p", "setrange=pc"]),
        ("gray", None, "gray-tv", ["format=yuv420p", "setrange=tv"]),
        ("gray10le", "tv", "gray10-tv", ["format=yuv420p10le", "setrange=tv"]),
        ("gray12be", "pc", "gray12-pc", ["format=yuv420p12le", "setrange=pc"]),
    ],
)
def test_grey_keeps_its_samples_and_range(
    pix_fmt: str, said: str | None, by: str, filters: list[str]
) -> None:
    track = video(pix_fmt=pix_fmt, colour=Colour(range=said))
    assert rgb_matrix(track) == by
    assert conversion(by)[1:] == filters
    assert delivered(track).range == said
