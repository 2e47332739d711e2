"""One pass over all packets of a source: what each track holds, and a trial of the picture's decoder.

A film has millions of packets in tens of gigabytes, so each is touched once and nothing is kept of it but the
numbers and the metadata that are needed.
"""

from __future__ import annotations

import hashlib
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from av.stream import Disposition

from drapto.media.hdr.dynamic import DynamicTally
from drapto.media.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Callable

    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.stream import VideoStream


class Tally:
    """A track's packets.

    Attributes:
        packets: How many.
        first: Lowest presentation time, in the stream's ticks; None where there is none.
        end: Highest presentation time plus duration, ticks.
    """

    def __init__(self) -> None:
        self.packets = 0
        self.first: int | None = None
        self.end = 0

    def add(self, packet: Packet[Stream]) -> None:
        """Count a packet; the empty one that ends a stream does not count."""
        pts = packet.pts
        if pts is None:
            self.packets += packet.size > 0
            return
        self.packets += 1
        if self.first is None or pts < self.first:
            self.first = pts
        self.end = max(self.end, pts + (packet.duration or 0))


class AudioTally(Tally):
    """A track whose packets follow one another: only the first and the last are asked for their times.

    TrueHD has 1,200 packets a second: this is where the pass spends its time.
    """

    def __init__(self) -> None:
        super().__init__()
        self._last: Packet[Stream] | None = None

    def add(self, packet: Packet[Stream]) -> None:
        """Count a packet."""
        if packet.size:
            if self._last is None:
                self.first = packet.pts
            self.packets += 1
            self._last = packet

    def finish(self) -> None:
        """Take the end from the last packet."""
        if self._last is not None:
            self.end = (self._last.pts or 0) + (self._last.duration or 0)


class SubtitleTally(Tally):
    """A subtitle track; ``hash`` runs over its payloads."""

    def __init__(self) -> None:
        super().__init__()
        self.hash = hashlib.sha256()

    def add(self, packet: Packet[Stream]) -> None:
        """Count and hash a packet."""
        super().add(packet)
        self.hash.update(bytes(packet))


class CoverTally(Tally):
    """An attached picture, which the demuxer shows as a video track of one packet, kept in ``data``."""

    def __init__(self) -> None:
        super().__init__()
        self.data = b""

    def add(self, packet: Packet[Stream]) -> None:
        """Keep the picture."""
        self.data += bytes(packet)


class VideoTally(Tally):
    """A video track.

    Attributes:
        times: Every packet's presentation time in ticks, in the order of the file.
        keyframes: The keyframes' presentation times in ticks, in the order of the file.
        starts_with_key: Whether the first packet is one.
        missing: Packets without a presentation time.
        trial: The decoder's answer to the first packets.
        dynamic: The metadata of every packet that has a presentation time.
    """

    def __init__(self, stream: VideoStream) -> None:
        super().__init__()
        self.dynamic = DynamicTally(stream)
        self.times = array("q")
        self.keyframes = array("q")
        self.starts_with_key = False
        self.missing = 0
        self.trial = Trial(stream)

    def add(self, packet: Packet[Stream]) -> None:
        """Note a packet's time, and try the decoder on it while the trial lasts."""
        if not packet.size:
            return
        if self.packets < Trial.PACKETS:
            self.trial.feed(packet)
            self.starts_with_key |= self.packets == 0 and packet.is_keyframe
        super().add(packet)
        if packet.pts is None:
            self.missing += 1
            return
        self.times.append(packet.pts)
        self.dynamic.add(packet)
        if packet.is_keyframe:
            self.keyframes.append(packet.pts)


@dataclass
class Index:
    """The tallies of a source by stream index."""

    video: dict[int, VideoTally] = field(default_factory=dict)
    audio: dict[int, AudioTally] = field(default_factory=dict)
    subtitles: dict[int, SubtitleTally] = field(default_factory=dict)
    covers: dict[int, CoverTally] = field(default_factory=dict)


def is_cover(stream: Stream) -> bool:
    """Tell whether a video stream is an attached picture."""
    return Disposition.attached_pic in stream.disposition


def index_packets(container: InputContainer) -> Index:
    """Read every packet of ``container`` once.

    Raises:
        av.FFmpegError: The demuxer cannot go on.
    """
    streams = container.streams
    index = Index(
        video={stream.index: VideoTally(stream) for stream in streams.video if not is_cover(stream)},
        audio={stream.index: AudioTally() for stream in streams.audio},
        subtitles={stream.index: SubtitleTally() for stream in streams.subtitles},
        covers={stream.index: CoverTally() for stream in streams.video if is_cover(stream)},
    )
    tallies: dict[int, Tally] = {**index.video, **index.audio, **index.subtitles, **index.covers}
    add: list[Callable[[Packet[Stream]], None]] = [
        tallies.get(stream.index, Tally()).add for stream in streams
    ]
    for packet in container.demux():
        add[packet.stream_index](packet)
    for heard in index.audio.values():
        heard.finish()
    for seen in index.video.values():
        seen.trial.finish()
    return index
