"""Clips made by the bundled ffmpeg for the tests, and the sample that `make run` encodes.

A maker returns its path and does nothing where the file is there already, so that tests can share a folder of
clips. All of them are deterministic: the same ffmpeg gives the same bytes.

    python -m tests.clips sample OUT.mkv [SECONDS]
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
import imageio_ffmpeg

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

STRIPPED = "-map_metadata:g -1 -map_chapters -1 -fflags +bitexact -flags:v +bitexact -flags:a +bitexact"
"""What keeps dates, random identifiers and version strings out of a clip."""

CODECS = {
    "h264": "libx264 -preset veryfast -crf 20",
    "hevc": "libx265 -preset ultrafast -crf 22",
    "mpeg2": "mpeg2video -q:v 4",
    "mpeg4": "mpeg4 -q:v 4",
    "ffv1": "ffv1",
}


@dataclass(frozen=True)
class Bars:
    """Black margins inside a clip's picture, pixels."""

    left: int = 0
    right: int = 0
    top: int = 0
    bottom: int = 0


NO_BARS = Bars()


def find_ffmpeg() -> Path:
    """Return `DRAPTO_FFMPEG`, or the ffmpeg that comes with imageio-ffmpeg."""
    return Path(os.environ.get("DRAPTO_FFMPEG") or imageio_ffmpeg.get_ffmpeg_exe())


def run_ffmpeg(ffmpeg: Path, *arguments: str | Path) -> bytes:
    """Run ffmpeg; return its standard output, raise with its stderr where it fails."""
    command = [ffmpeg, "-nostdin", "-hide_banner", "-v", "error", "-y", *arguments]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode(errors="replace"))
    return done.stdout


def frame_md5s(ffmpeg: Path, path: Path, *, stream: str = "0:v:0", frames: int | None = None) -> list[str]:
    """Return the MD5 of each decoded picture, in presentation order."""
    limit = [] if frames is None else ["-frames:v", str(frames)]
    output = ["-fps_mode", "passthrough", *limit, "-f", "framemd5", "-"]
    lines = run_ffmpeg(ffmpeg, "-i", f"file:{path}", "-map", stream, *output).decode().splitlines()
    return [line.rsplit(",", 1)[1].strip() for line in lines if line and not line.startswith("#")]


def _write(ffmpeg: Path, path: Path, arguments: Sequence[str | Path]) -> Path:
    """Run ffmpeg into a temporary name, then rename."""
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{secrets.token_hex(4)}{path.suffix}")
    run_ffmpeg(ffmpeg, *arguments, f"file:{partial}")
    return partial.replace(path)


def beginning(ffmpeg: Path, source: Path, path: Path, seconds: float) -> Path:
    """Copy the packets of a clip's first ``seconds``, of all tracks."""
    return _write(ffmpeg, path, ["-i", source, "-map", "0", "-c", "copy", "-t", str(seconds)])


def moving_picture(size: tuple[int, int], rate: str, bars: Bars = NO_BARS, *, first: int = 0) -> str:
    """Return a lavfi graph of endless moving picture, nowhere dark, inside black ``bars``.

    Args:
        size: Of the whole frame, bars included.
        rate: Frames per second as ffmpeg reads it.
        bars: Margins.
        first: Frames of the pattern that are skipped, so that clips differ.
    """
    width, height = size[0] - bars.left - bars.right, size[1] - bars.top - bars.bottom
    graph = f"testsrc2=s={width}x{height}:r={rate},trim=start_frame={first},setpts=PTS-STARTPTS"
    graph += ",lutyuv=y='max(val,64)'"
    if bars != NO_BARS:
        graph += f",pad={size[0]}:{size[1]}:{bars.left}:{bars.top}:black"
    return graph


