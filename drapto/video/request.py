"""What is to be encoded, and where to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.video.hardware import Decoder


@dataclass(frozen=True)
class EncodeRequest:
    """What a strategy is given to encode.

    Attributes:
        source: The segment's file, or the whole source.
        stream: Index of the video stream in it.
        target: The AV1 file to write.
        record: The JSON file to write beside it.
        index: The segment's number, from 1.
        slots: The CPU slots to hold.
        lp: SVT-AV1's level of parallelism.
        attempts: The directory of what is tried on the way to a target.
        calibration: What is known of the title's quality at each CRF; None where nothing is.
        width, height: The encoded picture, pixels.
        turned: Whether players turn the picture; it is encoded as it is coded.
        decoder: What decodes the source; None for ffmpeg itself.
        made_with: The versions that decide the encode's bytes; empty where they are not known.
    """

    source: Path
    stream: int
    target: Path
    record: Path
    index: int
    slots: int
    lp: int
    attempts: Path
    width: int
    height: int
    calibration: Path | None = None
    turned: bool = False
    decoder: Decoder | None = None
    made_with: tuple[str, ...] = ()


def log_of(request: EncodeRequest) -> str:
    """Return the name of the log of a request's encode."""
    return f"encode-{request.index:04d}"
