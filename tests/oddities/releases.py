"""Odd sources of the sixth set: what people's libraries hold, pictures of releases, discs and fan edits.

Combinations, in most of them, of what other sets have one by one. Behind each arrow stands what a tool does
that does it right, written before any was run.
"""

from __future__ import annotations

from itertools import accumulate, cycle
from typing import TYPE_CHECKING

from drapto.media.hdr.dynamic import FrameMetadata
from drapto.media.model import DolbyVision
from tests import captioned, clips, dynamic
from tests.oddities import reported
from tests.oddities.containers import attached, chapters, mkvmerge, of_tracks, plain
from tests.oddities.discs import LAYER, MPEG2
from tests.oddities.reported import case, one_behind_the_other, picture, tone, write, x264
from tests.oddities.rips import X265, x265
from tests.oddities.screens import STEREO_MODE, sized

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAKERS = reported.MAKERS
"""Of all cases, those of this module among them."""

BT709 = "setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"

HYBRID = """<?xml version="1.0"?>
<Chapters><EditionEntry><EditionUID>1</EditionUID><EditionFlagDefault>1</EditionFlagDefault>
<EditionFlagOrdered>1</EditionFlagOrdered>
<ChapterAtom><ChapterUID>11</ChapterUID><ChapterTimeStart>00:00:00.000</ChapterTimeStart>
<ChapterTimeEnd>00:00:00.500</ChapterTimeEnd><ChapterDisplay><ChapterString>アバン</ChapterString>
<ChapLanguageIETF>ja</ChapLanguageIETF></ChapterDisplay><ChapterDisplay>
<ChapterString>Cold open</ChapterString>
<ChapLanguageIETF>en-US</ChapLanguageIETF></ChapterDisplay></ChapterAtom>
<ChapterAtom><ChapterUID>12</ChapterUID><ChapterFlagHidden>1</ChapterFlagHidden>
<ChapterTimeStart>00:00:01.000</ChapterTimeStart><ChapterTimeEnd>00:00:01.500</ChapterTimeEnd>
</ChapterAtom></EditionEntry>
<EditionEntry><EditionUID>2</EditionUID><ChapterAtom><ChapterUID>21</ChapterUID>
<ChapterTimeStart>00:00:00.000</ChapterTimeStart><ChapterDisplay><ChapterString>All</ChapterString>
</ChapterDisplay></ChapterAtom></EditionEntry></Chapters>
"""

ASS = """[Script Info]
ScriptType: v4.00+
PlayResX: 320
PlayResY: 240
[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Zwei é,20
[Events]
Format: Layer, Start, End, Style, Text
Dialogue: 0,0:00:00.20,0:00:00.70,Default,{\\pos(160,200)}One
Dialogue: 1,0:00:00.20,0:00:01.30,Default,{\\k20}Two
"""


def rpus(count: int) -> list[FrameMetadata]:
    return [FrameMetadata(rpu=dynamic.rpu(brightest=1000 + number)) for number in range(count)]


# --- releases


@case
def an_anime_release(ffmpeg: Path, path: Path) -> None:
    """Hi10P, FLAC, AC-3, ASS, fonts, an ordered edition before a plain one -> all, a note on the first."""
    side = path.with_suffix(".side")
    side.mkdir(exist_ok=True)
    fonts, texts, listing, whole = (side / one for one in ("Zwei é.ttf", "t.ass", "c.xml", "w.mkv"))
    fonts.write_bytes(b"no font " * 40)
    texts.write_text(ASS)
    listing.write_text(HYBRID)
    coded = [*x264(), "-pix_fmt", "yuv420p10le", "-c:a:0", "flac", "-c:a:1", "ac3"]
    drawn = [*picture(rate="24000/1001"), *tone(), *tone(frequency=550)]
    write(ffmpeg, whole, *drawn, "-map", "0", "-map", "1", "-map", "2", *coded)
    named = ["--language", "1:ja", "--language", "2:en", "--track-name", "2:Kommentar: Regie", whole]
    files = attached(["application/x-truetype-font", "font/sfnt"], [fonts, fonts])
    mkvmerge(path, "--chapters", listing, *files, *named, "--language", "0:de-AT", texts)
    for one in (fonts, texts, listing, whole):
        one.unlink()
    side.rmdir()


