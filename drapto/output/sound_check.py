"""Does all of a finished file's sound decode?

The decoder itself is asked, packet by packet: what it refuses, gives back marked as damaged, or leaves out.
What ffmpeg's command line says around that, of its own muxers and timestamps, is no fault of the sound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import av

from drapto.engine.context import file_url
from drapto.media.texts import ANY_TEXT
from drapto.output.model import Check
from drapto.words import count_text, time_text

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from av.audio.frame import AudioFrame
    from av.packet import Packet
    from av.stream import Stream

STRICT = {"err_detect": "crccheck+bitstream+buffer+explode"}
"""Decoder options (manual of ffmpeg-codecs, ``err_detect``): what is damaged is refused, not mended."""

HOLE = 0.015
"""Seconds: less than the 20 ms of an Opus packet, more than what Matroska's ticks round."""


@dataclass
class _Decoded:
    """What came of a track, so far.

    Attributes:
        refused: How many packets the decoder refused, or marked as damaged.
        missing: Seconds of sound that are not there between what is. libavformat drops an Opus packet that it
            cannot read, and says so in its log alone.
        first: When the first of either was, seconds; None where nothing was.
        due: When the next sound is due, seconds.
    """

    refused: int = 0
    missing: float = 0.0
    first: float | None = None
    due: float | None = None

    def take(self, packet: Packet[Stream]) -> None:
        """Decode a packet."""
        try:
            frames = cast("list[AudioFrame]", packet.decode())
        except av.FFmpegError:
            self._refuse(_time(packet))
            return
        if any(frame.is_corrupt for frame in frames):
            self._refuse(_time(packet))
        for frame in frames:
            self._follow(_time(frame), frame.samples / (frame.sample_rate or 1))

    def _refuse(self, time: float | None) -> None:
        self.refused += 1
        self._happened(time)

    def _follow(self, time: float | None, duration: float) -> None:
        if time is None:
            self.due = None if self.due is None else self.due + duration
            return
        if self.due is not None and time - self.due > HOLE:
            self.missing += time - self.due
            self._happened(self.due)
        self.due = time + duration

    def _happened(self, time: float | None) -> None:
        if self.first is None:
            self.first = time or 0.0

    @property
    def said(self) -> str:
        """What is wrong with it; empty where nothing is."""
        if self.first is None:
            return ""
        parts = [f"{count_text(self.refused, 'packet')} refused"] if self.refused else []
        parts += [f"{self.missing:.2f} s missing"] if self.missing else []
        return f"{' and '.join(parts)} from {time_text(self.first)} on"


def check_sound(path: Path, tracks: Collection[int] | None = None) -> Check:
    """Decode audio tracks of a finished file, and throw them away; one check for all of them.

    Args:
        path: The file.
        tracks: Which audio tracks, counted from 0; all by default. What was copied may be as damaged as it
            was in the source.

    Raises:
        FFmpegError: The file cannot be read.
    """
    with av.open(file_url(path), **ANY_TEXT) as container:
        streams = [
            stream
            for number, stream in enumerate(container.streams.audio)
            if tracks is None or number in tracks
        ]
        found = {stream.index: _Decoded() for stream in container.streams.audio}
        for stream in streams:
            stream.codec_context.options = STRICT
        for packet in container.demux(*streams) if streams else ():
            # not by its own index: the last ones, which are empty, have none
            found[packet.stream.index].take(packet)
    said = [f"audio {number}: {one.said}" for number, one in enumerate(found.values()) if one.said]
    return Check(name="decode errors", expected="none", found="; ".join(said) or "none", passed=not said)


def _time(what: Packet[Stream] | AudioFrame) -> float | None:
    return None if what.pts is None or what.time_base is None else float(what.pts * what.time_base)
