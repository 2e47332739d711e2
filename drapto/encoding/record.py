"""What a segment's encode delivered: the typed content of ``encoded/NNNN.json``."""

from __future__ import annotations

from drapto.engine.document import Document, Model
from drapto.quality.floor import Low
from drapto.quality.scores import Scores, Statistic
from drapto.versions import Versions


class Stretch(Model):
    """A run of a segment's frames at one CRF.

    Attributes:
        frames: How many it has.
        crf: Their CRF.
        preset: SVT-AV1's preset, where it is another than the title's.
    """

    frames: int
    crf: float
    preset: int | None = None


class EncodedSegment(Document):
    """What an encode delivered (``encoded/NNNN.json``).

    Attributes:
        index: The segment's number, from 1.
        strategy: The strategy that made it.
        crf: The CRF of the delivered encode; of one whose tail has another, the mean over its frames.
        preset: SVT-AV1's preset; of an encode whose tail has another, that of what goes before it.
        attempts: Encoder starts that it took, those for other CRFs included.
        scores: What was measured of the delivered frames; None where nothing was.
        target: The score that was aimed at; None where the CRF was fixed.
        statistic: Which figure of its frames was to have it.
        tier: Which round of the search found the delivered encode, 1 to 3.
        why: Why the search ended there: ``target``, or what kept it from it.
        low: The runs of its frames that are below the floor, whatever was tried (`drapto.quality.floor`).
        tried: What was measured of the whole segment, (CRF, score), in the order that it was: encodes, or
            sets of parts at their mean CRF.
        stretches: What has a CRF of its own (`drapto.quality.splice`), in order; empty where all has one.
        encodes: How often each of its frames was encoded, the mean.
        frames: Frames delivered, equal to the plan's.
        bytes: Size of the file.
        seconds: Wall-clock seconds of the delivered encode.
        cpu_seconds: Processor seconds of the delivered encode.
        search_cpu_seconds: Processor seconds of all that it took to find it: encodes, measurements.
        decoded: Digest of its packets where all of them were decoded when they were measured; empty else.
        complaints: How often ffmpeg complained of what it decoded.
        complaint: Its first complaint; empty where there was none.
        versions: Of what made it; None where an earlier drapto did not write them down.
        program: The ffmpeg that made it, its path.
        shape: Digest of what all segments of the title share: those of another are no part of it any more.
    """

    index: int
    strategy: str
    crf: float
    preset: int
    attempts: int
    scores: Scores | None = None
    target: float | None = None
    statistic: Statistic = "harmonic"
    tier: int | None = None
    why: str = ""
    low: tuple[Low, ...] = ()
    tried: tuple[tuple[float, float], ...] = ()
    stretches: tuple[Stretch, ...] = ()
    encodes: float = 1.0
    frames: int
    bytes: int
    seconds: float
    cpu_seconds: float
    search_cpu_seconds: float = 0.0
    decoded: str = ""
    complaints: int = 0
    complaint: str = ""
    versions: Versions | None = None
    program: str = ""
    shape: str = ""

    @property
    def score(self) -> float | None:
        """What stands for its frames; None where nothing was measured."""
        return self.scores.figure(self.statistic) if self.scores else None