def _coded(codec: str, keyint: int, bframes: int, *, open_gop: bool) -> list[str]:
    chosen = ["-c:v", *CODECS[codec].split(), "-g", str(keyint)]
    gops = f"open-gop={int(open_gop)}:keyint={keyint}:min-keyint={keyint}:scenecut=0"
    shape = f"{gops}:bframes={bframes}:b-adapt=0"
    if codec == "h264":
        return [*chosen, "-bf", str(bframes), "-x264-params", f"{shape}:threads=1"]
    if codec == "hevc":
        return [*chosen, "-x265-params", f"{shape}:pools=none:frame-threads=1:log-level=none"]
    if codec == "mpeg2":
        # open GOPs are this encoder's habit; `cgop` turns them off
        flags = "+bitexact" if open_gop else "+bitexact+cgop"
        return [*chosen, "-bf", str(bframes), "-flags:v", flags, "-sc_threshold", "1000000000"]
    return chosen


def make_clip(
    ffmpeg: Path,
    path: Path,
    *,
    codec: str = "h264",
    frames: int = 48,
    size: tuple[int, int] = (320, 180),
    rate: str = "24",
    keyint: int = 12,
    bframes: int = 3,
    open_gop: bool = False,
    pix_fmt: str = "yuv420p",
    bars: Bars = NO_BARS,
    graph: str | None = None,
    filters: str | None = None,
    options: Sequence[str] = (),
) -> Path:
    """Make a clip with one video track.

    Args:
        ffmpeg: The program.
        path: Where to.
        codec: A key of `CODECS`.
        frames: How many.
        size: Width and height, bars included.
        rate: Frames per second, ``24`` or ``24000/1001``.
        keyint: Frames from keyframe to keyframe.
        bframes: Consecutive B-frames.
        open_gop: Let leading pictures refer across keyframes.
        pix_fmt: The coded pixel format.
        bars: Black margins.
        graph: A lavfi source of your own instead of `moving_picture`.
        filters: Filters after the source.
        options: Further output options.
    """
    source = graph or moving_picture(size, rate, bars)
    source += f",{filters}" if filters else ""
    inputs = ["-f", "lavfi", "-i", source, "-frames:v", str(frames), "-fps_mode", "passthrough"]
    coded = _coded(codec, keyint, bframes, open_gop=open_gop)
    return _write(ffmpeg, path, [*inputs, *STRIPPED.split(), *coded, "-pix_fmt", pix_fmt, *options])


def make_open_gop(ffmpeg: Path, path: Path, codec: str, *, frames: int = 96, keyint: int = 24) -> Path:
    """Make a clip whose every keyframe but the first has leading pictures: h264, hevc or mpeg2."""
    bframes = 2 if codec == "mpeg2" else 3
    return make_clip(
        ffmpeg, path, codec=codec, frames=frames, keyint=keyint, bframes=bframes, open_gop=True, rate="25"
    )


def make_strip(ffmpeg: Path, path: Path) -> Path:
    """Make a clip of two segments, with sound, that is of few pixels where it is measured as it is shown."""
    picture = ["-f", "lavfi", "-i", moving_picture((640, 64), "12")]
    sound = ["-f", "lavfi", "-i", "sine=440:d=2", "-c:a", "aac"]
    coded = [*_coded("h264", 12, 0, open_gop=False), "-pix_fmt", "yuv420p", "-frames:v", "24"]
    return _write(ffmpeg, path, [*picture, *sound[:4], *STRIPPED.split(), *coded, *sound[4:]])


def make_vfr(ffmpeg: Path, path: Path, *, frames: int = 72) -> Path:
    """Make a clip whose thirds run at 24, 30 and 12 frames per second, keyframe every 12 frames."""
    third = frames // 3
    first, second = f"{third}*1000/24", f"{third}*1000/30"
    times = (
        f"if(lt(N,{third}),N*1000/24,if(lt(N,{2 * third}),{first}+(N-{third})*1000/30,"
        f"{first}+{second}+(N-{2 * third})*1000/12))"
    )
    exact = ("-enc_time_base", "1:1000")
    return make_clip(
        ffmpeg, path, frames=frames, filters=f"settb=1/1000,setpts='floor({times})'", options=exact
    )


FILM_RATE = "24000/1001"
VIDEO_RATE = "30000/1001"
FIELD_FLAGS = ("-q:v", "2", "-flags:v", "+bitexact+ilme+ildct")
"""Marks every frame as interlaced, whether it is or not."""


