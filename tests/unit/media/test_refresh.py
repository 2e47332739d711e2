"""From which keyframes on H.264 can be decoded."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from drapto.media.notes import return_notes
from drapto.media.refresh import begins_openly, is_whole_at_once, packing
from tests import clips

if TYPE_CHECKING:
    from pathlib import Path


def packet(*units: bytes) -> memoryview:
    return memoryview(b"".join(len(one).to_bytes(4, "big") + one for one in units))


def recovery(frames: bytes) -> bytes:
    """An SEI unit with a recovery point: type 6, its size, what it says, the trailing bits."""
    return b"\x06\x06" + bytes([len(frames)]) + frames + b"\x80"


SLICE, IDR = b"\x41\x9a\x00", b"\x65\x88\x00"
AT_ONCE, AFTER_11 = b"\xc4", b"\x19\x00"  # ue(v) 0 and 11: 1, and 0001100


@pytest.mark.parametrize(
    ("units", "whole"),
    [
        ((IDR,), True),
        ((recovery(AT_ONCE), SLICE), True),
        ((recovery(AFTER_11), SLICE), False),
        ((b"\x09\xf0", recovery(AFTER_11), SLICE), False),
        ((recovery(AFTER_11)[:3], SLICE), True),
        ((SLICE,), True),
    ],
)
def test_a_refresh_that_takes_frames_is_no_place_to_begin(units: tuple[bytes, ...], whole: bool) -> None:
    assert is_whole_at_once(packet(*units), 4) is whole


def test_times_that_go_back_are_told_once() -> None:
    tick = Fraction(1, 1000)
    assert return_notes([], tick) == []
    assert return_notes([(1500, 40)], tick) == []
    [said] = return_notes([(1500, 700), (2000, 20), (3000, 500)], tick)
    assert said.startswith(
        "after 1.5 s the picture's times go back by 0.7 s, and so 1 more times: its frames"
    )


class _Stream:
    def __init__(self, codec: str) -> None:
        self.codec_context = SimpleNamespace(codec=SimpleNamespace(canonical_name=codec), extradata=b"")


def test_two_frames_in_a_packet_are_packed() -> None:
    frame = b"\0\0\1\xb6frame"
    is_packed = packing(cast("Any", _Stream("mpeg4")))
    assert is_packed is not None
    assert is_packed(cast("Any", b"\0\0\1\xb0" + frame + frame))
    assert not is_packed(cast("Any", b"\0\0\1\xb0" + frame))
    assert packing(cast("Any", _Stream("h264"))) is None


def test_an_open_gop_begins_openly(ffmpeg: Path, tmp_path: Path) -> None:
    whole = clips.make_open_gop(ffmpeg, tmp_path / "whole.mkv", "h264", frames=60)
    behind = ["-i", whole, "-c", "copy", "-copyinkf", "-bsf:v", "noise=drop='lt(n,20)'"]
    clips.run_ffmpeg(ffmpeg, *behind, tmp_path / "cut.mkv")
    assert not begins_openly(whole, 0)
    assert begins_openly(tmp_path / "cut.mkv", 0)
    assert not begins_openly(clips.make_open_gop(ffmpeg, tmp_path / "hevc.mkv", "hevc", frames=24), 0)
