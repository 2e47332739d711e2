"""What an encoded file tells of itself: where it may be cut, and what it may be spliced with."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import av

from drapto.errors import ToolFailedError

if TYPE_CHECKING:
    from pathlib import Path


def keyframes(path: Path) -> tuple[int, ...]:
    """Return which frames of an AV1 file are keyframes, by their number.

    Raises:
        ToolFailedError: The file cannot be read.
    """
    try:
        with av.open(str(path), "r") as container:
            packets = (packet for packet in container.demux(video=0) if packet.size)
            return tuple(number for number, packet in enumerate(packets) if packet.is_keyframe)
    except av.FFmpegError as error:
        raise ToolFailedError(f"an encoded file cannot be read ({error.strerror})", path=path) from error


def header(path: Path) -> str:
    """Return the digest of an AV1 file's sequence header, which all parts of one file have in common.

    Raises:
        ToolFailedError: The file cannot be read.
    """
    try:
        with av.open(str(path), "r") as container:
            found = container.streams.video[0].codec_context.extradata or b""
    except av.FFmpegError as error:
        raise ToolFailedError(f"an encoded file cannot be read ({error.strerror})", path=path) from error
    return hashlib.blake2b(found, digest_size=10).hexdigest()
