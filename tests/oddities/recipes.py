"""From a row of properties to a file of a second or two, by ffmpeg; the same row gives the same bytes."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av

from tests import clips
from tests.oddities import surgery
from tests.oddities.pgs import write_pgs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.oddities.pairwise import Row

SOME, MORE, DEEP = ("yuv420p",), ("yuv420p", "yuv422p", "yuv444p"), ("yuv420p10le", "yuv422p10le")

CODECS: dict[str, tuple[str, tuple[str, ...]]] = {
    "mpeg2video": ("mpeg2video -q:v 4 -g 8", ("yuv420p", "yuv422p")),
    "h264": (
        "libx264 -preset ultrafast -crf 20 -g 8 -x264-params threads=1:bframes=2",
        (*MORE, *DEEP, "gray"),
    ),
    "hevc": (
        "libx265 -preset ultrafast -crf 22 -x265-params keyint=8:pools=none:frame-threads=1:log-level=none",
        (*MORE, *DEEP, "gray", "gbrp"),
    ),
    "mpeg4": ("mpeg4 -q:v 4 -g 8 -bf 2", SOME),
    "vp8": ("libvpx -deadline realtime -cpu-used 8 -b:v 1M -g 8 -threads 1", SOME),
    "vp9": ("libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 1M -g 8 -threads 1", (*MORE, *DEEP, "gbrp")),
    "av1": ("libsvtav1 -preset 12 -crf 40 -g 8", ("yuv420p", "yuv420p10le")),
    "ffv1": ("ffv1 -threads 1", (*MORE, *DEEP, "gray", "gbrp")),
    "prores": ("prores_ks -threads 1", ("yuv422p10le",)),
    "mjpeg": ("mjpeg -q:v 4 -threads 1 -strict -1", MORE),
    "theora": ("libtheora -q:v 6 -g 8", MORE),
    "rawvideo": ("rawvideo -allow_raw_vfw 1", ("yuv420p", "gray")),
}
"""Each codec's encoder, and the pixel formats that it takes."""

RATES = {
    "23.976": "24000/1001",
    "24": "24",
    "25": "25",
    "29.97": "30000/1001",
    "50": "50",
    "59.94": "60000/1001",
    "12": "12",
    "1": "1",
    "vfr": "24",
}

MPEG2_RATES = ("23.976", "24", "25", "29.97", "50", "59.94")

FIELD_RATES = {"tff": ("25", "29.97"), "bff": ("25", "29.97"), "telecine": ("29.97",)}

SIZES = {"plain": "320x240", "odd": "321x241", "tiny": "64x64", "anamorphic": "352x240", "wide": "640x96"}

ODD = ("ffv1", "rawvideo", "vp8", "vp9", "mpeg4", "mjpeg")
"""Codecs, or their encoders, that take a picture of odd width in any pixel format."""

SOUND = {
    "aac": "aac -b:a 96k",
    "ac3": "ac3",
    "eac3": "eac3",
    "dts": "dca -strict -2",
    "flac": "flac",
    "pcm_s16le": "pcm_s16le",
    "pcm_s24le": "pcm_s24le",
    "mp2": "mp2",
    "mp3": "libmp3lame",
    "vorbis": "libvorbis",
    "opus": "libopus",
    "truehd": "truehd -strict -2",
    "alac": "alac",
}

STEREO_AT_MOST = ("mp2", "mp3")

PROPERTIES = {
    "codec": tuple(CODECS),
    "pixels": (*MORE, *DEEP, "gray", "gbrp"),
    "fields": ("progressive", "tff", "bff", "telecine"),
    "rate": tuple(RATES),
    "container": (
        *("plain", "chapters", "tags", "attachments", "no_cues", "live", "two_seek_heads", "tracks_last"),
    ),
    "tracks": ("none", "mono", "stereo", "surround", "many", "srt", "ass", "pgs", "vobsub", "empty"),
    "times": ("plain", "offset", "negative", "gap", "backwards", "fine_scale", "coarse_scale"),
    "sound": tuple(SOUND),
    "size": tuple(SIZES),
}


