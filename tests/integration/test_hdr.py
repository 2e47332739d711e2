"""Each frame's metadata from the source to the finished file, cut at open GOPs; read by libavcodec too."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING, cast

import av
import pytest
from av.sidedata.sidedata import Type

from drapto.encoding.fixed import encode_at
from drapto.errors import SourceError, ValidationError
from drapto.media.fields.model import FieldsInfo
from drapto.media.hdr.dolby_vision import plan
from drapto.media.hdr.dynamic import FrameMetadata, read_dynamic
from drapto.media.limits import limits, refuse_unkeepable
from drapto.media.model import CropInfo, CropRect, DolbyVision, SourceInfo
from drapto.media.probe import Examined, examine, inspect, probe_source
from drapto.output.decode_check import Coded, DecodedSegment, decode_part
from drapto.output.model import Validation
from drapto.output.mux import mux
from drapto.output.validate import Finished, Provenance, validate
from drapto.quality.target import FixedCrf
from drapto.video.carry import carried
from drapto.video.join import join
from drapto.video.split import Cutting, Request, split
from tests import clips, dynamic
from tests.disk import RATE
from tests.encodes import job, request, shape
from tests.integration.finished import whole_picture

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from av.sidedata.sidedata import SideDataContainer

    from drapto.engine.context import StageContext
REAL = ("dolby_vision_81_hdr10", "dolby_vision_84_hlg", "dolby_vision_7_el", "hdr10plus")
LARGE = {"dolby_vision_84_hlg"}
"""Real clips of which the first two segments are enough, and of these a corner."""

CORNER = CropRect(width=320, height=180, x=0, y=0)

PROGRESSIVE = FieldsInfo(digest="d", kind="progressive", method="known", reason="made so")
PLUS, DOLBY = Type.DYNAMIC_HDR_PLUS, Type.DOVI_METADATA


@dataclass(frozen=True)
class Title:
    """A source and what became of it."""

    source: Path
    folder: Path
    info: SourceInfo
    crop: CropInfo
    decoded: tuple[DecodedSegment, ...]

    @property
    def muxed(self) -> Path:
        return self.folder / "muxed.mkv"

    def check(self, context: StageContext, muxed: Path) -> Validation:
        finished = Finished(
            muxed,
            self.info,
            self.folder / "planned.txt",
            self.folder / "dynamic.txt",
            self.crop,
            PROGRESSIVE,
            [],
            self.decoded,
        )
        return validate(finished, self.folder / "validation.json", provenance=Provenance({}), context=context)


def encode(
    context: StageContext, source: Path, folder: Path, *, chunk: float, rect: CropRect | None = None
) -> Title:
    """Take the picture of a source through all stages; the segments are as short as they can be."""
    names = ("timestamps.txt", "keyframes.txt", "dynamic.txt")
    times, keys, metadata = (folder / name for name in names)
    info = probe_source(source, folder / "probe.json", times, keys, metadata, digest="d")
    info = info.model_copy(update={"audio": ()})
    crop = whole_picture(info)
    if rect is not None:
        crop = crop.model_copy(update={"rect": rect})
    outputs = [folder / name for name in ("segments.json", "segments")]
    files = Request(source, folder, *outputs, times, keys, folder / "planned.txt")
    planned = split(
        files,
        info,
        PROGRESSIVE,
        Cutting("chunked", "", chunk, "frame", {}),
        disk_rate=RATE,
    )
    encoded = []
    for segment in planned.segments:
        asked = request(
            folder / segment.path if segment.path else source,
            folder / "encoded",
            index=segment.index,
            stream=0 if segment.path else info.video.index,
            width=crop.rect.width,
            height=crop.rect.height,
        )
        own = shape(segment.frames, crop=rect, rate=planned.rate, keyint=segment.keyint)
        encode_at(job(asked, own), FixedCrf(crf=50), context=context)
        encoded.append(asked.target)
    kept = list(carried(read_dynamic(metadata, planned.frames), plan(info.video), crop))
    video = folder / "video.mkv"
    join(encoded, times, video, rate=planned.rate, disk_rate=RATE, metadata=kept)
    join(encoded, times, folder / "without.mkv", rate=planned.rate, disk_rate=RATE)
    mux(video, [], None, info, folder / "muxed.mkv", context=context)
    waiting = iter(kept)
    coded = [
        Coded(segment.index, path, list(islice(waiting, segment.frames)))
        for segment, path in zip(planned.segments, encoded, strict=True)
    ]
    share = decode_part(coded, folder / "decoded" / "01.json", context=context, log="validate-01")
    return Title(source, folder, info, crop, share.segments)


def made(
    context: StageContext,
    folder: Path,
    frames: Sequence[FrameMetadata],
    configuration: DolbyVision | None = None,
    *,
    bars: clips.Bars = clips.NO_BARS,
    rect: CropRect | None = None,
) -> tuple[Title, Examined]:
    """Make a clip, encode it in segments of a GOP, validate it; return it and what is in the output."""
    folder.mkdir(exist_ok=True)
    source = dynamic.make_hdr(
        context.ffmpeg, folder / "source.mkv", frames, configuration=configuration, bars=bars
    )
    title = encode(context, source, folder, chunk=0.5, rect=rect)
    title.check(context, title.muxed)
    return title, examine(title.muxed)


def decoded(path: Path, kind: Type) -> list[bytes | None]:
    """Return what libavcodec itself parses out of each frame."""
    found: list[bytes | None] = []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            try:
                found.append(bytes(cast("SideDataContainer", frame.side_data)[kind]))
            except KeyError:
                found.append(None)
    return found


def record(profile: int, compatibility: int = 1) -> DolbyVision:
    el = profile == 7
    return DolbyVision(
        profile=profile, compatibility=compatibility, level=1, has_rpu=True, has_el=el, has_bl=True
    )


def rpus(count: int, *, layer: dynamic.Layer | None = None) -> list[bytes]:
    return [dynamic.rpu(brightest=2000 + number, layer=layer) for number in range(count)]


def test_every_frame_keeps_its_own_through_open_gops(context: StageContext, tmp_path: Path) -> None:
    given = [FrameMetadata(dynamic.hdr10plus(number), rpu) for number, rpu in enumerate(rpus(48))]
    title, output = made(context, tmp_path, given, record(8))
    assert len(list((tmp_path / "encoded").glob("*.mkv"))) > 2
    assert output.dynamic == given
    assert output.info.video.dolby_vision == record(10)
    for kind in (PLUS, DOLBY):
        there = decoded(title.muxed, kind)
        assert there == decoded(title.source, kind)
        assert None not in there
        assert len(set(there)) == 48
    plain = clips.frame_md5s(context.ffmpeg, tmp_path / "without.mkv")
    assert clips.frame_md5s(context.ffmpeg, title.muxed) == plain
    again = tmp_path / "again.mkv"
    join(
        sorted((tmp_path / "encoded").glob("*.mkv")),
        tmp_path / "timestamps.txt",
        again,
        rate=Fraction(24),
        disk_rate=RATE,
        metadata=given,
    )
    assert again.read_bytes() == (tmp_path / "video.mkv").read_bytes()


def test_frames_without_hdr10plus_stay_without(context: StageContext, tmp_path: Path) -> None:
    given = [FrameMetadata(dynamic.hdr10plus(number) if number % 5 else None) for number in range(30)]
    title, output = made(context, tmp_path, given)
    assert output.dynamic == given
    assert limits(title.info) == ["only 24 of 30 frames have HDR10+ metadata: they are kept on those"]


def test_a_minimal_enhancement_layer_becomes_profile_ten(context: StageContext, tmp_path: Path) -> None:
    given = [FrameMetadata(rpu=rpu) for rpu in rpus(24, layer="MEL")]
    title, output = made(context, tmp_path, given, record(7, 6))
    assert output.dynamic == [FrameMetadata(rpu=rpu) for rpu in rpus(24)]
    assert output.info.video.dolby_vision == record(10)
    assert None not in decoded(title.muxed, DOLBY)
    assert "kept as profile 8" in limits(title.info)[0]


@pytest.mark.parametrize(("layer", "missing"), [("FEL", None), (None, 17)])
def test_what_cannot_be_kept_falls_back_as_a_whole_title(
    context: StageContext, tmp_path: Path, layer: dynamic.Layer | None, missing: int | None
) -> None:
    given = [FrameMetadata(dynamic.hdr10plus(1), rpu) for rpu in rpus(24, layer=layer)]
    if missing is not None:
        given[missing] = given[missing]._replace(rpu=None)
    title, output = made(context, tmp_path, given, record(7, 6) if layer else record(8))
    assert output.dynamic == [FrameMetadata(dynamic.hdr10plus(1))] * 24
    assert output.info.video.dolby_vision is None
    assert limits(title.info)[0].startswith("Dolby Vision is dropped and the picture kept as HDR10: ")


def test_rpus_that_no_record_announces_are_kept(context: StageContext, tmp_path: Path) -> None:
    given = [FrameMetadata(rpu=rpu) for rpu in rpus(24)]
    title, output = made(context, tmp_path, given, None)
    assert title.info.video.hdr == "Dolby Vision"
    assert output.dynamic == given
    assert output.info.video.dolby_vision is not None
    assert (output.info.video.dolby_vision.profile, output.info.video.dolby_vision.compatibility) == (10, 1)
    assert limits(title.info) == []


def test_own_colours_that_no_record_announces_are_refused(ffmpeg: Path, tmp_path: Path) -> None:
    frames = [FrameMetadata(rpu=dynamic.rpu(full_range=True, brightest=number)) for number in range(12)]
    source = dynamic.make_hdr(ffmpeg, tmp_path / "five.mkv", frames)
    info, _ = inspect(source)
    with pytest.raises(SourceError, match="profile 5"):
        refuse_unkeepable(source, info.video)


def test_a_crop_takes_the_active_area_with_it(context: StageContext, tmp_path: Path) -> None:
    bars = clips.Bars(top=22, bottom=22)
    given = [FrameMetadata(rpu=dynamic.rpu(area=(0, 0, 22, 24), brightest=number)) for number in range(24)]
    rect = CropRect(width=320, height=136, x=0, y=22)
    _, output = made(context, tmp_path, given, record(8), bars=bars, rect=rect)
    wanted = [dynamic.rpu(area=(0, 0, 0, 2), brightest=number) for number in range(24)]
    assert output.dynamic == [FrameMetadata(rpu=rpu) for rpu in wanted]
    assert (output.info.video.width, output.info.video.height) == (320, 136)


def test_an_output_without_the_metadata_is_not_published(context: StageContext, tmp_path: Path) -> None:
    given = [FrameMetadata(dynamic.hdr10plus(number), rpu) for number, rpu in enumerate(rpus(12))]
    title, _ = made(context, tmp_path, given, record(8))
    mux(tmp_path / "without.mkv", [], None, title.info, tmp_path / "bare.mkv", context=context)
    with pytest.raises(ValidationError, match="video HDR10"):
        title.check(context, tmp_path / "bare.mkv")
    failed = [check.name for check in Validation.read(tmp_path / "validation.json").failed]
    assert failed == ["video HDR10+", "video RPUs", "decoded frames"]


def test_bt2020_that_is_not_hdr_is_not_called_so(ffmpeg: Path, clip_cache: Path) -> None:
    wide = "setparams=color_primaries=bt2020:color_trc=bt2020-10:colorspace=bt2020nc"
    source = clips.make_clip(
        ffmpeg, clip_cache / "bt2020.mkv", codec="hevc", frames=4, pix_fmt="yuv420p10le", filters=wide
    )
    video = examine(source).info.video
    assert (video.hdr, video.colour.primaries, video.colour.transfer) == ("SDR", "bt2020", "bt2020-10")


@pytest.mark.media
@pytest.mark.parametrize("name", REAL)
def test_real_clips_keep_all(
    media: Callable[[str], Path], context: StageContext, tmp_path: Path, name: str
) -> None:
    source = media(f"{name}.mkv")
    if name in LARGE:
        source = clips.beginning(context.ffmpeg, source, tmp_path / "beginning.mkv", 1.6)
    title = encode(context, source, tmp_path, chunk=1, rect=CORNER if name in LARGE else None)
    assert len(title.decoded) >= (2 if name in LARGE else 1)
    title.check(context, title.muxed)
    given, output = examine(title.source), examine(title.muxed)
    assert output.dynamic == given.dynamic
    assert len(output.dynamic) == given.info.video.frames
    assert output.info.video.hdr == given.info.video.hdr
    assert output.info.video.light == given.info.video.light
    assert _compatibility(output.info.video.dolby_vision) == _compatibility(given.info.video.dolby_vision)
    kind = PLUS if name == "hdr10plus" else DOLBY
    there = decoded(title.muxed, kind)
    assert there == decoded(title.source, kind)
    assert None not in there


def _compatibility(configuration: DolbyVision | None) -> int | None:
    return None if configuration is None else configuration.compatibility
