"""Does every packet of a finished file's picture decode?

The picture is decoded in parts, each of some of the segments, as soon as they are encoded: what is fed to
the decoder is bit for bit what the join writes, metadata included. A part's record holds a digest of each
segment's packets; the finished file passes where its packets have the same. So the picture is decoded once
for each encode of it: a film whose sound is changed is not decoded anew, and an interrupted check goes on. A
segment that was encoded to a target was decoded when it was measured, as strictly; where its packets are
those, that is not done again.

A decoder on many threads leaves cores idle (dav1d on two: 1.55 of them busy), so a part has one thread, but
where there are more cores than parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import av

from drapto.engine.causes import BAD_INPUT, CRASHED, FAILED, of_error
from drapto.engine.document import Document, Model
from drapto.errors import ArtifactError, SpaceError, ToolFailedError
from drapto.video.join import Run, packets_of
from drapto.video.packets import PacketDigest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from drapto.engine.context import EncodeProgress, StageContext
    from drapto.media.hdr.dynamic import FrameMetadata

ERROR_LIMIT = 500
"""Characters of ffmpeg's complaints that are quoted."""

DECODERS_WORD = (FAILED, BAD_INPUT, CRASHED)
"""Causes of a decoder's failure that are its word on what it decodes."""

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

    def packets(self) -> Iterator[bytes]:
        """Yield each frame's packet as it is joined.

        Raises:
            ArtifactError: The file cannot be read.
        """
        try:
            yield from map(bytes, packets_of(Run(self.path), self.metadata))
        except av.FFmpegError as error:
            raise ArtifactError(
                f"cannot be read ({error.strerror})", path=self.path, remedy="delete it and run again"
            ) from error


class DecodedSegment(Model):
    """A segment of which every frame has been decoded.

    Attributes:
        index: Its number, from 1.
        frames: How many.
        digest: Of its packets, see `drapto.video.packets.PacketDigest`.
    """

    index: int
    frames: int
    digest: str


def decoded_as(index: int, digest: PacketDigest) -> DecodedSegment:
    """Return the segment whose packets were added to a digest."""
    return DecodedSegment(index=index, frames=digest.frames, digest=digest.hex)


class DecodedPart(Document):
    """Segments of which every frame has been decoded."""

    segments: tuple[DecodedSegment, ...]


@dataclass(frozen=True)
class Encoded:
    """An encoded segment, by its place in the title.

    Attributes:
        index: Its number, from 1.
        path: Its file.
        first_frame: How many of the title's frames go before it.
        frames: How many it has.
        decoded: Digest of the packets that were decoded when they were measured; empty where none were.
    """

    index: int
    path: Path
    first_frame: int
    frames: int
    decoded: str = ""


def check_part(
    segments: Sequence[Encoded],
    metadata: Iterable[FrameMetadata],
    target: Path,
    *,
    context: StageContext,
    log: str,
    threads: int,
    report: Callable[[int], None],
) -> DecodedPart:
    """Decode all frames of some of a title's segments, as they will be joined, see `decode_part`.

    Args:
        segments: The segments, in any order.
        metadata: What the join puts into each frame of the whole title, in order.
        target: The record, JSON.
        context: The surroundings.
        log: Names the log.
        threads: Of the decoder.
        report: Told about twice a second how many frames are decoded.

    Raises:
        ArtifactError: A segment cannot be read, or does not decode.
    """
    coded, found, waiting, at = [], list[DecodedSegment](), iter(metadata), 0
    # in the order of the frames, so that no more is held than is needed
    for one in sorted(segments, key=lambda segment: segment.first_frame):
        own = list(islice(waiting, one.first_frame - at, one.first_frame - at + one.frames))
        at = one.first_frame + one.frames
        segment = Coded(one.index, one.path, own)
        known = one.decoded and _as_it_is(segment)
        if known and known.digest == one.decoded:
            found.append(known)
        else:
            coded.append(segment)
    return decode_part(coded, target, found, context=context, log=log, threads=threads, on_frames=report)