@case
def posters_before_and_behind(ffmpeg: Path, path: Path) -> None:
    """A JPEG and a PNG as tracks beside the film, all default; a cover attached -> film, notes, cover."""
    side = path.with_suffix(".side")
    side.mkdir(exist_ok=True)
    cover, whole = side / "cover_land.jpg", side / "w.mkv"
    clips.run_ffmpeg(ffmpeg, "-f", "lavfi", "-i", "testsrc=s=96x64:d=0.04", "-f", "mjpeg", cover)
    drawn = [*picture("600x900", "1", 1), *picture(), *picture("900x600", "1", 1), *tone()]
    coded = [*x264(), "-c:v:0", "mjpeg", "-c:v:2", "png", "-c:a", "ac3"]
    mapped = [part for number in range(4) for part in ("-map", str(number))]
    marked = [part for number in range(3) for part in (f"-disposition:v:{number}", "default")]
    write(ffmpeg, whole, *drawn, *mapped, *coded, *marked)
    mkvmerge(path, *attached(["image/jpeg"], [cover]), whole)
    for one in (cover, whole):
        one.unlink()
    side.rmdir()


@case
def a_poster_is_the_default(ffmpeg: Path, path: Path) -> None:
    """Subtitles, a PNG of one frame, the only default, then the film, FlagDefault 0 -> the film, a note."""
    texts = path.with_suffix(".srt")
    texts.write_text("1\n00:00:00,200 --> 00:00:00,700\nOne\n")
    drawn = ["-i", texts, *picture("2000x3000", "1", 1), *picture(), *tone()]
    mapped = [part for number in range(4) for part in ("-map", str(number))]
    coded = [*x264(), "-c:v:0", "png", "-disposition:v:0", "default", "-disposition:v:1", "0", "-c:a", "ac3"]
    write(ffmpeg, path, *drawn, *mapped, *coded)
    texts.unlink()


# --- HDR


@case
def dolby_vision_of_a_stream(ffmpeg: Path, path: Path) -> None:
    """Profile 5, as streaming services have it -> refused by the probe, with what to do."""
    layer = DolbyVision(profile=5, compatibility=0, level=1, has_rpu=True, has_el=False, has_bl=True)
    dynamic.make_hdr(ffmpeg, path, rpus(24), configuration=layer)


@case
def dolby_vision_over_sdr(ffmpeg: Path, path: Path) -> None:
    """Profile 8.2, whose base is BT.709 -> BT.709; its RPUs kept, or a note that they are not."""
    layer = DolbyVision(profile=8, compatibility=2, level=1, has_rpu=True, has_el=False, has_bl=True)
    base = path.with_suffix(".base.mkv")
    coloured = f"format=yuv420p10le,{BT709}"
    write(ffmpeg, base, *picture("320x180", seconds=1.5, filters=coloured), *x265(X265))
    dynamic.add_metadata(base, path, rpus(36), layer)
    base.unlink()


@case
def dolby_vision_of_av1(ffmpeg: Path, path: Path) -> None:
    """Profile 10.1: an AV1 with RPUs in it, encoded before -> 10.1 with each frame's."""
    base = path.with_suffix(".base.mkv")
    dynamic.make_hdr(ffmpeg, base, rpus(36), configuration=LAYER)
    coded = ["-c:v", "libsvtav1", "-preset", "12", "-crf", "40", "-g", "12", "-dolbyvision", "1"]
    write(ffmpeg, path, "-i", base, *coded, "-pix_fmt", "yuv420p10le")
    base.unlink()


@case
def dolby_vision_and_hdr10plus_in_bars(ffmpeg: Path, path: Path) -> None:
    """8.1 and HDR10+ of a letterboxed film -> cropped, both on each frame, the active area with the crop."""
    area = (0, 0, 24, 24)
    frames = [
        FrameMetadata(rpu=dynamic.rpu(brightest=1000 + one, area=area), hdr10plus=dynamic.hdr10plus(one))
        for one in range(36)
    ]
    dynamic.make_hdr(ffmpeg, path, frames, configuration=LAYER, bars=clips.Bars(top=24, bottom=24))


