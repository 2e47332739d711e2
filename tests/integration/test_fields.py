"""Fields of real pictures: what they are found to be, and what is made of them."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from drapto.media.fields import idet
from drapto.media.fields.deinterlace import detect_fields
from drapto.media.fields.model import FieldsInfo, deinterlacer
from drapto.media.fields.vote import COMBED, ORDERED
from drapto.media.probe import inspect, probe_source
from drapto.media.timestamps import read_timestamps
from drapto.output.fields import check_fields
from drapto.video.split import Cutting, Request, split
from tests import clips
from tests.disk import RATE
from tests.sources import fields

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drapto.engine.context import StageContext
    from drapto.media.fields.model import FieldRate
    from drapto.video.plan import SegmentPlan
COUNT = ("-fps_mode", "passthrough", "-f", "framemd5", "-fflags", "+bitexact", "-")
SAME = 38
"""dB of PSNR above which a coded frame is the film frame: its neighbours are at 25 and less."""


def look(source: Path, folder: Path, context: StageContext, mode: str = "auto") -> FieldsInfo:
    info, _ = inspect(source, digest="d")
    found = detect_fields(source, info, folder / "fields.json", mode=mode, context=context)  # type: ignore[arg-type]
    assert FieldsInfo.read(folder / "fields.json") == found
    return found


def planned(
    source: Path, folder: Path, found: FieldsInfo, chunk_size: float | None, rate: FieldRate = "frame"
) -> SegmentPlan:
    names = ("segments.json", "segments", "timestamps.txt", "keyframes.txt", "planned.txt")
    request = Request(source, folder, *(folder / name for name in names))
    probed = [folder / "probe.json", request.timestamps, request.keyframes, folder / "dynamic.txt"]
    info = probe_source(source, *probed, digest="d")
    return split(
        request,
        info,
        found,
        Cutting("s", "r", chunk_size, rate, {}),
        disk_rate=RATE,
    )


def pictures(ffmpeg: Path, source: Path, folder: Path, plan: SegmentPlan) -> list[str]:
    """Return the MD5 of every picture of all segments, as the encoder gets them."""
    found = []
    for segment in plan.segments:
        path = folder / segment.path if segment.path else source
        graph = ["-vf", ",".join(segment.filters)] if segment.filters else []
        arguments = ["-copyts", "-i", path, *graph, "-fps_mode", "passthrough", "-f", "framemd5", "-"]
        lines = clips.run_ffmpeg(ffmpeg, *arguments).decode().splitlines()
        made = [line.rsplit(",", 1)[1].strip() for line in lines if not line.startswith("#")]
        assert len(made) >= segment.frames
        # only what is not filtered has frames left over, those that are shared with the next segment
        assert not segment.filters or len(made) == segment.frames
        found += made[: segment.frames]
    return found


@pytest.fixture
def telecined(ffmpeg: Path, clip_cache: Path) -> Path:
    return clips.make_telecined(ffmpeg, clip_cache / "telecined.mkv", frames=151)


@pytest.fixture
def interlaced(ffmpeg: Path, clip_cache: Path) -> Path:
    return clips.make_interlaced(ffmpeg, clip_cache / "interlaced-top.mkv")


@pytest.mark.parametrize(("top_first", "order"), [(True, "tff"), (False, "bff")])
def test_the_order_of_fields_comes_from_the_pictures(
    ffmpeg: Path, tmp_path: Path, context: StageContext, top_first: bool, order: str
) -> None:
    source = clips.make_interlaced(ffmpeg, tmp_path / "clip.mkv", top_first=top_first)
    found = look(source, tmp_path, context)
    assert (found.kind, found.order, found.method, found.marked) == ("interlaced", order, "detected", True)


CAPTURED = {
    "huffyuv": ("-c:v", "huffyuv", "-pix_fmt", "yuv422p"),
    "prores": ("-c:v", "prores_ks", "-profile:v", "0", "-flags:v", "+bitexact+ildct"),
    "mjpeg": ("-c:v", "mjpeg", "-q:v", "3"),
    "hevc": ("-c:v", "libx265", "-preset", "ultrafast", "-crf", "14", "-x265-params", "log-level=none"),
}


@pytest.mark.parametrize("codec", CAPTURED)
def test_what_was_captured_in_fields_is_found_in_any_codec(
    ffmpeg: Path, tmp_path: Path, context: StageContext, codec: str
) -> None:
    for rate, weave, kind in (
        ("50", "tinterlace=interleave_top", ("interlaced", "tff")),
        ("25", "null", ("progressive", None)),
    ):
        source = tmp_path / f"{kind[0]}.mkv"
        inputs = ["-f", "lavfi", "-i", f"{clips.film(rate=rate)},{weave}", "-frames:v", "40"]
        clips.run_ffmpeg(ffmpeg, *inputs, *CAPTURED[codec], *clips.STRIPPED.split(), source)
        found = look(source, tmp_path, context)
        assert (found.kind, found.order) == kind
        assert found.method == "detected"


def test_flags_that_claim_fields_are_not_believed(
    ffmpeg: Path, tmp_path: Path, context: StageContext
) -> None:
    source = clips.make_clip(
        ffmpeg, tmp_path / "c.mkv", codec="mpeg2", graph=clips.film(rate="25"), options=clips.FIELD_FLAGS
    )
    found = look(source, tmp_path, context)
    assert inspect(source)[0].video.scan == "interlaced"
    assert (found.kind, found.order) == ("progressive", None)
    plan = planned(source, tmp_path, found, 1)
    assert {segment.filters for segment in plan.segments} == {("setfield=prog",)}
    assert pictures(ffmpeg, source, tmp_path, plan) == clips.frame_md5s(ffmpeg, source)


def test_flags_that_deny_fields_are_not_believed(ffmpeg: Path, tmp_path: Path, context: StageContext) -> None:
    weave = "tinterlace=interleave_top,setfield=prog"
    graph = clips.film(rate="50")
    source = clips.make_clip(ffmpeg, tmp_path / "c.mkv", graph=graph, filters=weave, options=("-crf", "8"))
    assert inspect(source)[0].video.scan == "progressive"
    assert look(source, tmp_path, context).kind == "interlaced"


SMALL, PAL, NTSC = (320, 240), (720, 576), (720, 480)


def pattern(size: tuple[int, int], rate: str) -> str:
    return f"testsrc2=s={size[0]}x{size[1]}:r={rate}"


def shaken(size: tuple[int, int], rate: str) -> str:
    width, height = size
    moves = f"crop={width}:{height}:'8+4*sin(n)':'8+4*cos(n*1.3)'"
    return f"testsrc2=s={width + 16}x{height + 16}:r={rate},loop=-1:1:0,{moves}"


def waves(size: tuple[int, int], rate: str, *, period: int, speed: float) -> str:
    """Return horizontal waves, ``period`` lines long, that move by ``speed`` lines a frame."""
    luma = f"128+100*sin(2*PI*(Y+{speed}*N)/{period})"
    return f"nullsrc=s={size[0]}x{size[1]}:r={rate},format=gray,geq=lum='{luma}'"


@pytest.mark.parametrize("codec", ["h264", "mpeg2"])
@pytest.mark.parametrize(
    "graph",
    [
        pytest.param(pattern(SMALL, "25"), id="pattern"),
        pytest.param(pattern(SMALL, "30000/1001"), id="pattern-ntsc"),
        pytest.param(pattern(PAL, "50"), id="pattern-pal"),
        pytest.param(shaken(SMALL, "25"), id="shaken"),
        pytest.param(waves(SMALL, "25", period=8, speed=2.5), id="waves"),
        pytest.param("cellauto=s=320x240:r=25:rule=30:seed=3:full=0,format=yuv420p", id="line-by-line"),
    ],
)
def test_progressive_pictures_that_look_interlaced_stay_as_they_are(
    ffmpeg: Path, tmp_path: Path, context: StageContext, graph: str, codec: str
) -> None:
    source = clips.make_clip(ffmpeg, tmp_path / "c.mkv", codec=codec, frames=30, graph=graph)
    found = look(source, tmp_path, context)
    assert found.method == "detected"
    assert max(point.multiple.fraction_combed for point in found.points) > COMBED, (
        "idet does not suspect this one"
    )
    assert (found.kind, found.order) == ("progressive", None)
    assert not any(segment.filters for segment in planned(source, tmp_path, found, 1).segments)


def test_what_still_looks_interlaced_once_deinterlaced_stays_as_it_is(
    ffmpeg: Path, tmp_path: Path, context: StageContext
) -> None:
    graph = waves(SMALL, "25", period=4, speed=0.5)
    found = look(clips.make_clip(ffmpeg, tmp_path / "c.mkv", frames=30, graph=graph), tmp_path, context)
    assert (found.kind, found.order) == ("progressive", None)
    assert "still look so once they are deinterlaced" in found.reason


@pytest.mark.parametrize("size", [SMALL, NTSC])
def test_the_same_patterns_of_two_moments_are_interlaced(
    ffmpeg: Path, tmp_path: Path, context: StageContext, size: tuple[int, int]
) -> None:
    source = clips.make_clip(
        ffmpeg,
        tmp_path / "c.mkv",
        frames=30,
        graph=pattern(size, "50"),
        filters="tinterlace=interleave_top,setfield=prog",
    )
    found = look(source, tmp_path, context)
    assert (found.kind, found.order) == ("interlaced", "tff")
    assert min(point.preference or 0.0 for point in found.points) > ORDERED


def test_deinterlaced_pictures_pass_where_idet_still_suspects_them(
    ffmpeg: Path, tmp_path: Path, context: StageContext
) -> None:
    cells = "life=s=320x240:r=50:mold=10:life_color=#C83232:death_color=#32B432:seed=7,format=yuv420p"
    graph = f"{cells},tinterlace=interleave_top"
    done = clips.make_clip(
        ffmpeg,
        tmp_path / "c.mkv",
        frames=30,
        graph=graph,
        filters=deinterlacer("tff", "frame"),
    )
    video = inspect(done)[0].video
    assert idet.look(done, video, context=context, log="look")[0].multiple.fraction_combed > COMBED
    assert check_fields(done, video, context=context).passed


def test_telecined_film_is_found(telecined: Path, tmp_path: Path, context: StageContext) -> None:
    found = look(telecined, tmp_path, context)
    assert (found.kind, found.order) == ("telecined", "tff")
    assert all(point.verdict == "telecined" for point in found.points)
    assert look(telecined, tmp_path / "again", context).dumps() == found.dumps()


def test_telecined_film_with_grain_is_found(ffmpeg: Path, tmp_path: Path, context: StageContext) -> None:
    """Coding leaves less of the grain alike in a repeated field than of a picture without."""
    source = clips.make_clip(
        ffmpeg,
        tmp_path / "grain.mkv",
        codec="mpeg2",
        frames=120,
        graph=clips.film(),
        filters="noise=c0s=8:c0f=t:all_seed=1,telecine=pattern=23",
        bframes=2,
        options=[*clips.FIELD_FLAGS, "-qscale:v", "4"],
    )
    found = look(source, tmp_path, context)
    assert (found.kind, found.order) == ("telecined", "tff")


@pytest.mark.media
@pytest.mark.parametrize(
    ("start", "pulldown", "order"),
    [(30, "first_field=top:pattern=23", "tff"), (2, "first_field=bottom:pattern=32", "bff")],
)
def test_real_film_coded_as_on_a_disc(
    ffmpeg: Path,
    media: Callable[[str], Path],
    tmp_path: Path,
    context: StageContext,
    start: int,
    pulldown: str,
    order: str,
) -> None:
    """Fades, cuts, slow scenes and a lossy coder: hardly a repeated field is the same."""

    def at(rate: str) -> str:
        return f"setpts=N/({rate})/TB,fps={rate}"

    source = tmp_path / "disc.mkv"
    clips.run_ffmpeg(
        ffmpeg,
        *("-ss", str(start), "-t", "6", "-i", media("sintel_trailer_720p.mkv"), "-an"),
        # of 352 columns, as some discs are: a line has half of the pixels
        *("-vf", f"scale=352:480,{at('24000/1001')},telecine={pulldown},{at('30000/1001')},setfield={order}"),
        *("-c:v", "mpeg2video", "-b:v", "2M", "-maxrate", "4M", "-bufsize", "1835k", "-g", "15", "-bf", "2"),
        *("-flags", "+ilme+ildct", source),
    )
    found = look(source, tmp_path, context)
    assert (found.kind, found.order) == ("telecined", order)


def test_noise_in_whole_or_woven_pictures_is_no_cadence(
    ffmpeg: Path, tmp_path: Path, context: StageContext
) -> None:
    for kind, rate, filters in (
        ("progressive", "30000/1001", "null"),
        ("interlaced", "60000/1001", "tinterlace=interleave_top"),
    ):
        source = clips.make_clip(
            ffmpeg,
            tmp_path / f"{kind}.mkv",
            codec="mpeg2",
            frames=120,
            graph=clips.film(rate=rate),
            filters=f"noise=c0s=8:c0f=t:all_seed=1,{filters}",
            bframes=2,
            options=[*clips.FIELD_FLAGS, "-qscale:v", "4"],
        )
        assert look(source, tmp_path / kind, context).kind == kind


def test_film_and_video_in_one_title_are_mixed(ffmpeg: Path, tmp_path: Path, context: StageContext) -> None:
    film = f"{clips.film()},telecine=pattern=23,trim=end_frame=120,settb=1001/30000,setpts=N"
    video = f"{clips.film(rate='60000/1001')},tinterlace=interleave_top,trim=end_frame=120"
    source = clips.make_clip(
        ffmpeg,
        tmp_path / "mixed.mkv",
        codec="mpeg2",
        frames=240,
        graph=f"{film}[film];{video},settb=1001/30000,setpts=N[video];[film][video]concat=n=2",
        filters=f"fps={clips.VIDEO_RATE}",
        bframes=2,
        options=clips.FIELD_FLAGS,
    )
    found = look(source, tmp_path, context)
    assert found.kind == "mixed"
    assert "3 interlaced, 3 telecined" in found.reason
    plan = planned(source, tmp_path, found, 2)
    assert plan.frames == 240
    whole = planned(source, tmp_path / "whole", found, None)
    assert pictures(ffmpeg, source, tmp_path, plan) == pictures(ffmpeg, source, tmp_path / "whole", whole)


def test_what_cannot_be_interlaced_costs_nothing(
    ffmpeg: Path, clip_cache: Path, tmp_path: Path, context: StageContext
) -> None:
    source = clips.make_clip(ffmpeg, clip_cache / "plain.mkv", frames=48)
    found = look(source, tmp_path, context)
    assert (found.kind, found.method, found.points, found.marked) == ("progressive", "known", (), False)
    assert not context.logs.exists()
    assert not any(segment.filters for segment in planned(source, tmp_path, found, 1).segments)


@pytest.mark.parametrize("mode", ["off", "interlaced", "telecined", "mixed"])
def test_what_is_said_by_hand_is_believed(
    interlaced: Path, tmp_path: Path, context: StageContext, mode: str
) -> None:
    found = look(interlaced, tmp_path, context, mode)
    if mode == "off":
        assert (found.kind, found.method, found.points) == ("progressive", "disabled", ())
    else:
        assert (found.kind, found.method, found.order) == (mode, "manual", "tff")


@pytest.mark.parametrize("kind", ["interlaced", "telecined", "mixed"])
@pytest.mark.parametrize("rate", ["frame", "field"])
def test_segments_give_the_pictures_of_one_pass(
    ffmpeg: Path, telecined: Path, interlaced: Path, tmp_path: Path, kind: str, rate: FieldRate
) -> None:
    source = interlaced if kind == "interlaced" else telecined
    cut = planned(source, tmp_path, fields(kind), 1, rate)
    whole = planned(source, tmp_path / "whole", fields(kind), None, rate)
    assert len(cut.segments) >= 3
    assert len(whole.segments) == 1
    assert pictures(ffmpeg, source, tmp_path, cut) == pictures(ffmpeg, source, tmp_path / "whole", whole)


@pytest.mark.parametrize("rate", ["frame", "field"])
def test_segments_of_interlaced_h264_give_the_pictures_of_one_pass(
    ffmpeg: Path, tmp_path: Path, context: StageContext, rate: FieldRate
) -> None:
    source = clips.make_clip(
        ffmpeg,
        tmp_path / "clip.mkv",
        frames=75,
        graph=clips.film(rate="50"),
        filters="tinterlace=interleave_top",
        options=("-x264-params", "interlaced=1:tff=1:keyint=25:bframes=2:open-gop=1:scenecut=0:threads=1"),
    )
    found = look(source, tmp_path, context)
    assert (found.kind, found.order, found.marked) == ("interlaced", "tff", True)
    cut = planned(source, tmp_path, found, 1, rate)
    whole = planned(source, tmp_path / "whole", found, None, rate)
    assert (len(cut.segments), cut.frames) == (3, 75 if rate == "frame" else 150)
    assert pictures(ffmpeg, source, tmp_path, cut) == pictures(ffmpeg, source, tmp_path / "whole", whole)


def likeness(ffmpeg: Path, source: Path, film: Path, folder: Path) -> list[float]:
    """Return how like the film's frames are to those made of a telecined source, dB of PSNR of their luma."""
    plan = planned(source, folder, fields("telecined"), 1)
    assert plan.rate == Fraction(24000, 1001)
    done = folder / "done.mkv"
    for segment in plan.segments:
        file = folder / segment.path if segment.path else source
        graph = ",".join((*segment.filters, f"settb=1/24,setpts=N+{segment.first_frame}"))
        coded = ["-vf", graph, "-fps_mode", "passthrough", "-c:v", "ffv1", folder / f"{segment.name}.mkv"]
        clips.run_ffmpeg(ffmpeg, "-copyts", "-i", file, *coded)
    listing = folder / "parts.txt"
    listing.write_text("".join(f"file {segment.name}.mkv\n" for segment in plan.segments))
    clips.run_ffmpeg(ffmpeg, "-f", "concat", "-i", listing, "-c", "copy", done)
    stats = folder / "psnr.txt"
    pair = f"[0:v]settb=1/24,setpts=N[a];[1:v]settb=1/24,setpts=N[b];[a][b]psnr=f={stats}"
    clips.run_ffmpeg(ffmpeg, "-i", done, "-i", film, "-filter_complex", pair, "-f", "null", "-")
    values = [float(line.split("psnr_y:")[1].split()[0]) for line in stats.read_text().splitlines()]
    assert len(values) == plan.frames
    return values


