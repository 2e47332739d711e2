"""A finished title, made stage by stage, for the tests of mux and validate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from drapto.audio.encode import encode_audio
from drapto.audio.plan import AudioPlan, plan_audio
from drapto.media.hdr.dynamic import write_dynamic
from drapto.media.model import CropInfo, CropRect, SourceInfo
from drapto.media.probe import examine
from drapto.media.timestamps import write_timestamps
from drapto.output.decode_check import Coded, DecodedSegment, decode_part
from drapto.output.elements import copy_elements
from drapto.output.mux import mux
from drapto.output.subtitles import copy_subtitles
from drapto.video.carry import of_output
from drapto.video.join import join
from tests import clips
from tests.disk import RATE

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.engine.context import StageContext


class Bitrates(NamedTuple):
    """The default settings."""

    mono: int = 64
    stereo: int = 128
    surround_5_1: int = 256
    surround_7_1: int = 384


@dataclass(frozen=True)
class Finished:
    """A title's parts and the file made of them."""

    source: Path
    info: SourceInfo
    times: list[int]
    timestamps: Path
    dynamic: Path
    crop: CropInfo
    plans: list[AudioPlan]
    video: Path
    decoded: tuple[DecodedSegment, ...]
    audio: list[Path]
    subtitles: Path | None
    elements: Path
    muxed: Path


def finish(context: StageContext, source: Path, folder: Path) -> Finished:
    """Take ``source`` through the stages in ``folder``, the picture by a plain encode of the whole of it."""
    folder.mkdir(parents=True, exist_ok=True)
    found = examine(source)
    info, times = found.info, found.times
    timestamps, dynamic = folder / "timestamps.txt", folder / "dynamic.txt"
    write_timestamps(timestamps, times)
    write_dynamic(dynamic, found.dynamic)
    video = encode_video(context, source, folder / "video.mkv")
    if found.dynamic:
        # as they come out of the encoder, the frames have none of it
        encoded, rate = video.replace(folder / "encoded.mkv"), info.video.rate
        kept = of_output(dynamic, len(times), info, whole_picture(info), None)
        join([encoded], timestamps, video, rate=rate, disk_rate=RATE, metadata=kept)
    audio = [folder / f"audio-{number}.mkv" for number in range(len(info.audio))]
    for number, (track, path) in enumerate(zip(info.audio, audio, strict=True)):
        encode_audio(source, track, number, path, bitrates=Bitrates(), context=context)
    subtitles = folder / "subtitles.mkv" if info.subtitles else None
    if subtitles is not None:
        copy_subtitles(source, info, subtitles, context=context)
    muxed, elements = folder / "muxed.mkv", folder / "elements.mkv"
    copy_elements(source, elements)
    mux(video, audio, subtitles, info, muxed, elements=elements, context=context)
    plans = [plan_audio(track, Bitrates()) for track in info.audio]
    crop = whole_picture(info)
    share = decode_part([Coded(1, video)], folder / "decoded.json", context=context, log="validate-01")
    return Finished(
        source=source,
        info=info,
        times=times,
        timestamps=timestamps,
        dynamic=dynamic,
        crop=crop,
        plans=plans,
        video=video,
        decoded=share.segments,
        audio=audio,
        subtitles=subtitles,
        elements=elements,
        muxed=muxed,
    )


def encode_video(context: StageContext, source: Path, target: Path, pix_fmt: str = "yuv420p10le") -> Path:
    """Encode all frames at their times, the shape of the pixels dropped as the join of segments drops it."""
    exact = ["-fps_mode", "passthrough", "-enc_time_base", "1:1000", "-avoid_negative_ts", "disabled"]
    coded = ["-c:v", "libsvtav1", "-preset", "12", "-crf", "50", "-pix_fmt", pix_fmt, "-vf", "setsar=0"]
    clips.run_ffmpeg(context.ffmpeg, "-copyts", "-i", source, "-map", "0:v:0", *exact, *coded, target)
    return target


def whole_picture(info: SourceInfo) -> CropInfo:
    """Return the crop that cuts nothing."""
    width, height = info.video.width, info.video.height
    return CropInfo(
        digest=info.digest,
        source_width=width,
        source_height=height,
        rect=CropRect(width=width, height=height, x=0, y=0),
        method="disabled",
        reason="tests",
    )