@case
def hdr10_that_begins_late(ffmpeg: Path, path: Path) -> None:
    """A studio's logo in PQ without HDR10 metadata, then the film with them -> theirs, all frames."""
    pq = (
        "format=yuv420p10le,setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc:range=tv"
    )
    named = f"{X265}:colorprim=9:transfer=16:colormatrix=9:range=limited:repeat-headers=1"
    light = (
        "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50):max-cll=900,300"
    )
    coded = [
        [*picture(seconds=long, filters=pq), *x265(one), "-bsf:v", "dump_extra=freq=k"]
        for long, one in ((0.5, named), (1.5, f"{named}:{light}"))
    ]
    one_behind_the_other(ffmpeg, path, coded)


# --- fan edits, conversions


@case
def a_fan_edit(ffmpeg: Path, path: Path) -> None:
    """Parts of 24 and 25 frames a second, by other settings; chapters over the cut -> all, in time."""
    whole, listing = path.with_suffix(".edit.mkv"), path.with_suffix(".xml")
    more = [*x264(48, ":ref=4:bframes=3:cabac=1:8x8dct=1"), "-pix_fmt", "yuv420p"]
    parts = [
        [*picture(), *tone(), *x264(), "-bsf:v", "dump_extra=freq=k", "-c:a", "ac3"],
        [*picture(rate="25"), *tone(1.2, frequency=550), *more, "-bsf:v", "dump_extra=freq=k", "-c:a", "ac3"],
    ]
    one_behind_the_other(ffmpeg, whole, parts)
    listing.write_text(chapters((0, 1400, "Teil 1"), (1400, 3000, "Part 2: the cut")))
    mkvmerge(path, "--chapters", listing, whole)
    whole.unlink()
    listing.unlink()


@case
def limited_then_full_range(ffmpeg: Path, path: Path) -> None:
    """A second of limited range, then one of full, as a capture joined to a film -> one of them, a note."""
    coded = []
    for kind, pixels in (("tv", "yuv420p"), ("pc", "yuvj420p")):
        named = f"scale=out_range={kind},format={pixels},setparams=range={kind}:color_primaries=bt709"
        named += ":color_trc=bt709:colorspace=bt709"
        coded.append([*picture(seconds=1, filters=named), *x264(), "-bsf:v", "dump_extra=freq=k"])
    one_behind_the_other(ffmpeg, path, coded)


@case
def pal_at_the_speed_of_film(ffmpeg: Path, path: Path) -> None:
    """Timed at 23.976 by mkvmerge, while FrameRate still says 25 -> 23.976, sound and lines in step."""
    whole = path.with_suffix(".pal.mkv")
    plain(ffmpeg, whole)
    mkvmerge(path, "--default-duration", "0:24000/1001p", "--sync", "-1:0,25/24", whole)
    of_tracks(path, 0, {"E0": sized(320, 240, (b"\x23\x83\xe3", b"\x41\xc8\x00\x00"))})
    whole.unlink()


@case
def film_and_video_by_timestamps(ffmpeg: Path, path: Path) -> None:
    """23.976 and 29.97 by a file of timestamps, DefaultDuration of the one -> all at their times."""
    whole, times, texts = (path.with_suffix(one) for one in (".w.mkv", ".txt", ".ass"))
    write(ffmpeg, whole, *picture(seconds=3), *tone(2.6), *x264(), "-c:a", "flac")
    steps = cycle([1001 / 24] * 10 + [1001 / 30] * 8)
    at = list(accumulate((next(steps) for _ in range(71)), initial=0.0))
    times.write_text("# timestamp format v2\n" + "".join(f"{one:.6f}\n" for one in at))
    texts.write_text(ASS)
    mkvmerge(path, "--timestamps", f"0:{times}", "--default-duration", "0:24000/1001p", whole, texts)
    for one in (whole, times, texts):
        one.unlink()


@case
def vp9_grows_on_the_way(ffmpeg: Path, path: Path) -> None:
    """A download of a stream that began small -> all frames of the larger size, a note."""
    coded = ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "12", "-b:v", "300k"]
    sizes = (("320x180", 0.5), ("640x360", 1.5))
    one_behind_the_other(ffmpeg, path, [[*picture(size, seconds=long), *coded] for size, long in sizes])