def test_telecined_film_comes_back_frame_by_frame(
    ffmpeg: Path, clip_cache: Path, telecined: Path, tmp_path: Path
) -> None:
    film = clips.make_film(ffmpeg, clip_cache / "film.mkv", frames=121)
    values = likeness(ffmpeg, telecined, film, tmp_path)
    assert len(values) == 121
    # the last frame of the clip is half of a pair of fields
    assert min(values[:-1]) > SAME


@pytest.mark.parametrize("pixels", ["yuv420p", "yuv422p"])
def test_chroma_that_is_blended_of_two_fields_misleads_nobody(
    ffmpeg: Path, tmp_path: Path, pixels: str
) -> None:
    """Thinned out, or filled up, in whole frames, as most converters do it, after the pulldown."""
    graph = (
        clips.moving_picture((320, 240), clips.FILM_RATE)
        + ",format="
        + {"yuv420p": "yuv444p"}.get(pixels, "yuv420p")
    )
    film = clips.make_clip(
        ffmpeg, tmp_path / "film.mkv", codec="ffv1", frames=36, graph=graph, pix_fmt=pixels
    )
    source = clips.make_clip(
        ffmpeg,
        tmp_path / "clip.mkv",
        codec="mpeg2",
        frames=45,
        graph=graph,
        filters=f"telecine=pattern=23,format={pixels}",
        pix_fmt=pixels,
        bframes=0,
    )
    assert min(likeness(ffmpeg, source, film, tmp_path)[:-1]) > SAME


