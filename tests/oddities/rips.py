"""Odd sources as rips of discs, recordings and old files have them: pictures, sound and subtitles.

A second set, made after those of `reported` and `containers` had come out right: other kinds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests import clips
from tests.oddities import reported
from tests.oddities.containers import mkvmerge
from tests.oddities.pgs import write_pgs
from tests.oddities.reported import EXACT, case, picture, tone, write, x264

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MAKERS = reported.MAKERS
"""Of all cases, those of this module among them."""

X265 = "keyint=12:pools=none:frame-threads=1:log-level=none"


def joined(ffmpeg: Path, path: Path, kind: str, parts: Sequence[Sequence[str | Path]]) -> Path:
    """Write elementary streams, one behind the other, into one file without a container."""
    whole = path.with_suffix(f".{kind}")
    content = b""
    for options in parts:
        part = path.with_suffix(f".part.{kind}")
        clips.run_ffmpeg(ffmpeg, *options, "-fflags", "+bitexact", "-f", kind, part)
        content += part.read_bytes()
        part.unlink()
    whole.write_bytes(content)
    return whole


def x265(params: str) -> list[str]:
    return ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", params]


def dropped(*paths: Path) -> None:
    for path in paths:
        path.unlink()


# --- sound


@case
def seven_one_in_big_endian_pcm(ffmpeg: Path, path: Path) -> None:
    """What a disc's PCM is without its packets: 24 bit, big endian, 96 kHz, eight channels."""
    coded = ["-c:a", "pcm_s24be", "-ac", "8"]
    write(ffmpeg, path, *picture(), *tone(rate=96000), *x264(), *coded)


@case
def ac3_of_changing_bitrates(ffmpeg: Path, path: Path) -> None:
    """A broadcaster's: 192 kbit/s in the advertisements, 448 in the film; 5.1, then stereo, then mono."""
    kinds = (("192k", "6"), ("448k", "6"), ("192k", "2"), ("96k", "1"))
    parts = [[*tone(0.8), "-c:a", "ac3", "-b:a", rate, "-ac", count] for rate, count in kinds]
    sound = joined(ffmpeg, path, "ac3", parts)
    pictures = path.with_suffix(".video.mkv")
    write(ffmpeg, pictures, *picture(seconds=3.2), *x264())
    mkvmerge(path, pictures, sound)
    dropped(sound, pictures)


@case
def mp2_with_checksums(ffmpeg: Path, path: Path) -> None:
    """DVB's: each packet has a CRC; the second track is of half the sample rate."""
    mapped = ["-map", "0:v", "-map", "1:a", "-map", "2:a"]
    coded = ["-c:a", "libtwolame", "-b:a:0", "192k", "-b:a:1", "64k", "-error_protection", "1"]
    write(ffmpeg, path, *picture(rate="25"), *tone(), *tone(rate=24000), *mapped, *x264(), *coded)


@case
def mp3_of_changing_bitrates(ffmpeg: Path, path: Path) -> None:
    """LAME's -V 2, with the encoder's delay; 32 kHz."""
    write(ffmpeg, path, *picture(), *tone(rate=32000), *x264(), "-c:a", "libmp3lame", "-q:a", "2")


@case
def truehd_with_a_hole(ffmpeg: Path, path: Path) -> None:
    """Some thirty packets are missing, and with them a major sync."""
    coded = ["-c:a", "truehd", "-strict", "-2", "-ac", "6", "-bsf:a", "noise=drop='between(n,900,1300)'"]
    write(ffmpeg, path, *picture(seconds=3), *tone(3), *x264(), *coded)


@case
def wavpack_and_true_audio(ffmpeg: Path, path: Path) -> None:
    """Of old rips of concerts."""
    whole = path.with_suffix(".whole.mkv")
    write(ffmpeg, whole, *picture(), *x264())
    sides = []
    for kind, codec in (("wv", "wavpack"), ("tta", "tta")):
        side = path.with_suffix(f".{kind}")
        clips.run_ffmpeg(
            ffmpeg,
            *tone(rate=88200),
            "-c:a",
            codec,
            "-sample_fmt:a",
            "s32p" if kind == "wv" else "s32",
            *EXACT,
            side,
        )
        sides.append(side)
    mkvmerge(path, whole, *sides)
    dropped(whole, *sides)


@case
def dts_of_a_cd(ffmpeg: Path, path: Path) -> None:
    """5.1 at 44.1 kHz, 14 of 16 bits are another matter."""
    coded = ["-c:a", "dca", "-strict", "-2", "-ac", "6", "-b:a", "1234800"]
    write(ffmpeg, path, *picture(rate="30000/1001"), *tone(rate=44100), *x264(), *coded)


