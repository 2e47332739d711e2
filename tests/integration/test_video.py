"""Encode and join: the planned frames, the source's times, the same bytes each time."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av
import pytest

from drapto.encoding.fixed import encode_at
from drapto.encoding.record import EncodedSegment
from drapto.errors import ArtifactError, FrameCountError, ToolFailedError
from drapto.media.model import CropRect
from drapto.media.probe import inspect
from drapto.media.timestamps import read_timestamps, write_timestamps
from drapto.quality.target import FixedCrf
from drapto.video.encode import count_packets, svt_parameters
from drapto.video.join import Run, append, join
from tests import clips
from tests.disk import RATE
from tests.encodes import job, request, settings, shape

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.engine.context import EncodeProgress, StageContext
    from drapto.video.encode_settings import EncodeSettings
MS = 1_000_000


def encode(
    source: Path, folder: Path, asked: EncodeSettings, context: StageContext, *, lp: int = 1
) -> EncodedSegment:
    quality = FixedCrf(crf=asked.crf)
    return encode_at(job(request(source, folder, lp=lp), asked), quality, context=context)


@pytest.fixture
def clip(ffmpeg: Path, clip_cache: Path) -> Path:
    return clips.make_clip(ffmpeg, clip_cache / "plain.mkv", frames=48)


@pytest.mark.parametrize("location", ["left", "topleft"])
def test_the_chroma_location_survives_the_way_to_ten_bit(
    ffmpeg: Path, clip_cache: Path, tmp_path: Path, context: StageContext, location: str
) -> None:
    source = clips.make_clip(
        ffmpeg,
        clip_cache / f"chroma-{location}.mkv",
        frames=4,
        filters=f"format=yuv420p,setparams=chroma_location={location}",
    )
    encode(source, tmp_path, settings(4, chroma_location=location), context)
    assert inspect(tmp_path / "0001.mkv")[0].video.colour.chroma_location == location


def test_exactly_the_planned_frames_in_ten_bit(clip: Path, tmp_path: Path, context: StageContext) -> None:
    seen: list[EncodeProgress] = []
    record = encode_at(
        job(request(clip, tmp_path), shape(30, crop=CropRect(width=200, height=100, x=10, y=20))),
        FixedCrf(crf=35.25),
        context=context,
        report=seen.append,
    )
    assert record == EncodedSegment.read(tmp_path / "0001.json")
    assert (record.frames, record.crf, record.attempts) == (30, 35.25, 1)
    assert record.bytes == (tmp_path / "0001.mkv").stat().st_size
    with av.open(str(tmp_path / "0001.mkv")) as container:
        video = container.streams.video[0]
        assert (video.codec_context.codec.canonical_name, video.format.name) == ("av1", "yuv420p10le")
        assert (video.width, video.height) == (200, 100)
        assert len(container.streams) == 1
    assert seen[-1].frame == 30


def test_the_same_bytes_whatever_the_share_of_the_machine(
    clip: Path, tmp_path: Path, context: StageContext
) -> None:
    encode(clip, tmp_path / "a", settings(48), context, lp=1)
    encode(clip, tmp_path / "b", settings(48), context, lp=2)
    assert (tmp_path / "a" / "0001.mkv").read_bytes() == (tmp_path / "b" / "0001.mkv").read_bytes()


def test_keyframes_are_no_further_apart_than_asked(clip: Path, tmp_path: Path, context: StageContext) -> None:
    encode(clip, tmp_path, settings(48, keyint=16), context)
    with av.open(str(tmp_path / "0001.mkv")) as container:
        keys = [number for number, packet in enumerate(container.demux(video=0)) if packet.is_keyframe]
    assert keys == [0, 16, 32]


def packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def test_a_tail_is_put_in_from_a_keyframe_on(clip: Path, tmp_path: Path, context: StageContext) -> None:
    encode(clip, tmp_path / "whole", settings(48, keyint=16), context)
    encode(clip, tmp_path / "tail", settings(48, keyint=16, crf=55).tail(32), context)
    whole, tail = (tmp_path / name / "0001.mkv" for name in ("whole", "tail"))
    assert count_packets(tail) == 16
    target = tmp_path / "spliced.mkv"
    append([Run(whole, 0, 32), Run(tail)], target, frames=48, rate=Fraction(24), disk_rate=RATE)
    assert packets(target) == packets(whole)[:32] + packets(tail)
    with av.open(str(target)) as container:
        times = [round(frame.time * 24) for frame in container.decode(video=0)]
    assert times == list(range(48))
    append([Run(tail), Run(whole, 16)], target, frames=48, rate=Fraction(24), disk_rate=RATE)
    assert packets(target) == packets(tail) + packets(whole)[16:]
    with pytest.raises(ArtifactError, match="no keyframe where it is cut"):
        append([Run(whole, 5)], tmp_path / "no.mkv", frames=43, rate=Fraction(24), disk_rate=RATE)
    with pytest.raises(FrameCountError):
        append([Run(whole, 0, 32)], tmp_path / "no.mkv", frames=48, rate=Fraction(24), disk_rate=RATE)
    assert not (tmp_path / "no.mkv").exists()


def samples(path: Path) -> list[memoryview]:
    """Return every tenth line of each frame's luma, without what pads it."""
    found = []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            plane = frame.planes[0]
            raw, step, width = bytes(plane), plane.line_size, 2 * plane.width
            lines = b"".join(raw[at : at + width] for at in range(0, plane.height * step, 10 * step))
            found.append(memoryview(lines).cast("H"))
    return found


