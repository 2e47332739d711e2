"""Odd sources that users reported of other tools, or may any day: pictures and sound, made by ffmpeg.

Each one is a function that writes a file of a second or two; `MAKERS` has all, those of `containers` too, by
name. They do not depend on one another, and each names what it is about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests import clips
from tests.oddities.pgs import write_pgs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    Maker = Callable[[Path, Path], None]

MAKERS: dict[str, Maker] = {}
"""By name. A maker gets ffmpeg and the path of the file."""

EXACT = ("-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact")
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "20")


def case(maker: Maker) -> Maker:
    """Enter a maker by its name."""
    MAKERS[maker.__name__] = maker
    return maker


def make(ffmpeg: Path, name: str, folder: Path) -> Path:
    """Make a case's file, unless it is there."""
    path = folder / f"{name}.mkv"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / f"{name}.partial.mkv"
        MAKERS[name](ffmpeg, partial)
        partial.replace(path)
    return path


def picture(size: str = "320x240", rate: str = "24", seconds: float = 1.5, filters: str = "") -> list[str]:
    """Return ffmpeg's options for a moving picture as an input."""
    width, height = map(int, size.split("x"))
    graph = clips.moving_picture((width, height), rate) + f",trim=end={seconds}"
    return ["-f", "lavfi", "-i", f"{graph},{filters}" if filters else graph]


def tone(seconds: float = 1.5, rate: int = 48000, frequency: int = 440) -> list[str]:
    """Return ffmpeg's options for a tone as an input."""
    return ["-f", "lavfi", "-i", f"sine={frequency}:d={seconds}:r={rate}"]


def x264(keyint: int = 12, more: str = "") -> list[str]:
    return [*X264, "-g", str(keyint), "-x264-params", f"threads=1:bframes=2{more}"]


def write(ffmpeg: Path, path: Path, *arguments: str | Path) -> None:
    """Run ffmpeg, with Matroska for what comes out."""
    clips.run_ffmpeg(ffmpeg, *arguments, *EXACT, "-f", "matroska", path)


def one_behind_the_other(ffmpeg: Path, path: Path, encodes: Sequence[Sequence[str | Path]]) -> None:
    """Write encodes, each by its options, and copy them into one file."""
    parts = []
    for number, options in enumerate(encodes):
        part = path.with_suffix(f".{number}.mkv")
        write(ffmpeg, part, *options)
        parts.append(part)
    listing = path.with_suffix(".txt")
    listing.write_text("".join(f"file '{part}'\n" for part in parts))
    write(ffmpeg, path, "-f", "concat", "-safe", "0", "-i", listing, "-c", "copy")
    for part in (*parts, listing):
        part.unlink()


# --- times


@case
def sound_begins_after_two_seconds(ffmpeg: Path, path: Path) -> None:
    """HandBrake #465."""
    write(ffmpeg, path, *picture(seconds=3), "-itsoffset", "1.96", *tone(1), *x264(), "-c:a", "ac3")


@case
def sound_ends_before_the_picture_begins(ffmpeg: Path, path: Path) -> None:
    write(ffmpeg, path, "-itsoffset", "2", *picture(), *tone(1), *x264(), "-c:a", "aac")


@case
def sound_is_much_longer(ffmpeg: Path, path: Path) -> None:
    write(ffmpeg, path, *picture(seconds=1), *tone(8), *x264(), "-c:a", "ac3")


@case
def picture_begins_before_0(ffmpeg: Path, path: Path) -> None:
    """What QuickTime trims begins before 0 (mpv #10367)."""
    made = path.with_suffix(".whole.mkv")
    write(ffmpeg, made, *picture(seconds=2), *tone(2), *x264(), "-c:a", "aac")
    moved = [
        "-copyts",
        "-i",
        made,
        "-map",
        "0",
        "-c",
        "copy",
        "-bsf:v",
        "setts=pts=PTS-500:dts=DTS-500",
        "-bsf:a",
        "setts=pts=PTS-500:dts=DTS-500",
    ]
    write(ffmpeg, path, *moved, "-avoid_negative_ts", "disabled")
    made.unlink()