@case
def opus_appended_to_opus(ffmpeg: Path, path: Path) -> None:
    """Two episodes in one: the first one's padding is in the middle, the second one's delay is sound."""
    parts = []
    for number, frequency in enumerate((440, 880)):
        part = path.with_suffix(f".{number}.mkv")
        write(
            ffmpeg,
            part,
            *picture(seconds=1.25),
            *tone(1.237, frequency=frequency),
            *x264(),
            "-c:a",
            "libopus",
        )
        parts.append(part)
    mkvmerge(path, parts[0], "+", parts[1])
    dropped(*parts)


# --- subtitles


@case
def fonts_of_twenty_megabytes(ffmpeg: Path, path: Path) -> None:
    """ASS of 40 fonts, one of which is a collection of 20 MB; styles with names that are not ASCII."""
    texts, side = path.with_suffix(".ass"), path.with_suffix(".side")
    styles = "".join(f"Style: Stil-é-{number},Font {number},40\n" for number in range(40))
    head = f"[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name, Fontname, Fontsize\n{styles}\n"
    events = "[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    long = "{\\k10}karaoke " * 4000
    lines = f"Dialogue: 0,0:00:00.20,0:00:01.00,Stil-é-3,,0,0,0,,{long}\n"
    lines += "Comment: 0,0:00:00.00,0:00:00.00,Stil-é-1,,0,0,0,,template\n"
    texts.write_text(head + events + lines)
    whole = path.with_suffix(".whole.mkv")
    write(ffmpeg, whole, *picture(), *x264())
    side.mkdir(exist_ok=True)
    for number in range(40):
        (side / f"Font {number} é.ttc").write_bytes(
            b"ttcf" + bytes([number]) * (20 << 20 if number == 7 else 900)
        )
    files = sorted(side.iterdir())
    attached = [
        part
        for file in files
        for part in ("--attachment-mime-type", "font/collection", "--attach-file", file)
    ]
    mkvmerge(path, whole, texts, *attached)
    dropped(texts, whole, *files)
    side.rmdir()


@case
def a_text_file_of_every_fault(ffmpeg: Path, path: Path) -> None:
    """SRT with a BOM, HTML, places, overlaps, lines in disorder, of no length and of a day; an empty one."""
    texts, whole = path.with_suffix(".srt"), path.with_suffix(".whole.mkv")
    shown = (
        ("00:00:00,300", "00:00:00,900", '<font color="#ff0000"><b>Red</i></font>'),
        ("00:00:00,200", "00:00:01,200", "{\\an8}Before <and & over>"),
        ("00:00:00,500", "00:00:00,500", "No length"),
        ("00:00:00,600", "00:00:00,700", " "),
        ("00:00:00,800", "24:00:00,000", "For a day\r\n- in two lines"),
        ("00:00:01,100  X1:100 X2:200 Y1:1 Y2:2", "00:00:01,300", "♪ Ω ﷽ 🎬"),
    )
    content = "".join(f"{n}\n{a} --> {b}\n{text}\n\n" for n, (a, b, text) in enumerate(shown, 1))
    content = content.replace(
        "  X1:100 X2:200 Y1:1 Y2:2 --> 00:00:01,300", " --> 00:00:01,300 X1:100 X2:200 Y1:1 Y2:2"
    )
    texts.write_bytes(b"\xef\xbb\xbf" + content.encode())
    write(ffmpeg, whole, *picture(), *tone(), *x264(), "-c:a", "aac")
    mkvmerge(path, whole, texts)
    dropped(texts, whole)


@case
def pgs_that_is_forced_and_cut(ffmpeg: Path, path: Path) -> None:
    """Objects with the forced flag; the last picture is never cleared, its last segment is missing."""
    shown = write_pgs(path.with_suffix(".sup"), (640, 480))
    content = shown.read_bytes().replace(
        b"\x00\x00\x00\x00\x00\x20\x00\x20", b"\x00\x00\x00\x40\x00\x20\x00\x20"
    )
    shown.write_bytes(
        content[: content.rindex(b"PG\x00\x01\xec\x30")]
        if b"PG\x00\x01\xec\x30" in content
        else content[:-90]
    )
    write(
        ffmpeg,
        path,
        *picture("640x480", "25", 2),
        "-i",
        shown,
        *x264(),
        "-c:s",
        "copy",
        "-disposition:s",
        "forced",
    )
    shown.unlink()


