"""One pass over all packets of a source: what each track holds, and a trial of the picture's decoder.

A film has millions of packets in tens of gigabytes, so each is touched once and nothing is kept of it but the
numbers and the metadata that are needed.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from av.stream import Disposition

from drapto.media.hdr.dynamic import DynamicTally
from drapto.media.history import UNCUT
from drapto.media.passed_over import Watch
from drapto.media.refresh import entrance, packing
from drapto.media.restarts import Restart
from drapto.media.sound_history import SoundHistory
from drapto.media.tally import SubtitleTally, Tally
from drapto.media.trial import Trial
from drapto.media.whole import wholeness

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.stream import VideoStream

    from drapto.media.matroska.pictures import Margins


NO_CROPS: Mapping[int, Margins] = {}


class AudioTally(Tally):
    """A track whose packets follow one another: only the first and the last are asked for their durations.

    TrueHD has 1,200 packets a second: this is where the pass spends its time.

    Attributes:
        untimed: How many packets have no time of their own, as in a lace of unknown durations.
        restart: Where times go back furthest; None where they do not.
        samples: The first ones, to be decoded where nobody knows whether any can be.
    """

    SAMPLES = 32
    """How many of those: more than a codec needs to begin with."""

    def __init__(self, stream: AudioStream) -> None:
        super().__init__()
        self._last: Packet[Stream] | None = None
        self._usual = 0
        self.history = SoundHistory(stream)
        self._watch = self.history.watch
        self.untimed = 0
        self.samples: list[Packet[Stream]] = []
        self.restart: Restart | None = None
        self._highest = 0
        self._timed = (0, 0)

    def add(self, packet: Packet[Stream]) -> None:
        """Count a packet."""
        if packet.size:
            if self._last is None:
                self.first, self._usual = packet.pts, packet.duration or 0
            pts = packet.pts
            if pts is None:
                self.untimed += 1
            else:
                if pts < self._highest and self.packets:
                    self._overlay(pts)
                else:
                    self._highest = pts
                self._timed = (pts, self.packets)
            self.packets += 1
            if self.packets <= self.SAMPLES:
                self.samples.append(packet)
            self._last = packet
            if self._watch is not None:
                self._watch(packet)

    def _overlay(self, pts: int) -> None:
        """Note that a packet is heard before one that came earlier."""
        if self.restart is None or self._highest - pts > self.restart.latest - self.restart.pts:
            self.restart = Restart(pts, self._highest, self.first or 0, self.packets, 0)
        if pts <= self.restart.latest:
            self.restart.overlaid += 1

    @property
    def spacing(self) -> float:
        """From one packet to the next, ticks on average, where some have no time; 0 where all have one."""
        time, number = self._timed
        return (time - (self.first or 0)) / number if self.untimed and number else 0.0

    def finish(self) -> None:
        """Take the end from the last packet, or from the last that has a time."""
        if self._last is not None and self._last.pts is not None:
            unsaid = 0 if self._usual else self._between  # WavPack as ffmpeg writes it says no durations
            self.end = self._last.pts + (self.length_of(self._last) or unsaid)
        elif self._last is not None:
            time, number = self._timed
            self.end = time + round((self.packets - number) * self.spacing)

    @property
    def _between(self) -> int:
        """From one packet to the next, ticks on average: about how long the last lasts, where none says."""
        time, number = self._timed
        return round((time - (self.first or 0)) / number) if number else 0

    @property
    def filled(self) -> float:
        """The part of the track's length that packets fill, were all as long as the first or the last."""
        duration = max(self._usual, (self._last.duration or 0) if self._last is not None else 0)
        length = self.end - (self.first or 0)
        return min(1.0, self.packets * duration / length) if duration and length > 0 else 1.0