def allowed(row: Row) -> bool:
    """Return whether a row, or a part of one, can be made."""
    codec, pixels, size = row.get("codec"), row.get("pixels"), row.get("size")
    rate, fields = row.get("rate"), row.get("fields", "progressive")
    if codec and pixels and pixels not in CODECS[codec][1]:
        return False
    if codec == "mpeg2video" and rate and rate not in MPEG2_RATES:
        return False
    if fields != "progressive" and (
        (rate and rate not in FIELD_RATES[fields]) or (size and size not in ("plain", "anamorphic"))
    ):
        return False
    if size == "odd" and codec and codec not in ODD:
        return False
    return not (row.get("tracks") == "surround" and row.get("sound") in STEREO_AT_MOST)


def name(number: int, row: Row) -> str:
    """Return the name of a row's file, which says what is odd."""
    said = [
        value
        for key, value in row.items()
        if value not in ("plain", "progressive") and not (key == "sound" and row["tracks"] == "none")
    ]
    return f"{number:03d}-" + "-".join(said)


def make(ffmpeg: Path, row: Row, path: Path) -> Path:
    """Make a row's file, unless it is there."""
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial.mkv")
    side = path.with_suffix(".side")
    side.mkdir(exist_ok=True)
    try:
        arguments = [*_inputs(row, side, ffmpeg), *_picture(row), *_sound(row), *_labels(row, side)]
        _write(ffmpeg, row, arguments, partial)
        return partial.replace(path)
    finally:
        for one in (*side.iterdir(), partial):
            one.unlink(missing_ok=True)
        side.rmdir()


def frames(row: Row) -> int:
    """Return how many frames a row's picture has."""
    return max(6, round(1.5 * Fraction(RATES[row["rate"]])))


def seconds(row: Row) -> float:
    return float(frames(row) / Fraction(RATES[row["rate"]]))


def _inputs(row: Row, side: Path, ffmpeg: Path) -> list[str | Path]:
    rate, size = Fraction(RATES[row["rate"]]), SIZES[row["size"]]
    width, height = map(int, size.split("x"))
    drawn = (
        rate * 2
        if row["fields"] in ("tff", "bff")
        else Fraction(24000, 1001)
        if row["fields"] == "telecine"
        else rate
    )
    parts: list[str | Path] = ["-f", "lavfi", "-i", clips.moving_picture((width, height), str(drawn))]
    long = seconds(row)
    for number in range(_tracks_of_sound(row)):
        late = ["-itsoffset", "-0.2"] if row["times"] == "negative" and number == 0 else []
        parts += [*late, "-f", "lavfi", "-i", f"sine={440 + 110 * number}:d={long}:r=48000"]
    kind = row["tracks"]
    if kind in ("srt", "ass", "empty"):
        (side / "s.srt").write_text(
            "1\n00:00:00,200 --> 00:00:00,900\nOne\n\n2\n00:00:01,000 --> 00:00:01,400\nTwo\n"
        )
        parts += ["-i", side / "s.srt"]
    elif kind in ("pgs", "vobsub"):
        pictures = write_pgs(side / "s.sup", (320, 240))
        if kind == "vobsub":
            # its encoder says that each is shown for 2^32 - 1 ms
            coded = ["-i", pictures, "-c:s", "dvdsub", "-bsf:s", "setts=duration=400", "-fflags", "+bitexact"]
            clips.run_ffmpeg(ffmpeg, *coded, pictures := side / "s.mkv")
        parts += ["-i", pictures]
    if row["container"] == "chapters":
        (side / "c.txt").write_text(
            ";FFMETADATA1\ntitle=Odd\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=700\ntitle=One\n"
            f"[CHAPTER]\nTIMEBASE=1/1000\nSTART=700\nEND={round(1000 * long)}\ntitle=Two; é\n"
        )
        parts += ["-i", side / "c.txt"]
    return parts


def _tracks_of_sound(row: Row) -> int:
    return {"none": 0, "many": 4}.get(row["tracks"], 1)


def _picture(row: Row) -> list[str]:
    filters = {
        "tff": ["tinterlace=mode=interleave_top"],
        "bff": ["tinterlace=mode=interleave_bottom"],
        "telecine": ["telecine=pattern=23"],
    }.get(row["fields"], [])
    if row["size"] == "anamorphic":
        filters = [*filters, "setsar=40/33"]
    if row["rate"] == "vfr":
        filters = [*filters, "settb=1/1000", "setpts='(N+mod(N,3)*0.3)/24/TB'"]
    if row["times"] == "gap":
        filters = [*filters, "setpts='PTS+gte(N,4)*0.6/TB'"]
    coded = CODECS[row["codec"]][0].split()
    if row["fields"] in ("tff", "bff"):
        order = row["fields"] == "tff"
        if row["codec"] == "mpeg2video":
            coded += ["-flags:v", "+ildct+ilme+bitexact"]
        elif row["codec"] == "h264":
            coded[-1] += f":{row['fields']}=1"
        coded += ["-field_order", "tt" if order else "bb"]
    timed = ["-fps_mode", "passthrough"] if row["rate"] == "vfr" or row["times"] == "gap" else []
    wide = ["-enc_time_base", "1:1000"] if timed and row["codec"] != "mpeg2video" else []
    return [
        *("-map", "0:v", *(["-vf", ",".join(filters)] if filters else []), "-c:v", *coded),
        *("-pix_fmt", row["pixels"], "-frames:v", str(frames(row)), *timed, *wide),
    ]


