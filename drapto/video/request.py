"""What is to be encoded, and where to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.video.hardware import HardwareDecoding


@dataclass(frozen=True)
class KeptFrames:
    """Some of the frames that are encoded, kept as the encoder was given them, not compressed.

    Attributes:
        path: The file to write.
        choose: ffmpeg's filter that chooses them.
    """

    path: Path
    choose: str


@dataclass(frozen=True)
class EncodeRequest:
    """What is to be encoded, and where to. Picklable: an encode may run in another process.

    Attributes:
        source: The segment source, or the title's source.
        stream: Index of the video stream in it.
        target: The AV1 file to write.
        index: The segment's number, from 1.
        lp: SVT-AV1's level of parallelism.
        width, height: The encoded picture, pixels.
        rotated: Whether players rotate the picture; it is encoded as it is coded.
        decoding: The hardware that is to decode the source; None for ffmpeg itself.
        beside: The codecs of all else that the source holds: what is said of them is not of the picture.
    """

    source: Path
    stream: int
    target: Path
    index: int
    lp: int
    width: int
    height: int
    rotated: bool = False
    decoding: HardwareDecoding | None = None
    beside: tuple[str, ...] = ()

    @property
    def log(self) -> str:
        """The name of the log of all that is run for the segment's encode."""
        return f"encode-{self.index:04d}"