def test_times_follow_the_filter(telecined: Path, interlaced: Path, tmp_path: Path) -> None:
    planned(telecined, tmp_path, fields("telecined"), 1)
    film = [time / 1e9 for time in read_timestamps(tmp_path / "planned.txt")]
    assert len(film) == 121
    assert all(abs(time - number * 1001 / 24000) < 0.001 for number, time in enumerate(film[:-1]))
    plan = planned(interlaced, tmp_path, fields("interlaced"), 1, "field")
    doubled = [time / 1e9 for time in read_timestamps(tmp_path / "planned.txt")]
    assert (plan.rate, len(doubled)) == (50, 150)
    assert all(abs(time - number / 50) < 0.001 for number, time in enumerate(doubled))


def test_soft_telecine_is_progressive_and_stays_as_it_is(
    ffmpeg: Path, tmp_path: Path, context: StageContext
) -> None:
    source = clips.make_soft_telecined(ffmpeg, tmp_path / "soft.mkv")
    found = look(source, tmp_path, context)
    assert found.kind == "progressive"
    plan = planned(source, tmp_path, found, 1)
    assert plan.rate == Fraction(24000, 1001)
    assert pictures(ffmpeg, source, tmp_path, plan) == clips.frame_md5s(ffmpeg, source)
    assert (tmp_path / "planned.txt").read_text() == (tmp_path / "timestamps.txt").read_text()
    shown = clips.run_ffmpeg(ffmpeg, "-i", source, "-vf", "repeatfields", *COUNT)
    assert sum(not line.startswith(b"#") for line in shown.splitlines()) == 91, (
        "the flags are there: a player that obeys them shows 5 for 4"
    )


def test_combed_frames_fail_the_finished_file(
    interlaced: Path, telecined: Path, context: StageContext
) -> None:
    for source in (interlaced, telecined):
        check = check_fields(source, inspect(source)[0].video, context=context)
        assert not check.passed
        assert check.name == "video fields"


@pytest.mark.media
@pytest.mark.parametrize(
    ("name", "kind", "order"),
    [
        ("ntsc_letterbox_mpeg2", "progressive", None),
        ("pal_interlaced_bff_mpeg2", "interlaced", "bff"),
        ("city_mpeg2_opengop", "progressive", None),
        ("friday_bw_pillarbox", "progressive", None),
        ("bbb_720p_aac51", "progressive", None),
    ],
)
def test_real_clips(
    media: Callable[[str], Path],
    tmp_path: Path,
    context: StageContext,
    name: str,
    kind: str,
    order: str | None,
) -> None:
    found = look(media(f"{name}.mkv"), tmp_path, context)
    assert (found.kind, found.order) == (kind, order)