@case
def subtitles_an_hour_behind_the_film(ffmpeg: Path, path: Path) -> None:
    """Of the whole film, beside its first part."""
    texts = path.with_suffix(".srt")
    texts.write_text("1\n00:00:00,200 --> 00:00:00,900\nOne\n\n2\n01:00:00,000 --> 01:00:02,000\nLate\n")
    write(ffmpeg, path, *picture(), *tone(), "-i", texts, *x264(), "-c:a", "ac3", "-c:s", "srt")
    texts.unlink()


# --- pictures


@case
def mpeg2_with_a_new_shape(ffmpeg: Path, path: Path) -> None:
    """A broadcast: the advertisement is 4:3, the film 16:9, in the same 720x576 samples."""
    coded = ["-c:v", "mpeg2video", "-q:v", "4", "-g", "12", "-bf", "2"]
    parts = [[*picture("720x576", "25", 1.2), *coded, "-aspect", shape] for shape in ("4:3", "16:9")]
    stream = joined(ffmpeg, path, "mpeg2video", parts)
    mkvmerge(path, "--default-duration", "0:25p", stream)
    stream.unlink()


@case
def film_and_then_video(ffmpeg: Path, path: Path) -> None:
    """NTSC: 23.976 whole pictures a second, and then 29.97 of two fields each, in MPEG-2."""
    coded = ["-c:v", "mpeg2video", "-q:v", "4", "-g", "12", "-bf", "2", "-r", "30000/1001"]
    weave = "tinterlace=mode=interleave_top,setfield=tff,fps=30000/1001"
    parts = (
        [*picture("720x480", "30000/1001", 1.6), *coded],
        [*picture("720x480", "60000/1001", 1.6, weave), *coded, "-flags", "+bitexact+ildct+ilme"],
    )
    stream, whole = joined(ffmpeg, path, "mpeg2video", parts), path.with_suffix(".whole.mkv")
    mkvmerge(whole, "--default-duration", "0:30000/1001p", stream)
    timed = "setts=ts='if(lt(N,1),0,0)+TS*if(lt(TS*TB,1.6),1.25,1)+if(lt(TS*TB,1.6),0,0.4/TB)'"
    write(ffmpeg, path, "-i", whole, *tone(3.6), "-c:v", "copy", "-bsf:v", timed, "-c:a", "ac3")
    dropped(stream, whole)


@case
def quarter_pixels_of_an_avi(ffmpeg: Path, path: Path) -> None:
    """DivX with B-frames, in a frame of VfW, and MP3."""
    whole = path.with_suffix(".avi")
    coded = ["-c:v", "mpeg4", "-q:v", "4", "-bf", "1", "-b_strategy", "0", "-g", "12", "-vtag", "DX50"]
    clips.run_ffmpeg(
        ffmpeg,
        *picture(rate="25"),
        *tone(),
        *coded,
        "-c:a",
        "libmp3lame",
        *EXACT,
        "-flags:v",
        "+bitexact+qpel",
        "-f",
        "avi",
        whole,
    )
    mkvmerge(path, whole)
    dropped(whole)


@case
def a_camcorders_dv(ffmpeg: Path, path: Path) -> None:
    """PAL, the lower field first, 32 kHz."""
    weave = "tinterlace=mode=interleave_bottom,setfield=bff,setsar=16/15"
    coded = ["-c:v", "dvvideo", "-pix_fmt", "yuv420p", "-c:a", "pcm_s16le"]
    write(ffmpeg, path, *picture("720x576", "50", 1.2, weave), *tone(1.2, 32000), *coded)


@case
def realvideo_of_the_nineties(ffmpeg: Path, path: Path) -> None:
    whole = path.with_suffix(".rm")
    clips.run_ffmpeg(
        ffmpeg,
        *picture("176x144", "15"),
        *tone(rate=8000),
        "-c:v",
        "rv20",
        "-q:v",
        "5",
        "-c:a",
        "ac3",
        "-ar",
        "32000",
        *EXACT,
        whole,
    )
    mkvmerge(path, whole)
    whole.unlink()


@case
def cinepak_of_a_cd_rom(ffmpeg: Path, path: Path) -> None:
    whole = path.with_suffix(".avi")
    clips.run_ffmpeg(
        ffmpeg,
        *picture("160x120", "10", 1.2),
        *tone(1.2, 11025),
        "-c:v",
        "cinepak",
        "-c:a",
        "pcm_u8",
        *EXACT,
        whole,
    )
    mkvmerge(path, whole)
    whole.unlink()