def _as_it_is(segment: Coded) -> DecodedSegment:
    """Return an encoded segment's frames as they will be joined, decoded or not."""
    digest = PacketDigest()
    for packet in segment.packets():
        digest.add(packet)
    return decoded_as(segment.index, digest)


def decode_part(
    segments: Sequence[Coded],
    target: Path,
    known: Sequence[DecodedSegment] = (),
    *,
    context: StageContext,
    log: str,
    threads: int = 1,
    on_frames: Callable[[int], None] | None = None,
) -> DecodedPart:
    """Decode all frames of ``segments`` and throw them away; record in ``target`` that it went well.

    Args:
        segments: The segments, in any order.
        known: Others, which were decoded before.
        target: The record, JSON.
        context: The surroundings.
        log: Names the log.
        threads: Of the decoder.
        on_frames: Called about twice a second with the frames decoded so far.

    Raises:
        ArtifactError: A segment cannot be read, or does not decode.
    """
    found: list[DecodedSegment] = []
    if segments:
        found, complaint = _decode(segments, context, log, threads, on_frames)
        if complaint:
            raise _culprit(segments, complaint, context, log)
    return DecodedPart(segments=(*known, *found)).write(target)


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
        if (digest.frames, digest.hex) == (segment.frames, segment.digest):
            same += segment.frames
    return same


def _decode(
    segments: Sequence[Coded],
    context: StageContext,
    log: str,
    threads: int = 1,
    on_frames: Callable[[int], None] | None = None,
) -> tuple[list[DecodedSegment], str]:
    """Decode all frames of ``segments``; return what was fed, and what went wrong with it, on one line."""
    found: list[DecodedSegment] = []
    done = 0

    def feed() -> Iterator[bytes]:
        for segment in segments:
            digest = PacketDigest()
            for packet in segment.packets():
                digest.add(packet)
                yield DELIMITER + packet
            found.append(decoded_as(segment.index, digest))

    def count(report: EncodeProgress) -> None:
        nonlocal done
        done = max(done, report.frame)
        if on_frames is not None:
            on_frames(done)

    # as they come: at a frame rate's pace, frames could be dropped or repeated
    output = ["-map", "0:v", "-fps_mode", "passthrough"]
    source = ["-f", "obu", "-i", "pipe:0"]
    complaint = _run(source, output, context, log, threads=threads, feed=feed(), on_progress=count)
    frames = sum(one.frames for one in found)
    return found, complaint or (f"{done} of {frames} frames" if done != frames else "")


def _culprit(segments: Sequence[Coded], complaint: str, context: StageContext, log: str) -> ArtifactError:
    """Return the error that names the first segment that does not decode on its own."""
    culprit = segments[0]
    for segment in segments if len(segments) > 1 else ():
        _, alone = _decode([segment], context, log)
        if alone:
            culprit, complaint = segment, alone
            break
    return ArtifactError(
        f"does not decode ({complaint})", path=culprit.path, remedy="delete it and run again"
    )


def _run(
    source: Sequence[str],
    output: Sequence[str],
    context: StageContext,
    log: str,
    *,
    threads: int,
    feed: Iterable[bytes],
    on_progress: Callable[[EncodeProgress], None],
) -> str:
    """Run one decoder; return what it said, on one line, where it ended in failure.

    One frame that it refuses makes it fail. What it says otherwise is no fault of the picture.
    """
    strict = ["-max_error_rate", "0", "-err_detect", "explode", "-threads", str(threads)]
    arguments = [*strict, *source, *output, "-f", "null", "-"]
    try:
        context.run_ffmpeg(arguments, log=log, on_progress=on_progress, feed=feed)
    except SpaceError:
        raise
    except ToolFailedError as error:
        if of_error(error) not in DECODERS_WORD:
            raise  # it was killed, it hung, there was no memory: that says nothing of the file
        return " ".join(error.problem.split())[:ERROR_LIMIT]
    return ""
