"""Clips that change on the way: parts of several forms, coded apart, one behind the other in one track."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

import av

from tests import clips

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

RAW = {
    "h264": (
        "h264",
        "h264",
        "-c:v libx264 -preset ultrafast -crf 24 -bf 0 -g 12 -x264-params scenecut=0:threads=1",
    ),
    "hevc": (
        "hevc",
        "hevc",
        "-c:v libx265 -preset ultrafast -bf 0 -g 12 -x265-params log-level=none:pools=none:repeat-headers=1",
    ),
    "mpeg2": ("mpeg2video", "mpegvideo", "-c:v mpeg2video -q:v 5 -g 12 -bf 0"),
    "ac3": ("ac3", "ac3", "-c:a ac3 -b:a 192k"),
    "eac3": ("eac3", "eac3", "-c:a eac3 -b:a 192k"),
    "mp3": ("mp3", "mp3", "-c:a libmp3lame -b:a 128k -write_xing 0 -id3v2_version 0"),
    "dts": ("dts", "dts", "-c:a dca -strict -2 -b:a 1411k"),
    "flac": ("flac", "flac", "-c:a flac"),
}
"""By codec: ffmpeg's formats of it bare, to write and to read, and an encoder's options."""


def picture(size: str = "160x96", *, rate: str = "24", frames: int = 24, filters: str = "null") -> list[str]:
    """Return ffmpeg's options of a part of moving picture."""
    graph = f"testsrc2=s={size}:r={rate},format=yuv420p,{filters}"
    return ["-f", "lavfi", "-i", graph, "-frames:v", str(frames)]


def tones(layout: str, tones: Sequence[int], *, rate: int = 48_000, seconds: float = 1) -> list[str]:
    """Return ffmpeg's options of a part of sound, a tone in each channel."""
    waves = "|".join(f"0.2*sin(2*PI*{tone}*t)" for tone in tones)
    return ["-f", "lavfi", "-i", f"aevalsrc='{waves}':c={layout}:s={rate}:d={seconds}"]


def joined(ffmpeg: Path, path: Path, codec: str, parts: Sequence[Sequence[str]], *, rate: str = "24") -> Path:
    """Code each part by itself, and put them into one track of ``path``.

    Args:
        ffmpeg: The program.
        path: Where to.
        codec: A key of `RAW`.
        parts: For each, input options, and output options that follow them.
        rate: Frames per second of a picture.
    """
    form, read, options = RAW[codec]
    whole = b""
    for number, part in enumerate(parts):
        piece = path.with_name(f"{path.stem}-{number}.{form}")
        clips.run_ffmpeg(ffmpeg, *options_between(part, options), "-f", form, piece)
        whole += piece.read_bytes()
    bare = path.with_name(f"{path.stem}.{form}")
    bare.write_bytes(whole)
    if "-c:v" in options:
        _mux(bare, read, path, Fraction(rate))
    else:
        clips.run_ffmpeg(ffmpeg, "-f", read, "-i", bare, "-c", "copy", *clips.STRIPPED.split(), path)
    return path


def chained(parts: Sequence[Path], path: Path) -> None:
    """Put the packets of several files one behind the other, a second each, into one track of ``path``."""
    with av.open(str(path), "w", options={"fflags": "+bitexact"}) as target:
        stream = None
        for second, part in enumerate(parts):
            with av.open(str(part)) as source:
                picture = source.streams.video[0]
                stream = stream or target.add_stream_from_template(picture, opaque=True)
                for packet in source.demux(picture):
                    if packet.size and packet.pts is not None and picture.time_base is not None:
                        time = round((packet.pts * picture.time_base + second) * 1000)
                        packet.stream, packet.time_base = stream, Fraction(1, 1000)
                        packet.pts = packet.dts = time
                        target.mux(packet)


def level(samples: Sequence[float], tone: int, rate: int = 48_000) -> float:
    """Return the amplitude of a tone in samples, by Goertzel's algorithm."""
    turn = 2 * math.cos(2 * math.pi * tone / rate)
    last, before = 0.0, 0.0
    for sample in samples:
        last, before = sample + turn * last - before, last
    return 2 * math.sqrt(max(0.0, last**2 + before**2 - turn * last * before)) / len(samples)


def _mux(bare: Path, form: str, path: Path, rate: Fraction) -> None:
    """Put bare pictures, none of which are reordered, into a file at their times."""
    with (
        av.open(str(bare), format=form) as source,
        av.open(str(path), "w", options={"fflags": "+bitexact"}) as target,
    ):
        stream = target.add_stream_from_template(source.streams.video[0])
        for number, packet in enumerate(one for one in source.demux(video=0) if one.size):
            packet.stream, packet.time_base = stream, Fraction(1, 1000)
            packet.pts = packet.dts = round(number * 1000 / rate)
            packet.duration = 0
            target.mux(packet)


def options_between(part: Sequence[str], options: str) -> list[str]:
    """Return a part's options with the encoder's before its own outputs, which then count."""
    return [*part[:4], *options.split(), *clips.STRIPPED.split(), *part[4:]]