def test_a_tail_is_of_the_frames_that_it_says(clip: Path, tmp_path: Path, context: StageContext) -> None:
    encode(clip, tmp_path / "whole", settings(48, crf=10), context)
    encode(clip, tmp_path / "tail", settings(48, crf=10).tail(32), context)
    whole, tail = (samples(tmp_path / name / "0001.mkv") for name in ("whole", "tail"))
    assert len(tail) == 16

    def apart(left: memoryview, right: memoryview) -> int:
        return sum(abs(one - two) for one, two in zip(left, right, strict=True))

    for number, frame in enumerate(tail):
        assert min(range(48), key=lambda at: apart(whole[at], frame)) == 32 + number


def test_too_few_frames_are_refused_and_leave_nothing(
    clip: Path, tmp_path: Path, context: StageContext
) -> None:
    with pytest.raises(FrameCountError, match="48 frames instead of 50"):
        encode(clip, tmp_path / "out", settings(50), context)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_source_that_does_not_decode_names_itself(tmp_path: Path, context: StageContext) -> None:
    broken = tmp_path / "broken.mkv"
    broken.write_bytes(b"\x1a\x45\xdf\xa3" + bytes(1000))
    with pytest.raises(ToolFailedError, match=r"broken\.mkv: ffmpeg.*see .*encode\.log"):
        encode(broken, tmp_path / "out", settings(5), context)
    log = (context.logs / "encode.log").read_text()
    assert "libsvtav1" in log
    assert "= status" in log


def test_own_parameters_win_over_the_users() -> None:
    text = svt_parameters(settings(1, svt_params="tune=0:film-grain=0", film_grain=True), lp=3)
    assert text == "tune=0:film-grain=0:film-grain=8:film-grain-denoise=1:crf=40:keyint=240:lp=3"


def test_join_gives_every_frame_its_time_back(clip: Path, tmp_path: Path, context: StageContext) -> None:
    encode(clip, tmp_path / "a", settings(20), context)
    encode(clip, tmp_path / "b", settings(10), context)
    uneven = [360 + number * 41 + (number % 3) * 7 for number in range(30)]
    write_timestamps(tmp_path / "times.txt", [time * MS for time in uneven])
    parts = [tmp_path / "a" / "0001.mkv", tmp_path / "b" / "0001.mkv"]
    frames = join(parts, tmp_path / "times.txt", tmp_path / "video.mkv", rate=Fraction(24), disk_rate=RATE)
    assert frames == 30
    with av.open(str(tmp_path / "video.mkv")) as container:
        found = [(packet.pts, packet.is_keyframe) for packet in container.demux(video=0) if packet.size]
    assert [time for time, _ in found] == uneven
    assert [number for number, (_, key) in enumerate(found) if key] == [0, 20]
    join(parts, tmp_path / "times.txt", tmp_path / "again.mkv", rate=Fraction(24), disk_rate=RATE)
    assert (tmp_path / "again.mkv").read_bytes() == (tmp_path / "video.mkv").read_bytes()


@pytest.mark.parametrize("planned", [19, 21])
def test_join_refuses_another_number_of_frames(
    planned: int, clip: Path, tmp_path: Path, context: StageContext
) -> None:
    encode(clip, tmp_path / "a", settings(20), context)
    write_timestamps(tmp_path / "times.txt", [number * 40 * MS for number in range(planned)])
    with pytest.raises(FrameCountError, match=r"20 frames|more than"):
        join(
            [tmp_path / "a" / "0001.mkv"],
            tmp_path / "times.txt",
            tmp_path / "video.mkv",
            rate=Fraction(25),
            disk_rate=RATE,
        )
    assert not (tmp_path / "video.mkv").exists()


def test_join_refuses_a_segment_of_another_size(clip: Path, tmp_path: Path, context: StageContext) -> None:
    encode(clip, tmp_path / "a", settings(5), context)
    encode(clip, tmp_path / "b", settings(5, crop=CropRect(width=200, height=100, x=0, y=0)), context)
    write_timestamps(tmp_path / "times.txt", [number * 40 * MS for number in range(10)])
    parts = [tmp_path / "a" / "0001.mkv", tmp_path / "b" / "0001.mkv"]
    with pytest.raises(ArtifactError, match="does not fit"):
        join(parts, tmp_path / "times.txt", tmp_path / "video.mkv", rate=Fraction(25), disk_rate=RATE)


def test_join_names_a_damaged_segment(tmp_path: Path) -> None:
    (tmp_path / "bad.mkv").write_text("nothing")
    write_timestamps(tmp_path / "times.txt", [0])
    with pytest.raises(ToolFailedError, match="cannot be joined"):
        join(
            [tmp_path / "bad.mkv"],
            tmp_path / "times.txt",
            tmp_path / "v.mkv",
            rate=Fraction(25),
            disk_rate=RATE,
        )
    with pytest.raises(ToolFailedError, match="cannot be read"):
        count_packets(tmp_path / "bad.mkv")
    assert read_timestamps(tmp_path / "times.txt") == [0]
