"""What is asked of a segment's encode, and what it delivered."""

from __future__ import annotations

from pydantic import Field

from drapto.engine.document import Document, Model, Rational
from drapto.media.model import CropRect


class EncodeSettings(Model):
    """Everything that shapes the bytes of an encoded segment, but for the frames themselves.

    Attributes:
        preset: SVT-AV1's preset, 0 (slow) to 13.
        crf: Constant rate factor, 0 to 63 in quarter steps.
        svt_params: ``key=value`` pairs joined by colons, as ``-svtav1-params`` takes them.
        film_grain: Synthesise film grain instead of coding it.
        pix_fmt: ffmpeg's pixel format name.
        crop: What is kept of the picture; None keeps all.
        rate: Nominal frame rate.
        frames: How many frames the segment has.
        keyint: The most frames from keyframe to keyframe.
        chroma_location: Where the source says its chroma samples are, by ffmpeg's name; None says nothing.
    """

    preset: int
    crf: float
    svt_params: str
    film_grain: bool
    pix_fmt: str
    crop: CropRect | None
    rate: Rational
    frames: int
    keyint: int
    chroma_location: str | None = None


class EncodedSegment(Document):
    """What an encode delivered (``encoded/NNNN.json``).

    Attributes:
        index: The segment's number, from 1.
        strategy: The strategy that made it.
        crf: The CRF of the delivered encode.
        preset: SVT-AV1's preset.
        attempts: Encoder starts that it took.
        scores: Measured quality by metric name; empty where none was measured.
        frames: Frames delivered, equal to the plan's.
        bytes: Size of the file.
        seconds: Wall-clock seconds of the delivered encode.
        cpu_seconds: Processor seconds of the delivered encode.
        complaints: How often ffmpeg complained of what it decoded.
        complaint: Its first complaint; empty where there was none.
    """

    index: int
    strategy: str
    crf: float
    preset: int
    attempts: int
    scores: dict[str, float] = Field(default_factory=dict)
    frames: int
    bytes: int
    seconds: float
    cpu_seconds: float
    complaints: int = 0
    complaint: str = ""