@case
def begins_without_a_keyframe(ffmpeg: Path, path: Path) -> None:
    """As files cut in the wrong place do (mkvtoolnix #1814)."""
    made = path.with_suffix(".whole.mkv")
    write(ffmpeg, made, *picture(seconds=2), *tone(2), *x264(), "-c:a", "aac")
    copied = ["-i", made, "-map", "0", "-c", "copy", "-copyinkf", "-bsf:v", "noise=drop='lt(n,4)'"]
    write(ffmpeg, path, *copied)
    made.unlink()


@case
def begins_after_fifty_years(ffmpeg: Path, path: Path) -> None:
    """A camera's clock counts from 1970 (amazon-kinesis-video-streams-producer-sdk-cpp #441)."""
    write(ffmpeg, path, *picture(), *tone(), *x264(), "-c:a", "aac", "-output_ts_offset", "1589949098")


@case
def one_frame_lasts_ten_seconds(ffmpeg: Path, path: Path) -> None:
    """A slide in a lecture."""
    late = "settb=1/1000,setpts='PTS+gte(N,12)*10000'"
    timed = ["-fps_mode", "passthrough", "-enc_time_base", "1:1000"]
    write(ffmpeg, path, *picture(filters=late), *tone(11.5), *x264(), *timed, "-c:a", "aac")


@case
def jittery_120_per_second(ffmpeg: Path, path: Path) -> None:
    """A screen recorder's."""
    late = "settb=1/1000,setpts='round(N*1000/119.88)+mod(N*7,4)'"
    timed = ["-fps_mode", "passthrough", "-enc_time_base", "1:1000"]
    write(ffmpeg, path, *picture(rate="120000/1001", filters=late), *tone(), *x264(), *timed, "-c:a", "aac")


@case
def film_and_video_rates_in_one(ffmpeg: Path, path: Path) -> None:
    """24 and 30 frames a second by turns (Av1an #828)."""
    late = "settb=1/1000,setpts='if(lt(N,24),N*1000/23.976,1001+(N-24)*1000/29.97)'"
    timed = ["-fps_mode", "passthrough", "-enc_time_base", "1:1000"]
    write(ffmpeg, path, *picture(seconds=2.5, filters=late), *tone(2), *x264(), *timed, "-c:a", "ac3")


# --- pictures


@case
def h264_in_rgb(ffmpeg: Path, path: Path) -> None:
    coded = ["-c:v", "libx264rgb", "-preset", "ultrafast", "-qp", "0", "-pix_fmt", "rgb24"]
    write(ffmpeg, path, *picture(), *tone(), *coded, "-c:a", "flac")


@case
def h264_without_loss_in_444(ffmpeg: Path, path: Path) -> None:
    write(ffmpeg, path, *picture(), *x264(), "-qp", "0", "-pix_fmt", "yuv444p")


@case
def h264_in_pq(ffmpeg: Path, path: Path) -> None:
    """HDR in H.264, as capture cards write it."""
    coloured = "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc:range=tv"
    write(
        ffmpeg, path, *picture(filters=coloured), *tone(), *x264(), "-pix_fmt", "yuv420p10le", "-c:a", "eac3"
    )


@case
def h264_refreshed_without_keyframes(ffmpeg: Path, path: Path) -> None:
    """Periodic intra refresh: recovery points, and one IDR picture at the start."""
    write(ffmpeg, path, *picture(seconds=3), *tone(3), *x264(12, ":intra-refresh=1"), "-c:a", "aac")


@case
def h264_by_two_encoders(ffmpeg: Path, path: Path) -> None:
    """Two encodes of other profiles, one behind the other, parameter sets in the stream."""
    kinds = (":cabac=0:8x8dct=0", ":ref=5:weightp=2:b-pyramid=normal")
    coded = [[*picture(seconds=1), *x264(12, one), "-bsf:v", "dump_extra=freq=k"] for one in kinds]
    one_behind_the_other(ffmpeg, path, coded)


@case
def hevc_coded_in_fields(ffmpeg: Path, path: Path) -> None:
    """Each field a picture of its own (jellyfin #4314)."""
    fields = picture("720x576", "50", 1.5, "tinterlace=mode=interleave_top,separatefields,setsar=8/15")
    coded = "keyint=12:pools=none:frame-threads=1:log-level=none:interlace=tff"
    write(ffmpeg, path, *fields, "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", coded)


@case
def hevc_in_two_layers_of_time(ffmpeg: Path, path: Path) -> None:
    """Temporal sublayers, as cameras write them."""
    coded = "keyint=12:pools=none:frame-threads=1:log-level=none:temporal-layers=3:bframes=3"
    write(ffmpeg, path, *picture(seconds=2), "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", coded)


