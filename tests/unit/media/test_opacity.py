"""Whether HEVC says that a second layer is the picture's opacity."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from drapto.media.opacity import alpha_layer

SLICE = bytes([20 << 1, 1, 0xAA, 0xBB])


def sei(message: int, *content: int) -> bytes:
    return bytes([39 << 1, 1, message, len(content), *content, 0x80])


def packet(*units: bytes) -> bytes:
    return b"".join(len(one).to_bytes(4, "big") + one for one in units)


def stream(*units: bytes, codec: str = "hevc") -> Any:
    """Return one whose hvcC has a list of these SEI units."""
    head = bytes([1, *bytes(20), 0b11])
    lists = [39, *len(units).to_bytes(2, "big")]
    extradata = head + bytes([1, *lists]) + b"".join(len(one).to_bytes(2, "big") + one for one in units)
    context = SimpleNamespace(codec=SimpleNamespace(canonical_name=codec), extradata=extradata)
    return SimpleNamespace(codec_context=context)


@pytest.mark.parametrize(
    ("in_head", "in_packet", "found"),
    [
        ((), (SLICE,), False),
        ((sei(5, 1, 2), sei(165, 0x0A, 0x7F)), (SLICE,), True),
        ((), (sei(165, 0x0A, 0x7F), SLICE), True),
        ((), (sei(165, 0x80), SLICE), False),
        ((sei(176, 0x0A),), (sei(4, 0x0A), SLICE), False),
    ],
)
def test_alpha_is_told_by_a_message(
    in_head: tuple[bytes, ...], in_packet: tuple[bytes, ...], found: bool
) -> None:
    tells = alpha_layer(stream(*in_head))
    assert tells is not None
    assert tells(cast("Any", packet(*in_packet))) is found


def test_other_codecs_are_not_asked() -> None:
    assert alpha_layer(stream(codec="h264")) is None


def test_a_head_that_is_cut_tells_nothing() -> None:
    cut = stream(sei(165, 0x0A, 0x7F))
    cut.codec_context.extradata = cut.codec_context.extradata[:-3]
    tells = alpha_layer(cut)
    assert tells is not None
    assert not tells(cast("Any", packet(SLICE)))