def film(size: tuple[int, int] = (192, 288), rate: str = FILM_RATE) -> str:
    """Return a lavfi graph of a soft picture that moves everywhere: sharp edges pass for combs."""
    width, height = size
    zoom = f"mandelbrot=s={width}x{height}:r={rate}:start_scale=2:end_scale=0.05:end_pts=400"
    return f"{zoom},gblur=1.2,format=yuv420p,scroll=h=0.01,lutyuv=y='48+val*0.7'"


def make_film(ffmpeg: Path, path: Path, *, frames: int, rate: str = FILM_RATE) -> Path:
    """Make the frames of `film` without loss."""
    return make_clip(ffmpeg, path, codec="ffv1", frames=frames, graph=film(rate=rate), rate=rate)


def make_telecined(ffmpeg: Path, path: Path, *, frames: int = 120, keyint: int = 12) -> Path:
    """Make ``frames`` frames at 29.97 per second of `film` by 3:2 pulldown, MPEG-2 with open GOPs."""
    return make_clip(
        ffmpeg,
        path,
        codec="mpeg2",
        frames=frames,
        graph=film(),
        filters="telecine=pattern=23",
        keyint=keyint,
        bframes=2,
        open_gop=True,
        options=FIELD_FLAGS,
    )


def make_interlaced(ffmpeg: Path, path: Path, *, frames: int = 75, top_first: bool = True) -> Path:
    """Make ``frames`` frames at 25 per second, their fields 1/50 s apart, MPEG-2 with open GOPs."""
    first = "top" if top_first else "bottom"
    return make_clip(
        ffmpeg,
        path,
        codec="mpeg2",
        frames=frames,
        graph=film(rate="50"),
        filters=f"tinterlace=interleave_{first}",
        bframes=2,
        open_gop=True,
        options=FIELD_FLAGS,
    )


def make_soft_telecined(ffmpeg: Path, path: Path, *, frames: int = 73) -> Path:
    """Make film whose flags, not its frames, repeat fields, at the times at which a disc shows them.

    A frame of three fields follows one of two. libavcodec's encoder does not set ``top_field_first`` and
    ``repeat_first_field``, so they are set in the packets (ISO/IEC 13818-2, sections 6.2.2.3 and 6.2.3.1).
    """
    if path.exists():
        return path
    plain = path.with_name(f".{secrets.token_hex(4)}.mkv")
    make_clip(ffmpeg, plain, codec="mpeg2", frames=frames, graph=film(), bframes=0, rate=FILM_RATE)
    with av.open(str(plain)) as source, av.open(str(path), "w", options={"fflags": "+bitexact"}) as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        fields = 0
        for number, packet in enumerate(one for one in source.demux(video=0) if one.size):
            top_first, repeat = ((1, 1), (0, 0), (0, 1), (1, 0))[number % 4]
            made = av.Packet(_with_flags(bytes(packet), top_first, repeat))
            made.stream, made.time_base = stream, Fraction(1, 1000)
            made.pts = made.dts = round(fields * 1001 / 60)
            made.is_keyframe = packet.is_keyframe
            target.mux(made)
            fields += 2 + repeat
    plain.unlink()
    return path


EXTENSION = b"\x00\x00\x01\xb5"
"""What an MPEG-2 extension begins with; its first four bits say which one it is."""


def _with_flags(data: bytes, top_first: int, repeat: int) -> bytes:
    """Return an MPEG-2 picture with these flags in a sequence that may be interlaced."""
    changed = bytearray(data)
    at = changed.find(EXTENSION)
    while at >= 0:
        kind = changed[at + 4] >> 4
        if kind == 1:
            changed[at + 5] &= ~0x08 & 0xFF  # progressive_sequence
        elif kind == 8:
            changed[at + 7] = changed[at + 7] & 0x7D | top_first << 7 | repeat << 1
            changed[at + 8] |= 0x80  # progressive_frame
        at = changed.find(EXTENSION, at + 4)
    return bytes(changed)