@case
def av1_with_film_grain(ffmpeg: Path, path: Path) -> None:
    coded = ["-c:v", "libsvtav1", "-preset", "12", "-crf", "30", "-svtav1-params", "film-grain=20"]
    write(ffmpeg, path, *picture(), *tone(), *coded, "-c:a", "libopus")


@case
def vp8_is_turned_on_the_way(ffmpeg: Path, path: Path) -> None:
    """A telephone in a call is turned."""
    coded = ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "1M"]
    sizes = ("320x240", "240x320")
    one_behind_the_other(ffmpeg, path, [[*picture(size, seconds=1), *coded] for size in sizes])


@case
def msmpeg4_of_an_avi(ffmpeg: Path, path: Path) -> None:
    write(
        ffmpeg,
        path,
        *picture(rate="15"),
        *tone(rate=22050),
        "-c:v",
        "msmpeg4",
        "-q:v",
        "4",
        "-c:a",
        "libmp3lame",
    )


@case
def mpeg1_of_a_video_cd(ffmpeg: Path, path: Path) -> None:
    coded = ["-c:v", "mpeg1video", "-b:v", "1150k", "-bf", "2", "-g", "15", "-c:a", "mp2", "-b:a", "224k"]
    write(ffmpeg, path, *picture("352x288", "25", 2, "setsar=178/163"), *tone(2, 44100), *coded)


@case
def prores_with_alpha(ffmpeg: Path, path: Path) -> None:
    coded = ["-c:v", "prores_ks", "-profile:v", "4444", "-alpha_bits", "16", "-pix_fmt", "yuva444p10le"]
    write(ffmpeg, path, *picture(), *tone(), *coded, "-c:a", "pcm_s24le")


@case
def ffv1_in_16_bit_rgb(ffmpeg: Path, path: Path) -> None:
    """A film scanner's."""
    write(ffmpeg, path, *picture(), "-c:v", "ffv1", "-level", "3", "-pix_fmt", "gbrp16le")


@case
def a_film_in_png(ffmpeg: Path, path: Path) -> None:
    """A screen recorder's; no poster."""
    write(ffmpeg, path, *picture(), *tone(), "-c:v", "png", "-c:a", "pcm_s16le")


@case
def eight_pixels_wide(ffmpeg: Path, path: Path) -> None:
    write(ffmpeg, path, *picture("8x8"), "-c:v", "ffv1")


@case
def colours_of_rare_names(ffmpeg: Path, path: Path) -> None:
    named = "h264_metadata=colour_primaries=8:transfer_characteristics=10:matrix_coefficients=8"
    write(
        ffmpeg, path, *picture(), *x264(), "-pix_fmt", "yuv444p", "-bsf:v", f"{named}:video_full_range_flag=1"
    )


# --- sound


@case
def uncompressed_sound_of_many_kinds(ffmpeg: Path, path: Path) -> None:
    kinds = ("pcm_s16be", "pcm_f32le", "pcm_s32le", "pcm_u8", "pcm_f64le", "pcm_alaw")
    mapped = [
        part for number in range(len(kinds)) for part in ("-map", "1:a", f"-c:a:{number}", kinds[number])
    ]
    write(ffmpeg, path, *picture(), *tone(rate=44100), "-map", "0:v", *mapped, *x264())


@case
def compressed_sound_of_an_avi(ffmpeg: Path, path: Path) -> None:
    kinds = ("adpcm_ms", "adpcm_ima_wav", "wmav2", "pcm_mulaw")
    mapped = [
        part for number in range(len(kinds)) for part in ("-map", "1:a", f"-c:a:{number}", kinds[number])
    ]
    write(ffmpeg, path, *picture(), *tone(rate=22050), "-map", "0:v", *mapped, *x264())


@case
def sixteen_channels(ffmpeg: Path, path: Path) -> None:
    """A recorder's, of no layout."""
    write(
        ffmpeg,
        path,
        *picture(),
        *tone(),
        *x264(),
        "-c:a",
        "pcm_s16le",
        "-af",
        "pan=16c|" + "|".join(f"c{n}=c0" for n in range(16)),
    )


