"""Metadata that change from frame to frame, as text: a line a frame, in the order in which frames are shown.

A line has two words: the HDR10+ message (ITU-T T.35, from its country code on) and the Dolby Vision RPU
(without HEVC's prefix), hexadecimal; ``-`` where there is none. A frame with closed captions has a third
word, their triples (`drapto.media.hdr.captions`). A line that would repeat the one before it is empty. A
title without such metadata has an empty file.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import defaultdict
from itertools import repeat
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

from drapto.engine import atomic
from drapto.errors import ArtifactError
from drapto.media.hdr import captions, hevc, obu, rpu
from drapto.media.hdr.t35 import is_hdr10plus, lost_kind, unwrap_rpu
from drapto.media.model import DynamicMetadata

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from av.packet import Packet
    from av.stream import Stream
    from av.video.stream import VideoStream

NONE = "-"

HEVC_KINDS = frozenset((hevc.PREFIX_SEI, hevc.UNSPECIFIED_62))


class FrameMetadata(NamedTuple):
    """What a frame has: an HDR10+ message from its country code on, an RPU (no HEVC prefix), captions."""

    hdr10plus: bytes | None = None
    rpu: bytes | None = None
    captions: bytes | None = None


NOTHING = FrameMetadata()

NONE_BESIDE: Mapping[int, Sequence[bytes]] = MappingProxyType({})


class DynamicTally:
    """Collects the metadata of a track's packets. Equal ones, and there are many, are kept once.

    A film's take some tens of megabytes: an RPU has about 400 bytes and holds for a shot.

    Attributes:
        beside: There is HDR10+ beside packets, in the container.
        lost: What else there is of dynamic metadata, by name, and is not carried.
    """

    def __init__(self, stream: VideoStream) -> None:
        codec = stream.codec_context
        self._kind = codec.codec.canonical_name
        self._size = hevc.length_size(codec.extradata) if self._kind == "hevc" else None
        self._avc_size = captions.avc_length_size(codec.extradata)
        self._known: dict[FrameMetadata, int] = {NOTHING: 0}
        self._found = array("l")
        self.beside = False
        self.lost: set[str] = set()

    def add(self, packet: Packet[Stream]) -> None:
        """Note what a packet carries; every packet with a presentation time is to be given."""
        if self._size:
            found = _of_hevc(memoryview(packet), self._size, self.lost)
        elif self._kind == "av1":
            found = _of_av1(memoryview(packet), self.lost)
        elif self._kind == "h264":
            found = _with_captions(captions.of_avc(memoryview(packet), self._avc_size))
        elif self._kind == "mpeg2video":
            found = _with_captions(captions.of_mpeg2(memoryview(packet)))
        elif self._kind == "vc1":
            found = _with_captions(captions.of_vc1(memoryview(packet)))
        else:
            found = NOTHING
        self.beside = self.beside or packet.has_sidedata("dynamic_hdr10_plus")
        self._found.append(self._known.setdefault(found, len(self._known)))

    def of(
        self,
        times: Sequence[int],
        packets: Sequence[int],
        beside: Mapping[int, Sequence[bytes]] = NONE_BESIDE,
    ) -> list[FrameMetadata]:
        """Return the metadata of each frame; nothing at all where no frame has any.

        Args:
            times: The frames' presentation times in ticks, ascending.
            packets: Those of the packets, in the order in which they were added.
            beside: ITU-T T.35 messages beside packets, by their times; what is in a packet comes first.
        """
        if not any(self._found) and not beside:
            return []
        by_time: Mapping[int, list[int]] = defaultdict(list)
        for time, number in zip(reversed(packets), reversed(self._found), strict=True):
            by_time[time].append(number)
        known = list(self._known)
        found = [known[waiting.pop()] if (waiting := by_time.get(time)) else NOTHING for time in times]
        found = [_with_beside(frame, beside.get(time, ())) for frame, time in zip(found, times, strict=True)]
        for time, left in sorted(by_time.items()):
            # of a packet that gives no frame: a second field, or one that does not decode
            place = bisect_right(times, time) - 1
            said = b"".join(known[number].captions or b"" for number in reversed(left))
            if said and place >= 0:
                found[place] = found[place]._replace(captions=(found[place].captions or b"") + said)
        return found


def _with_beside(frame: FrameMetadata, messages: Iterable[bytes]) -> FrameMetadata:
    """Return a frame's metadata with what is beside its packet, as far as it has not got the same kind."""
    plus, said = frame.hdr10plus, b""
    for message in messages:
        if is_hdr10plus(message):
            plus = plus or message
        said += captions.of_message(message)
    return frame._replace(hdr10plus=plus, captions=frame.captions or said or None)


