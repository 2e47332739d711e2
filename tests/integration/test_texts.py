"""Sources whose names and tags are no UTF-8."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from drapto.media.crop.samples import keyframes
from drapto.media.probe import inspect
from drapto.media.texts import AS_LATIN
from tests import clips

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (b"Caf\xe9", "Café"),
        ("Café".encode(), "Café"),
        (b"\xc3\xa9 and \xe9", "é and é"),
        (b"\x93so\x94", "“so”"),
        (b"\x81", "\ufffd"),
    ],
)
def test_bytes_that_are_no_text(written: bytes, read: str) -> None:
    assert written.decode(errors=AS_LATIN) == read


@pytest.mark.parametrize("frame_index", ["packets", "decode"])
def test_a_tag_does_not_cost_a_film(ffmpeg: Path, tmp_path: Path, frame_index: str) -> None:
    plain = clips.make_clip(ffmpeg, tmp_path / "plain.mkv", frames=6)
    source, title = tmp_path / "latin.mkv", os.fsdecode(b"title=Caf\xe9")
    named = ["-metadata", title, "-metadata:s:v:0", title]
    clips.run_ffmpeg(ffmpeg, "-i", plain, "-c", "copy", *named, source)
    assert b"Caf\xe9" in source.read_bytes()
    info, times = inspect(source, frame_index=frame_index)  # type: ignore[arg-type]
    assert (info.tags["title"], info.video.title, len(times)) == ("Café", "Café", 6)
    assert list(keyframes(source, info.video))