@case
def flac_at_192_kilohertz(ffmpeg: Path, path: Path) -> None:
    write(
        ffmpeg,
        path,
        *picture(),
        *tone(rate=192000),
        *x264(),
        "-c:a",
        "flac",
        "-sample_fmt",
        "s32",
        "-ac",
        "6",
    )


@case
def truehd_without_its_first_packets(ffmpeg: Path, path: Path) -> None:
    """Cut between two major syncs."""
    coded = ["-c:a", "truehd", "-strict", "-2", "-ac", "6", "-bsf:a", "noise=drop='lt(n,5)'"]
    write(ffmpeg, path, *picture(seconds=2), *tone(2), *x264(), *coded)


@case
def opus_in_long_packets(ffmpeg: Path, path: Path) -> None:
    write(ffmpeg, path, *picture(), *tone(), *x264(), "-c:a", "libopus", "-frame_duration", "120", "-ac", "1")


@case
def opus_without_a_layout(ffmpeg: Path, path: Path) -> None:
    """Mapping family 255: channels that nobody placed."""
    coded = ["-c:a", "libopus", "-mapping_family", "255", "-af", "pan=4c|c0=c0|c1=c0|c2=c0|c3=c0"]
    write(ffmpeg, path, *picture(), *tone(), *x264(), *coded)


@case
def twenty_languages(ffmpeg: Path, path: Path) -> None:
    """Twenty tracks of sound and twenty of subtitles."""
    texts = path.with_suffix(".srt")
    texts.write_text("1\n00:00:00,200 --> 00:00:00,900\nOne\n")
    mapped = ["-map", "0:v", *["-map", "1:a"] * 20, *["-map", "2:s"] * 20]
    write(ffmpeg, path, *picture(), *tone(), "-i", texts, *mapped, *x264(), "-c:a", "mp2", "-c:s", "srt")
    texts.unlink()


# --- subtitles


@case
def subtitles_in_latin_1(ffmpeg: Path, path: Path) -> None:
    """Older tools put the bytes of a text file into Matroska as they are."""
    texts = path.with_suffix(".srt")
    texts.write_text("1\n00:00:00,200 --> 00:00:00,900\nE~n~e\n\n2\n00:00:01,000 --> 00:00:01,400\nTwo\n")
    write(ffmpeg, path, *picture(), *tone(), "-i", texts, *x264(), "-c:a", "aac", "-c:s", "srt")
    path.write_bytes(path.read_bytes().replace(b"E~n~e", b"E\xf1e\xe9!"))
    texts.unlink()


@case
def a_subtitle_of_a_megabyte(ffmpeg: Path, path: Path) -> None:
    """Drawings in ASS."""
    texts = path.with_suffix(".ass")
    drawn = "{\\p1}m 0 0 " + "l 100 100 200 50 " * 60_000
    head = (
        "[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name, Fontname\nStyle: Default,Arial\n\n"
    )
    lines = "".join(
        f"Dialogue: {layer},0:00:00.20,0:00:01.00,Default,,0,0,0,,{drawn}\n" for layer in range(2)
    )
    events = "[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    texts.write_text(head + events + lines)
    write(ffmpeg, path, *picture(), "-i", texts, *x264(), "-c:s", "copy")
    texts.unlink()


@case
def a_thousand_subtitles_at_once(ffmpeg: Path, path: Path) -> None:
    """Signs that are drawn letter by letter."""
    texts = path.with_suffix(".ass")
    head = (
        "[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name, Fontname\nStyle: Default,Arial\n\n"
    )
    lines = "".join(f"Dialogue: 0,0:00:00.20,0:00:00.21,Default,,0,0,0,,{number}\n" for number in range(1000))
    events = "[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    texts.write_text(head + events + lines)
    write(ffmpeg, path, *picture(), "-i", texts, *x264(), "-c:s", "copy")
    texts.unlink()


@case
def subtitles_of_a_broadcast(ffmpeg: Path, path: Path) -> None:
    """DVB's, which are pictures."""
    pictures = write_pgs(path.with_suffix(".sup"), (720, 576))
    timed = "setts=pts=(0.2+N*0.3)/TB:dts=(0.2+N*0.3)/TB:duration=0.3/TB"
    coded = [*x264(), "-c:s", "dvbsub", "-bsf:s", timed]
    write(ffmpeg, path, *picture("720x576", "25"), "-i", pictures, *coded)
    pictures.unlink()
