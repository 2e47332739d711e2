"""The full decode of a finished file: does every packet of picture and sound decode?

The picture is decoded in shares, each of some of the segments, as soon as they are encoded: what is fed to
the decoder is bit for bit what the join writes, metadata included. A share's record holds a digest of each
segment's packets; the finished file passes where its packets have the same. So the picture is decoded once
for each encode of it: a film whose sound is changed is not decoded anew, and an interrupted check goes on.

A picture decoder on many threads leaves cores idle (dav1d on two: 1.55 of them busy), so each decodes on one
thread, from a keyframe on, and there are as many as there are cores for.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING

import av

from drapto.engine.document import Document, Model
from drapto.engine.job import file_url
from drapto.errors import ArtifactError, SpaceError, ToolFailedError
from drapto.video.concat import Run, packets_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from drapto.engine.job import EncodeProgress, Job
    from drapto.media.dynamic import FrameMetadata

ERROR_LIMIT = 500
"""Characters of ffmpeg's complaints that are quoted."""

DELIMITER = b"\x12\x00"
"""A temporal delimiter OBU: what parts one frame from the next in a stream without a container (AV1
Bitstream & Decoding Process Specification, sections 5.6 and 7.5). Matroska leaves it out."""


@dataclass(frozen=True)
class Coded:
    """An encoded segment.

    Attributes:
        index: Its number, from 1.
        path: Its file.
        metadata: What the join puts into each of its frames; empty where that is nothing.
    """

    index: int
    path: Path
    metadata: Sequence[FrameMetadata] = ()

    def packets(self) -> Iterator[tuple[bytes, bool]]:
        """Yield each frame's packet as it is joined, and whether it is a keyframe."""
        try:
            for packet in packets_of(Run(self.path), self.metadata):
                yield bytes(packet), packet.is_keyframe
        except av.FFmpegError as error:
            raise ArtifactError(
                f"cannot be read ({error.strerror})", path=self.path, remedy="delete it and run again"
            ) from error


class DecodedSegment(Model):
    """A segment of which every frame has been decoded.

    Attributes:
        index: Its number, from 1.
        frames: How many.
        digest: Of its packets, see `PacketDigest`.
    """

    index: int
    frames: int
    digest: str


class DecodedShare(Document):
    """Segments of which every frame has been decoded."""

    segments: tuple[DecodedSegment, ...]


