"""The packets of an encoded picture: a digest by which they are known again, in whatever file they are."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from drapto.video.join import packets_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from drapto.video.join import Run


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

    @property
    def hex(self) -> str:
        """What it is by now."""
        return self._hash.hexdigest()


def digest_of(runs: Iterable[Run]) -> str:
    """Return the digest of the packets of runs of frames, one run after the other.

    Raises:
        ArtifactError: One does not begin with a keyframe.
        av.FFmpegError: A file cannot be read.
    """
    found = PacketDigest()
    for run in runs:
        for packet in packets_of(run):
            found.add(bytes(packet))
    return found.hex