@case
def ut_video_of_a_capture(ffmpeg: Path, path: Path) -> None:
    """Without loss, in a frame of VfW; 4:2:2, full range, BT.709."""
    coloured = "format=yuv422p,setparams=range=pc:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
    whole = path.with_suffix(".avi")
    clips.run_ffmpeg(
        ffmpeg, *picture(filters=coloured), *tone(), "-c:v", "utvideo", "-c:a", "pcm_s16le", *EXACT, whole
    )
    mkvmerge(path, "--color-range", "0:2", whole)
    whole.unlink()


@case
def h264_cropped_on_four_sides(ffmpeg: Path, path: Path) -> None:
    """The stream is cropped by other amounts on each side, the container speaks of all of it."""
    cut = "h264_metadata=crop_left=2:crop_right=6:crop_top=4:crop_bottom=10"
    write(ffmpeg, path, *picture(), *tone(), *x264(), "-bsf:v", cut, "-c:a", "aac")


@case
def h264_of_two_ranges(ffmpeg: Path, path: Path) -> None:
    """The stream says limited, the container full."""
    whole = path.with_suffix(".whole.mkv")
    coloured = "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
    write(ffmpeg, whole, *picture(filters=coloured), *tone(), *x264(), "-c:a", "aac")
    mkvmerge(path, "--color-range", "0:2", "--color-matrix", "0:6", whole)
    whole.unlink()


@case
def hevc_begins_with_leading_pictures(ffmpeg: Path, path: Path) -> None:
    """Cut at an open GOP: behind the first picture (CRA) come three that refer to what is gone (RASL)."""
    whole = path.with_suffix(".whole.mkv")
    coded = f"{X265}:min-keyint=12:open-gop=1:bframes=3:b-adapt=0:scenecut=0"
    write(
        ffmpeg,
        whole,
        *picture(seconds=2),
        *tone(2),
        "-c:v",
        "libx265",
        "-preset",
        "ultrafast",
        "-x265-params",
        coded,
        "-c:a",
        "ac3",
    )
    write(ffmpeg, path, "-i", whole, "-map", "0", "-c", "copy", "-bsf:v", "noise=drop='lt(n,9)'", "-copyinkf")
    whole.unlink()


@case
def hevc_in_hlg_by_the_back_door(ffmpeg: Path, path: Path) -> None:
    """A broadcast in BT.2020 whose SEI says: rather HLG."""
    coded = f"{X265}:colorprim=9:transfer=14:colormatrix=9:range=limited:atc-sei=18"
    coloured = (
        "format=yuv420p10le,setparams=color_primaries=bt2020:color_trc=bt2020-10:colorspace=bt2020nc:range=tv"
    )
    write(ffmpeg, path, *picture(rate="50", filters=coloured), *tone(), *x265(coded), "-c:a", "eac3")


@case
def pq_with_light_levels_of_0(ffmpeg: Path, path: Path) -> None:
    """HDR10 without a mastering display, MaxCLL and MaxFALL 0."""
    coded = f"{X265}:colorprim=9:transfer=16:colormatrix=9:range=limited:max-cll=0,0:hdr10=1"
    coloured = (
        "format=yuv420p10le,setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc:range=tv"
    )
    write(ffmpeg, path, *picture(filters=coloured), *tone(), *x265(coded), "-c:a", "ac3")


@case
def vp9_with_hidden_frames(ffmpeg: Path, path: Path) -> None:
    """Alternate references, in superframes."""
    coded = [
        "-c:v",
        "libvpx-vp9",
        "-deadline",
        "good",
        "-cpu-used",
        "5",
        "-auto-alt-ref",
        "1",
        "-lag-in-frames",
        "16",
    ]
    write(
        ffmpeg, path, *picture(seconds=2), *tone(2), *coded, "-b:v", "500k", "-c:a", "libvorbis", "-ac", "6"
    )


@case
def a_still_to_a_song(ffmpeg: Path, path: Path) -> None:
    """One frame of H.264, and three seconds of sound."""
    write(ffmpeg, path, *picture(seconds=0.04), *tone(3), *x264(), "-c:a", "flac")


@case
def vvc_of_tomorrow(ffmpeg: Path, path: Path) -> None:
    """H.266."""
    coded = ["-c:v", "libvvenc", "-preset", "faster", "-qp", "32", "-pix_fmt", "yuv420p10le"]
    write(ffmpeg, path, *picture("160x96", seconds=1), *tone(1), *coded, "-c:a", "aac")
