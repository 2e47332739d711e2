"""Are the packets in the finished file those that were put into it? Every track but the picture, bit for bit.

The muxer only copies. Where a packet differs all the same, a disk or a memory has changed it; a decoder of
sound plays most of such packets without a complaint, as noise.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import av

from drapto.engine.context import file_url
from drapto.errors import ArtifactError
from drapto.media.texts import ANY_TEXT
from drapto.output.model import Check

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from drapto.media.model import SourceInfo


class TrackDigest:
    """The packets of one track, as they come.

    Attributes:
        packets: How many.
    """

    def __init__(self) -> None:
        self._hash = hashlib.blake2b(digest_size=20)
        self.packets = 0

    def add(self, packet: bytes) -> None:
        """Add a packet."""
        self._hash.update(len(packet).to_bytes(4, "big"))
        self._hash.update(packet)
        self.packets += 1

    @property
    def value(self) -> str:
        """Of all packets so far, hexadecimal."""
        return self._hash.hexdigest()


class Content:
    """All packets of a file, by stream index."""

    def __init__(self) -> None:
        self.tracks: dict[int, TrackDigest] = {}

    def add(self, index: int, packet: bytes) -> None:
        """Add a packet of stream ``index``."""
        if packet:
            self.tracks.setdefault(index, TrackDigest()).add(packet)

    @property
    def value(self) -> str:
        """One digest of all tracks: the same for files that differ in their heads and tags alone."""
        whole = hashlib.blake2b(digest_size=20)
        for index, track in sorted(self.tracks.items()):
            whole.update(f"{index} {track.packets} {track.value}\n".encode())
        return whole.hexdigest()


def content_of(path: Path) -> Content:
    """Return the digest of all packets of a file, read to its end.

    Raises:
        ArtifactError: It cannot be read.
    """
    content = Content()
    try:
        with av.open(file_url(path), **ANY_TEXT) as container:
            for packet in container.demux():
                content.add(packet.stream_index, bytes(packet))
    except av.FFmpegError as error:
        problem = f"cannot be read ({error.strerror})"
        raise ArtifactError(problem, path=path, remedy="delete it and run again") from error
    return content


def copy_checks(audio: Sequence[Path], output: SourceInfo, found: Content) -> Iterator[Check]:
    """Hold each audio track of a finished file against the file that it was copied from.

    Args:
        audio: These files, in the order of the tracks.
        output: The finished file's probe.
        found: Its packets.

    Raises:
        ArtifactError: One of the files cannot be read.
    """
    for number, (path, track) in enumerate(zip(audio, output.audio, strict=False)):
        given = next(iter(content_of(path).tracks.values()), TrackDigest())
        kept = found.tracks.get(track.index, TrackDigest())
        same = given.value == kept.value
        what = "other packets" if given.packets == kept.packets else f"{kept.packets} packets"
        yield Check(
            name=f"audio {number} packets",
            expected=f"the {given.packets} that were encoded",
            found=f"the {given.packets} that were encoded" if same else what,
            passed=same,
        )