def _sound(row: Row) -> list[str]:
    parts = []
    for number in range(_tracks_of_sound(row)):
        parts += ["-map", f"{number + 1}:a"]
    if parts:
        channels = {"mono": "1", "surround": "6"}.get(row["tracks"], "2")
        parts += ["-c:a", *SOUND[row["sound"]].split(), "-ac", channels]
    return parts


def _labels(row: Row, side: Path) -> list[str | Path]:
    behind = _tracks_of_sound(row) + 1
    parts: list[str | Path] = []
    if (kind := row["tracks"]) in ("srt", "ass", "pgs", "vobsub", "empty"):
        codec = {"ass": "ass", "pgs": "copy", "vobsub": "copy"}.get(kind, "srt")
        parts += ["-map", f"{behind}:s", "-c:s", codec, "-metadata:s:s:0", "language=ger"]
        parts += ["-bsf:s", "noise=drop=1"] if kind == "empty" else []
        behind += 1
    if row["container"] == "chapters":
        parts += ["-map_chapters", str(behind), "-map_metadata", str(behind)]
    elif row["container"] == "tags":
        parts += [
            "-metadata",
            "title=Ünsinn",
            "-metadata",
            "DIRECTOR=Nobody",
            "-metadata:s:v:0",
            "title=Picture",
        ]
        parts += ["-metadata:s:v:0", "language=und", "-disposition:v:0", "0"]
    elif row["container"] == "attachments":
        (side / "a.ttf").write_bytes(b"no font " * 40)
        parts += ["-attach", side / "a.ttf", "-metadata:s:t:0", "mimetype=font/ttf"]
    if row["times"] == "offset":
        parts += ["-output_ts_offset", "1.5"]
    elif row["times"] == "negative":
        parts += ["-avoid_negative_ts", "disabled"]
    return parts


def _write(ffmpeg: Path, row: Row, arguments: list[str | Path], path: Path) -> None:
    """Run ffmpeg, and do to its file what it cannot."""
    exact = ["-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact", "-f", "matroska"]
    container = row["container"]
    if row["times"] in ("fine_scale", "coarse_scale"):
        # the muxer's ticks are milliseconds: others are written, and then said
        whole = path.with_suffix(".whole.mkv")
        clips.run_ffmpeg(ffmpeg, *arguments, *exact, whole)
        by = "*10" if row["times"] == "fine_scale" else "/10"
        with av.open(str(whole)) as made:
            kinds = {one.type[0] for one in made.streams if one.type in ("video", "audio", "subtitle")}
        moved = [
            part
            for kind in sorted(kinds)
            for part in (f"-bsf:{kind}", f"setts=pts=PTS{by}:dts=DTS{by}:duration=DURATION{by}")
        ]
        arguments = [
            "-copyts",
            "-i",
            whole,
            "-map",
            "0",
            "-c",
            "copy",
            *moved,
            "-avoid_negative_ts",
            "disabled",
        ]
    if container == "no_cues":
        path.write_bytes(clips.run_ffmpeg(ffmpeg, *arguments, *exact, "pipe:1"))
    elif container == "live":
        clips.run_ffmpeg(ffmpeg, *arguments, *exact, "-live", "1", path)
    else:
        clips.run_ffmpeg(ffmpeg, *arguments, *exact, path)
    if container == "two_seek_heads":
        surgery.second_seek_head(path)
    elif container == "tracks_last":
        surgery.tracks_last(path)
    if row["times"] in ("fine_scale", "coarse_scale"):
        surgery.scaled(path, 100_000 if row["times"] == "fine_scale" else 10_000_000)
    elif row["times"] == "backwards":
        surgery.equal_times(path)
    path.with_suffix(".whole.mkv").unlink(missing_ok=True)