class PacketDigest:
    """A SHA-256 of packets, each with its length before it (4 bytes, big endian)."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.frames = 0

    def add(self, packet: bytes) -> None:
        """Add a packet."""
        self._hash.update(len(packet).to_bytes(4, "big"))
        self._hash.update(packet)
        self.frames += 1

    def of_segment(self, index: int) -> DecodedSegment:
        """Return what has been added as a segment."""
        return DecodedSegment(index=index, frames=self.frames, digest=self._hash.hexdigest())


def decode_share(
    segments: Sequence[Coded],
    target: Path,
    *,
    job: Job,
    stage: str,
    decoders: int = 1,
    on_frames: Callable[[int], None] | None = None,
) -> DecodedShare:
    """Decode all frames of ``segments`` and throw them away; record in ``target`` that it went well.

    Args:
        segments: The segments, in any order.
        target: The record, JSON.
        job: The surroundings.
        stage: Names the log.
        decoders: How many decode side by side at most; each holds a CPU slot.
        on_frames: Called about twice a second by each decoder, with all frames decoded so far.

    Raises:
        ArtifactError: A segment does not decode.
    """
    found, keyframes = _survey(segments)
    frames = sum(one.frames for one in found)
    parts = stretches(frames, keyframes, decoders)
    complaint = _decode(segments, parts, job, stage, on_frames)
    if complaint:
        raise _culprit(segments, complaint, job, stage)
    return DecodedShare(segments=tuple(found)).write(target)


def decode_sound(path: Path, *, job: Job, stage: str) -> str:
    """Decode all audio tracks of ``path``; return what the decoder complained of, on one line."""
    return _run(["-i", file_url(path)], ["-vn", "-map", "0:a"], job, stage, path)


def stretches(frames: int, keyframes: Sequence[int], parts: int) -> list[range]:
    """Divide ``frames`` frames into at most ``parts`` runs of about equal length, each from a keyframe on.

    Args:
        frames: How many there are, at least 1.
        keyframes: The numbers of the keyframes, ascending; 0 is one.
        parts: How many at most.
    """
    firsts = [0]
    for part in range(1, parts):
        after = bisect_left(keyframes, part * frames // parts)
        if after < len(keyframes) and keyframes[after] > firsts[-1]:
            firsts.append(keyframes[after])
    return [range(first, end) for first, end in zip(firsts, [*firsts[1:], frames], strict=True)]


def same_frames(packets: Iterable[bytes], decoded: Iterable[DecodedSegment]) -> int:
    """Return how many of ``packets`` are, bit for bit, those of segments that have been decoded.

    Args:
        packets: The packets of a finished file's picture, in order.
        decoded: All of its segments.
    """
    waiting = iter(packets)
    same = 0
    for segment in sorted(decoded, key=lambda one: one.index):
        digest = PacketDigest()
        for packet in islice(waiting, segment.frames):
            digest.add(packet)
        if digest.of_segment(segment.index) == segment:
            same += segment.frames
    return same


def _survey(segments: Sequence[Coded]) -> tuple[list[DecodedSegment], list[int]]:
    """Return what is in each segment, and the numbers of the keyframes, all frames counted through."""
    found, keyframes, number = [], [], 0
    for segment in segments:
        digest = PacketDigest()
        for packet, is_keyframe in segment.packets():
            if is_keyframe:
                keyframes.append(number)
            digest.add(packet)
            number += 1
        found.append(digest.of_segment(segment.index))
    return found, keyframes


def _decode(
    segments: Sequence[Coded],
    parts: Sequence[range],
    job: Job,
    stage: str,
    on_frames: Callable[[int], None] | None,
) -> str:
    """Decode the frames of ``parts``; return what went wrong, on one line."""
    done = [0] * len(parts)

    def decode(number: int) -> str:
        def count(report: EncodeProgress) -> None:
            done[number] = max(done[number], report.frame)
            if on_frames is not None:
                on_frames(sum(done))

        part = parts[number]
        packets = islice(chain.from_iterable(one.packets() for one in segments), part.start, part.stop)
        feed = (DELIMITER + packet for packet, _ in packets)
        # as they come: at a frame rate's pace, frames could be dropped or repeated
        output = ["-map", "0:v", "-fps_mode", "passthrough"]
        source = ["-f", "obu", "-i", "pipe:0"]
        complaint = _run(source, output, job, stage, None, feed=feed, on_progress=count)
        missed = f"{done[number]} of {len(part)} frames decode" if done[number] != len(part) else ""
        return complaint or missed

    with ThreadPoolExecutor(len(parts)) as pool:
        return " ".join(filter(None, pool.map(decode, range(len(parts)))))[:ERROR_LIMIT]


def _culprit(segments: Sequence[Coded], complaint: str, job: Job, stage: str) -> ArtifactError:
    """Return the error that names the first segment that does not decode on its own."""
    culprit = segments[0]
    for segment in segments if len(segments) > 1 else ():
        frames = range(sum(1 for _ in segment.packets()))
        if alone := _decode([segment], [frames], job, stage, None):
            culprit, complaint = segment, alone
            break
    return ArtifactError(
        f"does not decode ({complaint})", path=culprit.path, remedy="delete it and run again"
    )


def _run(
    source: Sequence[str],
    output: Sequence[str],
    job: Job,
    stage: str,
    about: Path | None,
    *,
    feed: Iterable[bytes] | None = None,
    on_progress: Callable[[EncodeProgress], None] | None = None,
) -> str:
    """Run one decoder; return what it complained of, on one line."""
    arguments = ["-xerror", "-err_detect", "explode", "-threads", "1", *source, *output, "-f", "null", "-"]
    with job.cpu.hold(1):
        try:
            finished = job.run_ffmpeg(arguments, stage=stage, about=about, on_progress=on_progress, feed=feed)
        except SpaceError:
            raise
        except ToolFailedError as error:
            return " ".join(error.problem.split())[:ERROR_LIMIT]
    return " ".join(finished.stderr.split())[:ERROR_LIMIT]