@case
def columns_of_two_eyes(ffmpeg: Path, path: Path) -> None:
    """StereoMode 9: the columns of both eyes by turns -> neither scaled nor cropped, still said so."""
    views = "split[a][b];[b]hue=h=30[c];[a][c]hstack,stereo3d=sbsl:icl"
    write(ffmpeg, path, *picture("320x240", filters=views), *tone(), *x264(), "-c:a", "ac3")
    of_tracks(path, 0, {"E0": sized(320, 240, (STEREO_MODE, b"\x09"))})


@case
def two_eyes_and_a_crop(ffmpeg: Path, path: Path) -> None:
    """StereoMode 1, PixelCrop of 8 lines above and below -> 640x224, an eye in each half; or a note."""
    views = "split[a][b];[b]hue=h=30[c];[a][c]hstack"
    write(ffmpeg, path, *picture("320x240", filters=views), *tone(), *x264(), "-c:a", "ac3")
    of_tracks(
        path,
        0,
        {"E0": sized(640, 240, (STEREO_MODE, b"\x01"), (b"\x54\xaa", b"\x08"), (b"\x54\xbb", b"\x08"))},
    )


# --- captions


def with_captions(path: Path, frames: int, make: Callable[[Path], object]) -> None:
    """Make a file whose every frame has a caption of its own."""
    base = path.with_suffix(".base.mkv")
    make(base)
    captioned.add(base, path, {number: captioned.said(number) for number in range(frames)})
    base.unlink()


@case
def captions_of_a_blu_ray(ffmpeg: Path, path: Path) -> None:
    """A/53 on each frame of H.264 with open GOPs and a pyramid of B-frames -> each frame's own."""
    coded = [*x264(12, ":open-gop=1:bframes=3:b-pyramid=strict:b-adapt=0")]
    with_captions(path, 72, lambda base: write(ffmpeg, base, *picture(seconds=3), *coded))


@case
def captions_of_telecined_film(ffmpeg: Path, path: Path) -> None:
    """A/53 on each frame of MPEG-2 at 29.97, which is film -> 23.976, no caption lost."""
    with_captions(path, 90, lambda base: clips.make_telecined(ffmpeg, base, frames=90))


@case
def captions_of_interlaced_video(ffmpeg: Path, path: Path) -> None:
    """A/53 on each frame of interlaced MPEG-2 -> deinterlaced, each caption once."""
    with_captions(path, 50, lambda base: clips.make_interlaced(ffmpeg, base, frames=50))


@case
def captions_of_a_film_in_bars(ffmpeg: Path, path: Path) -> None:
    """A/53 in HEVC of letterboxed film at 16:9 in 4:3 samples -> cropped, in shape, each frame's own."""
    drawn = picture("352x288", "25", 2, "crop=352:216,pad=352:288:0:36:black,setsar=16/11")
    with_captions(path, 50, lambda base: write(ffmpeg, base, *drawn, *x265(X265)))


@case
def fields_whose_shape_changes(ffmpeg: Path, path: Path) -> None:
    """MPEG-2 of fields, 4:3, then 16:9, beside AC-3 of 2.0, then 5.1 -> deinterlaced, two notes."""
    weave, coded = "tinterlace=interleave_top,setfield=tff", [*MPEG2, "-flags:v", "+bitexact+ilme+ildct"]
    drawn = f"{clips.film((720, 576), '50')},trim=end=1.2,{weave}"
    shapes = [["-f", "lavfi", "-i", drawn, *coded, "-aspect", one] for one in ("4:3", "16:9")]
    sound = [[*tone(1.2), "-ac", count, "-c:a", "ac3"] for count in ("2", "6")]
    parts = [path.with_suffix(".m2v"), path.with_suffix(".ac3")]
    for part, kind, encodes in zip(parts, ("mpeg2video", "ac3"), (shapes, sound), strict=True):
        content = b"".join(
            clips.run_ffmpeg(ffmpeg, *one, "-fflags", "+bitexact", "-f", kind, "pipe:1") for one in encodes
        )
        part.write_bytes(content)
    mkvmerge(path, "--default-duration", "0:25p", *parts)
    for part in parts:
        part.unlink()
