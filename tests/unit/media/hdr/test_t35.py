"""The wrapper of RPUs in AV1, against one that ffmpeg 9.0.2 wrote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drapto.media.hdr.t35 import DOLBY_VISION, is_hdr10plus, lost_kind, unwrap_rpu, wrap_rpu


@given(st.integers(1, 70_000).flatmap(lambda size: st.just(bytes(number % 251 for number in range(size)))))
def test_every_size_comes_back(rpu: bytes) -> None:
    assert unwrap_rpu(wrap_rpu(rpu)) == rpu


@pytest.mark.parametrize(
    ("size", "head", "foot"),
    [
        # first and last bytes of libsvtav1's messages for RPUs of 150 and 410 bytes
        (150, "b5003b0000080037cd0832", "00200780"),
        (410, "b5003b0000080037cd082019a0", "00100380"),
    ],
)
def test_the_frame_is_ffmpegs(size: int, head: str, foot: str) -> None:
    message = wrap_rpu(bytes([8]) + bytes(size - 2) + b"\x80") + b"\x80"
    assert message.hex().startswith(head)
    assert message.hex().endswith(foot)


def test_other_messages_carry_none() -> None:
    whole = wrap_rpu(bytes(30))
    assert unwrap_rpu(b"\xb5\0\x3c\0\1\4") is None
    for broken in (DOLBY_VISION, whole[:-2], DOLBY_VISION + bytes(40)):
        assert unwrap_rpu(broken) is None
    assert is_hdr10plus(bytes.fromhex("b5003c0001040140"))
    assert not is_hdr10plus(bytes.fromhex("b5003c0001050140"))


@pytest.mark.parametrize(
    ("start", "name"),
    [
        ("260004000501", "HDR Vivid"),
        ("b5003a00", "SL-HDR"),
        ("b5003c000104", None),
        ("b500314741393403", None),  # captions (ATSC A/53)
    ],
)
def test_metadata_that_are_not_carried_have_a_name(start: str, name: str | None) -> None:
    assert lost_kind(bytes.fromhex(start) + bytes(9)) == name
