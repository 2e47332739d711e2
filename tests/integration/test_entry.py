"""A part of a segment is read from a keyframe on: the same frames, and the same bytes of their encode."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import pytest

from drapto.errors import DISK_FULL, SpaceError
from drapto.video import entry as entry_module
from drapto.video.encode import run_encoder
from drapto.video.entry import entered
from tests import clips
from tests.encodes import request, settings

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.engine.context import StageContext

FRAMES = 48


@pytest.mark.parametrize(
    ("codec", "open_gop", "first", "begins"),
    [
        ("h264", False, 30, 24),
        ("h264", False, 24, 24),
        ("h264", False, 11, None),
        ("h264", True, 30, None),
        ("hevc", False, 40, 36),
        ("mpeg2", False, 30, 27),
        ("mpeg2", True, 30, None),
        ("mpeg4", False, 30, None),
    ],
)
def test_its_frames_are_those_of_the_whole(
    codec: str, open_gop: bool, first: int, begins: int | None, ffmpeg: Path, tmp_path: Path
) -> None:
    source = clips.make_clip(ffmpeg, tmp_path / "source.mkv", codec=codec, frames=FRAMES, open_gop=open_gop)
    copy = tmp_path / "copy.mkv"
    with entered(source, first, FRAMES, copy) as entry:
        assert (None if entry is None else entry.skipped) == begins
        if entry is not None:
            own, whole = (clips.frame_md5s(ffmpeg, path) for path in (entry.path, source))
            assert own[first - entry.skipped :] == whole[first:]
            assert len(whole) == FRAMES
    assert not copy.exists()


def test_it_begins_nowhere_else_where_packets_are_no_frames(ffmpeg: Path, tmp_path: Path) -> None:
    source = clips.make_clip(ffmpeg, tmp_path / "source.mkv", frames=FRAMES)
    for planned in (FRAMES - 2, FRAMES - 1, FRAMES + 1):
        with entered(source, 30, planned, tmp_path / "copy.mkv") as entry:
            assert entry is None


@pytest.mark.parametrize("rate", ["24", "24000/1001"])
def test_the_encode_has_the_same_bytes(
    rate: str, ffmpeg: Path, tmp_path: Path, shared_job: StageContext
) -> None:
    source = clips.make_clip(ffmpeg, tmp_path / "source.mkv", frames=FRAMES, rate=rate)
    asked, how = request(source, tmp_path), settings(FRAMES).part(29)
    made = []
    with entered(source, 29, FRAMES, tmp_path / "copy.mkv") as entry:
        assert entry is not None
        for number, where in enumerate((None, entry)):
            target = tmp_path / f"{number}.mkv"
            run_encoder(asked, target, how, context=shared_job, entry=where)
            made.append(target.read_bytes())
    assert made[0] == made[1]


@pytest.mark.parametrize("number", DISK_FULL)
def test_a_full_disk_and_a_full_quota_are_called_so(
    number: int, ffmpeg: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = clips.make_clip(ffmpeg, tmp_path / "source.mkv", frames=FRAMES)

    def full(source: Path, number_of_packet: int, target: Path) -> None:
        del source, number_of_packet
        target.touch()
        raise av.FFmpegError(number, "no room", str(target))

    monkeypatch.setattr(entry_module, "_copy", full)
    copy = tmp_path / "copy.mkv"
    with pytest.raises(SpaceError), entered(source, 30, FRAMES, copy):
        pass
    assert not copy.exists()