class OpusTally(AudioTally):
    """An Opus track, which may be copied: all of its packets are looked at.

    Attributes:
        size: Bytes.
        length: What the packets last, ticks.
        astray: By how many ticks a packet's time was off the end of those before it, at most.
    """

    def __init__(self, stream: AudioStream) -> None:
        super().__init__(stream)
        self.size = self.length = self.astray = 0

    def add(self, packet: Packet[Stream]) -> None:
        """Count a packet."""
        super().add(packet)
        if packet.size and packet.pts is not None and self.first is not None:
            self.astray = max(self.astray, abs(packet.pts - self.first - self.length))
            self.size += packet.size
            self.length += packet.duration or 0


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
        keyframes: The presentation times, in ticks, of the keyframes from which on it decodes, in the order
            of the file.
        returns: Where times go back to such as were there before: when, and by how many ticks.
        restart: The one of these that goes back furthest; None where none is.
        packed: A packet holds more than one frame, so that what stands beside a keyframe needs others.
        starts_with_key: Whether the first packet is one.
        missing: Packets without a presentation time.
        broken: Packets that are not what the stream's format says.
        trial: The decoder's answer to the first packets.
        dynamic: The metadata of every packet that has a presentation time.
    """

    def __init__(self, stream: VideoStream, crop: Margins = UNCUT) -> None:
        super().__init__()
        self.dynamic = DynamicTally(stream)
        self.times = array("q")
        self.keyframes = array("q")
        self.starts_with_key = False
        self.missing = 0
        self.broken = 0
        self.returns: list[tuple[int, int]] = []
        self.restart: Restart | None = None
        self.packed = False
        self._is_packed = packing(stream)
        self._latest: int | None = None
        self._is_whole = wholeness(stream)
        self._is_entrance = entrance(stream)
        self.trial = Trial(stream, crop)

    def add(self, packet: Packet[Stream]) -> None:
        """Note a packet's time, and try the decoder on it while the trial lasts."""
        if not packet.size:
            return
        if self.packets < Trial.PACKETS:
            self.trial.feed(packet)
            self.starts_with_key |= self.packets == 0 and packet.is_keyframe
        elif packet.is_keyframe:
            self.trial.watch(packet)
        if self._is_packed is not None and not self.packed and self._is_packed(packet):
            self.packed = True
            del self.keyframes[1:]
        super().add(packet)
        if self._is_whole is not None and not self._is_whole(packet):
            self.broken += 1
        if packet.pts is None:
            self.missing += 1
            return
        self.times.append(packet.pts)
        self.dynamic.add(packet)
        if packet.is_keyframe:
            # what is shown before a keyframe and coded after it comes behind it in the file
            if self._latest is not None and packet.pts < self._latest:
                self._go_back(packet.pts, self._latest, packet.pos or 0)
            if not self.keyframes or self._is_place_to_begin(packet):
                self.keyframes.append(packet.pts)
        self._go_on(packet.pts)

    def _go_on(self, pts: int) -> None:
        if self.restart is not None and pts <= self.restart.latest:
            self.restart.overlaid += 1
        self._latest = pts if self._latest is None else max(self._latest, pts)

    def _is_place_to_begin(self, packet: Packet[Stream]) -> bool:
        return not self.packed and (self._is_entrance is None or self._is_entrance(packet))

    def _go_back(self, pts: int, latest: int, place: int) -> None:
        """Note that times go back to such as were there; others belong to packets in another order."""
        usual = (latest - (self.first or 0)) / len(self.times)
        if any(pts <= time < pts + usual for time in self.times[:-1]):
            self.returns.append((latest, latest - pts))
            if self.restart is None or latest - pts > self.restart.latest - self.restart.pts:
                self.restart = Restart(pts, latest, self.first or 0, len(self.times), place)
            self._latest = pts


@dataclass
class Index:
    """The tallies of a source by stream index, and a watch on where its packets lie."""

    video: dict[int, VideoTally] = field(default_factory=dict)
    audio: dict[int, AudioTally] = field(default_factory=dict)
    subtitles: dict[int, SubtitleTally] = field(default_factory=dict)
    covers: dict[int, CoverTally] = field(default_factory=dict)
    watch: Watch = field(default_factory=Watch)


def is_cover(stream: Stream) -> bool:
    """Tell whether a video stream is an attached picture."""
    return Disposition.attached_pic in stream.disposition


def _audio_tally(stream: AudioStream) -> AudioTally:
    is_opus = stream.codec_context.codec.canonical_name == "opus"
    return OpusTally(stream) if is_opus else AudioTally(stream)


def index_packets(
    container: InputContainer,
    crops: Mapping[int, Margins] = NO_CROPS,
    unread: Collection[int] = (),
) -> Index:
    """Read every packet of ``container`` once.

    Args:
        container: The file.
        crops: What the container has cut off each picture of a track, by stream index.
        unread: The indices of streams of sound and subtitles that are not looked at.

    Raises:
        av.FFmpegError: The demuxer cannot go on.
    """
    streams = container.streams
    index = Index(
        video={
            stream.index: VideoTally(stream, crops.get(stream.index, UNCUT))
            for stream in streams.video
            if not is_cover(stream) and stream.codec_context is not None
        },
        audio={one.index: _audio_tally(one) for one in streams.audio if one.index not in unread},
        subtitles={one.index: SubtitleTally(one) for one in streams.subtitles if one.index not in unread},
        covers={stream.index: CoverTally() for stream in streams.video if is_cover(stream)},
    )
    tallies: dict[int, Tally] = {**index.video, **index.audio, **index.subtitles, **index.covers}
    add: list[Callable[[Packet[Stream]], None]] = [
        tallies.get(stream.index, Tally()).add for stream in streams
    ]
    for packet in container.demux():
        add[packet.stream_index](packet)
        index.watch.add(packet)
    for heard in index.audio.values():
        heard.finish()
    for seen in index.video.values():
        seen.trial.finish()
    return index