def make_one_gop(ffmpeg: Path, path: Path, *, frames: int = 48, bars: Bars = NO_BARS) -> Path:
    """Make a clip with a single keyframe: nothing to split."""
    return make_clip(ffmpeg, path, frames=frames, keyint=10_000, bars=bars)


def make_audio_only(ffmpeg: Path, path: Path) -> Path:
    """Make a Matroska file without video."""
    return _write(ffmpeg, path, ["-f", "lavfi", "-i", "sine=440:d=1", *STRIPPED.split(), "-c:a", "flac"])


TRACKS = """
    -map 0:v -map 1:a -map 2:a -map 3:a -map 4:s -map 4:s -map_chapters 5
    -pix_fmt yuv420p -c:a:0 aac -c:a:1 ac3 -c:a:2 flac -c:s:0 srt -c:s:1 ass
    -metadata title=Everything -metadata:s:a:0 language=eng -metadata:s:a:0 title=Stereo
    -metadata:s:a:1 language=fre -metadata:s:s:0 language=eng -metadata:s:s:1 language=jpn
    -disposition:a:0 default -disposition:a:1 0 -disposition:a:2 0 -disposition:s:0 default
    -disposition:s:1 forced
    -metadata:s:t mimetype=text/plain -metadata:s:t filename=note.txt
"""


def make_tracks(ffmpeg: Path, path: Path, *, frames: int = 48, audio_delay: float = 0.4) -> Path:
    """Make a clip with every kind of track.

    Video; audio stereo (eng, "Stereo", default), 5.1 (fre, starts ``audio_delay`` seconds late) and mono (no
    tags); SRT (eng, default) and ASS (jpn, forced) subtitles; two chapters; a text attachment.
    """
    seconds = frames / 24
    parts = {
        "subtitles.srt": _srt(seconds, 3),
        "chapters.txt": _chapters(seconds, ("One", "Two: the \\; second")),
        "note.txt": "An attachment: äöü\n",
    }
    with _side_files(path, parts) as side:
        inputs: list[str | Path] = [
            *("-f", "lavfi", "-i", moving_picture((320, 180), "24")),
            *("-f", "lavfi", "-i", f"sine=440:d={seconds},aformat=channel_layouts=stereo"),
            *("-itsoffset", str(audio_delay), "-f", "lavfi"),
            *("-i", f"sine=660:d={seconds},aformat=sample_rates=48000:channel_layouts=5.1"),
            *("-f", "lavfi", "-i", f"sine=880:d={seconds / 2}"),
            *("-i", side / "subtitles.srt", "-i", side / "chapters.txt"),
        ]
        coded = _coded("h264", 12, 3, open_gop=False)
        attached: list[str | Path] = ["-attach", side / "note.txt", "-frames:v", str(frames)]
        return _write(ffmpeg, path, [*inputs, *STRIPPED.split(), *coded, *attached, *TRACKS.split()])


SAMPLE_SIZE = (640, 360)
SAMPLE_BARS = Bars(top=44, bottom=44)
"""640x272 of picture: 2.35:1 in 16:9, as most films come."""

SAMPLE_TRACKS = """
    -map [picture] -map [stereo] -map [surround] -map 0:s -map_chapters 1
    -pix_fmt yuv420p
    -c:a:0 aac -b:a:0 160k -c:a:1 ac3 -b:a:1 384k -c:s srt -metadata title=Sample
    -metadata:s:a:0 language=eng -metadata:s:a:0 title=Main -disposition:a:0 default
    -metadata:s:a:1 language=fre -disposition:a:1 0 -metadata:s:s:0 language=eng -disposition:s:0 default
"""


DEFAULT_SECONDS = 15


def make_sample(ffmpeg: Path, path: Path, *, seconds: int = DEFAULT_SECONDS) -> Path:
    """Make the sample that `make run` encodes: three scenes in letterbox, as a rip would bring them.

    H.264 640x360 at 24 fps, coded generously, with black bars, open GOPs of two seconds; audio stereo (eng,
    "Main", default) and 5.1 (fre); an SRT subtitle (eng, default); three chapters.
    """
    parts = {
        "subtitles.srt": _srt(seconds, 5),
        "chapters.txt": _chapters(seconds, ("The coast", "The machine", "The grain")),
    }
    with _side_files(path, parts) as side:
        inputs = ["-filter_complex", _sample_graph(seconds)]
        inputs += ["-i", str(side / "subtitles.srt"), "-i", str(side / "chapters.txt")]
        # as generous as a disc is, so that there is something to save
        coded = [*_coded("h264", 48, 3, open_gop=True), "-crf", "12"]
        return _write(ffmpeg, path, [*inputs, *STRIPPED.split(), *coded, *SAMPLE_TRACKS.split()])


