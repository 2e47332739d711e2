"""An output held against its source from outside: by PyAV alone, with nothing of drapto's own.

What a viewer would miss is a fault. Times are held to two Matroska ticks, or to the source's own where those
are longer; sound to the 40 ms of EBU R 37 at its start, to a tenth of a second at its end.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

import av
from av.stream import Disposition

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

NEAR = 0.0021
"""Seconds by which a frame may come early or late."""

LEAD, TAIL = 0.041, 0.1
"""Seconds by which sound may begin, and end, elsewhere."""

LONGEST = 86400
"""Seconds that a subtitle can last."""

OPUS_CHANNELS = 8


@dataclass
class Sound:
    """A track of sound, decoded: seconds."""

    channels: int = 0
    start: float | None = None
    end: float = 0.0


@dataclass
class Content:
    """What is in a file.

    Attributes:
        times: When each frame of the picture is shown, seconds.
        shape: Its size as it is shown, square pixels; the largest, where that changes.
        sound: Each track of it.
        subtitles: For each track, each packet's time and the SHA-256 of its content.
        attached: The SHA-256 of each attached file.
        chapters: When each begins, seconds, and its title.
        title: The file's.
        tick: Seconds of the picture's.
    """

    times: list[float] = field(default_factory=list)
    shape: tuple[int, int] = (0, 0)
    sound: list[Sound] = field(default_factory=list)
    subtitles: list[list[tuple[float, str]]] = field(default_factory=list)
    attached: list[str] = field(default_factory=list)
    chapters: list[tuple[float, str]] = field(default_factory=list)
    title: str = ""
    tick: float = 0.001


def read(path: Path) -> Content:
    """Return what is in a file, decoded to its end."""
    found = Content()
    with av.open(f"file:{path}", metadata_errors="replace") as container:
        streams = container.streams
        pictures = [one for one in streams.video if Disposition.attached_pic not in one.disposition]
        counts = _packets(path)
        picture = max(pictures, key=lambda one: counts[one.index])  # others are a poster, a menu
        picture.codec_context.thread_type = "AUTO"
        found.tick = float(picture.time_base or 0.001)
        known = [one for one in streams.audio if one.codec_context is not None]
        sound = {one.index: Sound(one.codec_context.channels) for one in known}
        texts: dict[int, list[tuple[float, bytes]]] = {one.index: [] for one in streams.subtitles}
        for packet in container.demux():
            _take(packet, found, picture.index, sound, texts)
        found.times.sort()
        found.sound = list(sound.values())
        found.subtitles = [_digests(one) for one in texts.values() if one]  # nobody misses an empty one
        found.attached = sorted(
            hashlib.sha256(one.data or b"").hexdigest() for one in streams if one.type == "attachment"
        )
        found.chapters = [
            (float(one["start"] * one["time_base"]), one["metadata"].get("title", ""))
            for one in container.chapters()
        ]
        found.title = container.metadata.get("title", "")
    return found


def _packets(path: Path) -> Counter[int]:
    """Return how many packets each track has, by its number."""
    with av.open(f"file:{path}", metadata_errors="replace") as container:
        return Counter(packet.stream.index for packet in container.demux() if packet.size)


def _take(
    packet: av.Packet,
    found: Content,
    picture: int,
    sound: dict[int, Sound],
    texts: dict[int, list[tuple[float, bytes]]],
) -> None:
    index, base = packet.stream.index, packet.stream.time_base or Fraction(1, 1000)
    if index in texts:
        if packet.size:
            _take_text(packet, float((packet.pts or 0) * base), texts[index])
        return
    if index != picture and index not in sound:
        return
    try:
        frames = packet.decode()
    except av.FFmpegError:
        return
    for frame in frames:
        time = frame.pts if frame.pts is not None else frame.dts
        if time is None and index != picture:  # of a lace that does not say when: one follows another
            time = round(sound[index].end / base)
        at = float((time or 0) * base)
        if index == picture:
            found.times.append(at)
            sar = packet.stream.sample_aspect_ratio or Fraction(1)
            shown = round(frame.width * sar), frame.height
            found.shape = max(found.shape, shown, key=lambda one: one[0] * one[1])
        else:
            track = sound[index]
            track.start = at if track.start is None else track.start
            track.end = max(track.end, at + frame.samples / (frame.sample_rate or 1))
            track.channels = max(track.channels, frame.layout.nb_channels)


def _take_text(packet: av.Packet, at: float, texts: list[tuple[float, bytes]]) -> None:
    """Add a packet; what of PGS is shown at one time is one, in however many packets it lies."""
    codec = packet.stream.codec_context
    if codec is not None and codec.name == "pgssub" and texts and texts[-1][0] == at:
        texts[-1] = at, texts[-1][1] + bytes(packet)
    else:
        texts.append((at, bytes(packet)))


def _digests(texts: Sequence[tuple[float, bytes]]) -> list[tuple[float, str]]:
    return [(at, hashlib.sha256(content).hexdigest()) for at, content in texts]


def faults(source: Content, output: Content, *, pictures: bool = True) -> list[str]:
    """Return what of the source a viewer of the output would miss, a line each.

    Args:
        source: What went in.
        output: What came out.
        pictures: The output has the source's very pictures: nothing was deinterlaced.
    """
    return [
        *_frames(source, output, pictures=pictures),
        *_shape(source, output),
        *_sound(source.sound, output.sound),
        *_subtitles(source.subtitles, output.subtitles),
        *_counted("attached files", source.attached, output.attached),
        *_chapters(source.chapters, output.chapters),
        *([f"title {output.title!r}, not {source.title!r}"] if output.title != source.title else []),
    ]


def _frames(source: Content, output: Content, *, pictures: bool) -> Iterable[str]:
    given, kept = source.times, output.times
    if not pictures:
        given = given if len(given) <= len(kept) else kept  # judged by where they begin and end
        late, short = kept[0] - source.times[0], source.times[-1] - kept[-1]
        if abs(late) > LEAD or abs(short) > TAIL:
            yield f"the picture runs from {kept[0]:.3f} to {kept[-1]:.3f} s"
        if not 0.75 * len(source.times) <= len(kept) <= 2.05 * len(source.times):
            yield f"{len(kept)} frames, not about {len(source.times)}"
        return
    if len(given) != len(kept):
        yield f"{len(kept)} frames, not {len(given)}"
        return
    far = max(NEAR, 1.1 * source.tick)
    given = _apart(given, source.tick)
    wrong = [(a, b) for a, b in zip(given, kept, strict=True) if abs(a - b) > far]
    if wrong:
        given_at, kept_at = wrong[0]
        yield f"{len(wrong)} frames at another time, the first at {kept_at:.3f} s, not {given_at:.3f} s"


def _apart(times: Sequence[float], tick: float) -> list[float]:
    """Return ascending times, those that are equal a tick apart: no two frames can be shown at once."""
    apart: list[float] = []
    for time in times:
        apart.append(time if not apart else max(time, apart[-1] + tick))
    return apart


def _shape(source: Content, output: Content) -> Iterable[str]:
    wanted, found = source.shape, output.shape
    # bars may be cut off, two lines of an odd size at most be lost
    if found[0] > wanted[0] + 2 or found[1] > wanted[1] + 2:
        yield f"shown at {found[0]}x{found[1]}, not {wanted[0]}x{wanted[1]}"


def _sound(source: Sequence[Sound], output: Sequence[Sound]) -> Iterable[str]:
    source = [one for one in source if one.start is not None]  # nobody misses one with nothing in it
    if len(source) != len(output):
        yield f"{len(output)} audio tracks, not {len(source)}"
        return
    for number, (given, kept) in enumerate(zip(source, output, strict=True)):
        if given.start is None or kept.start is None:
            yield f"audio {number} is silent"
            continue
        start = max(0.0, given.start)
        # what is encoded begins at 0 at the earliest, what is copied where it did
        if min(abs(kept.start - start), abs(kept.start - given.start)) > LEAD:
            yield f"audio {number} begins at {kept.start:.3f} s, not {start:.3f} s"
        if abs(kept.end - given.end) > TAIL:
            yield f"audio {number} ends at {kept.end:.3f} s, not {given.end:.3f} s"
        if kept.channels < min(given.channels, OPUS_CHANNELS):
            yield f"audio {number} has {kept.channels} channels, not {given.channels}"


def _subtitles(
    source: Sequence[Sequence[tuple[float, str]]], output: Sequence[Sequence[tuple[float, str]]]
) -> Iterable[str]:
    if len(source) != len(output):
        yield f"{len(output)} subtitle tracks, not {len(source)}"
        return
    for number, (given, kept) in enumerate(zip(source, output, strict=True)):
        if [digest for _, digest in given] != [digest for _, digest in kept]:
            yield f"subtitle {number}: {len(kept)} packets, not the {len(given)} of the source"
        elif any(abs(a - b) > NEAR for (a, _), (b, _) in zip(given, kept, strict=True)):
            yield f"subtitle {number}: at other times"


def _counted(what: str, source: Sequence[str], output: Sequence[str]) -> Iterable[str]:
    if source != output:
        yield f"{len(output)} {what}, not the {len(source)} of the source"


def _chapters(source: Sequence[tuple[float, str]], output: Sequence[tuple[float, str]]) -> Iterable[str]:
    if [title for _, title in source] != [title for _, title in output]:
        yield f"{len(output)} chapters, not the {len(source)} of the source"
    elif any(abs(a - b) > NEAR for (a, _), (b, _) in zip(source, output, strict=True)):
        yield "chapters at other times"