def _with_captions(triples: bytes) -> FrameMetadata:
    return FrameMetadata(captions=triples) if triples else NOTHING


def _of_hevc(packet: memoryview, size: int, lost: set[str]) -> FrameMetadata:
    plus = dolby = None
    said = b""
    for kind, unit in hevc.nal_units(packet, size):
        if kind not in HEVC_KINDS:
            continue
        payload = hevc.unescape(unit)
        if kind == hevc.UNSPECIFIED_62:
            if payload[:1] == bytes([rpu.PREFIX]):
                dolby = payload[1:].rstrip(b"\0")
            continue
        for message, content in hevc.sei_messages(payload):
            if message == hevc.USER_DATA_T35 and is_hdr10plus(content):
                plus = content
            elif message == hevc.USER_DATA_T35:
                said += captions.of_message(content)
                _note_lost(content, lost)
    return FrameMetadata(plus, dolby, said or None)


def _note_lost(message: bytes, lost: set[str]) -> None:
    if (name := lost_kind(message)) is not None:
        lost.add(name)


def _of_av1(packet: memoryview, lost: set[str]) -> FrameMetadata:
    plus = dolby = None
    said = b""
    try:
        for message in obu.t35_payloads(packet):
            if is_hdr10plus(message):
                plus = message
            dolby = unwrap_rpu(message) or dolby
            said += captions.of_message(message)
            _note_lost(message, lost)
    except ValueError:
        return NOTHING  # whether it decodes is not asked here
    return FrameMetadata(plus, dolby, said or None)


def describe(frames: Sequence[FrameMetadata]) -> DynamicMetadata | None:
    """Return what is in ``frames``, in numbers; None where there is nothing."""
    if not frames:
        return None
    counts: dict[FrameMetadata, int] = defaultdict(int)
    for frame in frames:
        counts[frame] += 1
    units = {frame.rpu for frame in counts if frame.rpu is not None}
    parsed, problems = [], set()
    for unit in units:
        try:
            parsed.append(rpu.parse(unit))
        except rpu.RpuError as error:
            problems.add(str(error))
    layers = {one.minimal for one in parsed if one.minimal is not None}
    return DynamicMetadata(
        hdr10plus_frames=sum(count for frame, count in counts.items() if frame.hdr10plus is not None),
        rpu_frames=sum(count for frame, count in counts.items() if frame.rpu is not None),
        caption_frames=sum(count for frame, count in counts.items() if frame.captions is not None),
        rpu_profiles=tuple(sorted({one.profile for one in parsed})),
        rpu_problem=min(problems, default=None),
        enhancement=_enhancement(layers, residual=any(one.residual for one in parsed)),
    )


def _enhancement(layers: set[bool], *, residual: bool) -> Literal["MEL", "FEL"] | None:
    if not residual:
        return None
    return "MEL" if layers == {True} else "FEL"


def write_dynamic(path: Path, frames: Iterable[FrameMetadata]) -> None:
    """Write the frames' metadata to ``path``, whole or not at all."""
    with atomic.replacing(path) as partial, partial.open("w", encoding="ascii") as file:
        before = None
        for frame in frames:
            file.write("\n" if frame == before else _line(frame))
            before = frame


def _line(frame: FrameMetadata) -> str:
    said = "" if frame.captions is None else f" {frame.captions.hex()}"
    return f"{_word(frame.hdr10plus)} {_word(frame.rpu)}{said}\n"


def read_dynamic(path: Path, count: int) -> Iterator[FrameMetadata]:
    """Yield the metadata of ``count`` frames; nothing of each where the file is empty.

    Raises:
        ArtifactError: The file is missing or damaged, or is of another number of frames.
    """
    read = 0
    try:
        with path.open(encoding="ascii") as file:
            frame = NOTHING
            for line in file:
                if words := line.split():
                    frame = FrameMetadata(*map(_bytes, words))
                read += 1
                yield frame
    except (OSError, ValueError, TypeError) as error:
        raise _damaged(path, str(error)) from error
    if read == 0:
        yield from repeat(NOTHING, count)
    elif read != count:
        raise _damaged(path, f"{read} frames instead of {count}")


def _damaged(path: Path, problem: str) -> ArtifactError:
    return ArtifactError(f"cannot be read ({problem})", path=path, remedy="delete it and run again")


def _word(value: bytes | None) -> str:
    return NONE if value is None else value.hex()


def _bytes(word: str) -> bytes | None:
    return None if word == NONE else bytes.fromhex(word)