def _sample_graph(seconds: int) -> str:
    """Return the sample's filter graph: a fractal coast, a test machine, a grainy colony, and their sound."""
    width, height = SAMPLE_SIZE
    inner = height - SAMPLE_BARS.top - SAMPLE_BARS.bottom
    frame = f"s={width}x{inner}:r=24"
    shape = f"format=yuv420p,scale={width}:{inner}:flags=bicubic:sws_dither=none,setsar=1,fps=24"
    same = f"{shape},trim=duration={seconds / 3:.3f}"
    colony = f"s={width // 4}x{inner // 4}:r=12:mold=20:seed=7:ratio=0.35"
    colours = "death_color=#604020:life_color=#e0d0a0:mold_color=#a06030"
    bt709 = "range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"
    tones = "|".join(f"0.2*sin({tone}*t)" for tone in (550, 660, 770, 250, 880, 990))
    return f"""
        mandelbrot={frame}:start_scale=1.2:end_scale=0.02:maxiter=600:end_pts=400,{same},
            lutyuv=y='40+val*0.8' [coast];
        testsrc2={frame},rotate=0.15*sin(t):ow=iw:oh=ih:c=gray,{same},eq=saturation=0.6 [machine];
        life={colony}:{colours},{same},noise=alls=6:allf=t:all_seed=11,lutyuv=y='max(val,40)' [grain];
        [coast][machine][grain] concat=n=3:v=1:a=0,fade=out:st={seconds - 1}:d=1,
            pad={width}:{height}:{SAMPLE_BARS.left}:{SAMPLE_BARS.top}:black,setparams={bt709} [picture];
        aevalsrc='0.2*sin(2*PI*(220+20*sin(t))*t)|0.2*sin(2*PI*330*t)':s=48000:d={seconds} [stereo];
        aevalsrc='{tones}':c=5.1:s=48000:d={seconds} [surround]
    """


@contextmanager
def _side_files(path: Path, texts: dict[str, str]) -> Iterator[Path]:
    """Yield a folder beside ``path`` that holds ``texts`` while a clip is made of them."""
    folder = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    folder.mkdir(parents=True)
    try:
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
        yield folder
    finally:
        for part in folder.iterdir():
            part.unlink()
        folder.rmdir()


def _srt(seconds: float, count: int) -> str:
    step = seconds / count
    spans = ((_clock(number * step), _clock((number + 0.8) * step)) for number in range(count))
    return "\n".join(
        f"{number}\n{start} --> {end}\nLine {number}\n" for number, (start, end) in enumerate(spans, 1)
    )


def _clock(seconds: float) -> str:
    total = round(seconds * 1000)
    return f"{total // 3_600_000:02}:{total // 60_000 % 60:02}:{total // 1000 % 60:02},{total % 1000:03}"


def _chapters(seconds: float, titles: Sequence[str]) -> str:
    step = round(seconds * 1000 / len(titles))
    return ";FFMETADATA1\n" + "".join(
        f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={number * step}\nEND={(number + 1) * step}\ntitle={title}\n"
        for number, title in enumerate(titles)
    )


def main(arguments: Sequence[str]) -> None:
    """Make the sample at the path given."""
    if len(arguments) not in (2, 3) or arguments[0] != "sample":
        sys.exit("usage: python -m tests.clips sample OUT.mkv [SECONDS]")
    seconds = int(arguments[2]) if len(arguments) > 2 else DEFAULT_SECONDS
    make_sample(find_ffmpeg(), Path(arguments[1]).absolute(), seconds=seconds)


if __name__ == "__main__":
    main(sys.argv[1:])
