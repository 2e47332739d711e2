"""What has been tried for a segment, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import AliasChoices, Field

from drapto.engine.document import Document, Model
from drapto.quality.scores import Scores, Statistic
from drapto.quality.search import Point
from drapto.quality.splice import MEANS, Tail

if TYPE_CHECKING:
    from drapto.quality.scores import Measurement


class Look(Model):
    """Every frame of a part of an encode, measured.

    Attributes:
        first: The number of its first frame in the encode.
        scores: What was measured.
    """

    first: int
    scores: Scores


class Attempt(Model):
    """One encode of a segment, or of its tail.

    Attributes:
        crf: Its CRF.
        first: How many of the segment's frames it leaves out: 0 for an encode of the whole.
        preset: SVT-AV1's preset, where it is another than the title's (`drapto.quality.floor`).
        wrong: Which of its frames have wrong blocks, by their number in it, each with how far the worst is
            off, percent of full scale; None where nobody looked.
        header: Digest of its sequence header; empty where an earlier drapto did not write it down.
        looks: The parts of it that were looked at more closely.
        keyframes: Which of its frames are keyframes, by their number in it.
        bytes: The file's size.
        digest: The file's content digest.
        seconds, cpu_seconds: What the encode took; 0 where that is not known.
        starts: How often the encoder was started for it.
        complaints, complaint: How often ffmpeg complained of the source, and its first complaint.
        scores: What was measured of it, one for each stride.
        measuring_cpu_seconds: What that took.
    """

    crf: float
    first: int = 0
    preset: int | None = None
    wrong: tuple[tuple[int, float], ...] | None = None
    header: str = ""
    looks: tuple[Look, ...] = ()
    keyframes: tuple[int, ...] = ()
    bytes: int
    digest: str
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    starts: int = 1
    complaints: int = 0
    complaint: str = ""
    scores: tuple[Scores, ...] = ()
    measuring_cpu_seconds: float = 0.0

    def measured(self, stride: int) -> Scores | None:
        """Return the scores of every ``stride``-th frame, if they were measured."""
        return next((scores for scores in self.scores if scores.stride == stride), None)

    def tail_scores(self, first: int, stride: int, frames: int) -> Scores | None:
        """Return the scores of the segment's frames from ``first`` on, if it has them as a tail."""
        scores = self.measured(stride)
        if scores is None or first == self.first:
            return scores
        return scores.between(first, frames) if not self.first and first in self.keyframes else None


class Splice(Model):
    """What a spliced segment is of: the head of one encode, and the tail of another.

    Attributes:
        crf: The CRF of the encode that it begins with.
        first: How many of its frames are of that.
        tail_crf: The CRF of the others.
        preset, tail_preset: Their presets, where these are others than the title's.
    """

    crf: float
    first: int
    tail_crf: float
    preset: int | None = None
    tail_preset: int | None = None


class ProxyScore(Model):
    """A proxy encode of a segment that was measured.

    Attributes:
        crf: Its CRF.
        scores: What was measured of it.
    """

    crf: float
    scores: Scores


class Attempts(Document):
    """Everything tried for a segment, whatever the target was (``attempts/NNNN.json``).

    Documents of drapto 0.1 have other names for what proxies and splices are called here.

    Attributes:
        key: Digest of all that the encodes depend on but the CRF and the encoder itself.
        made_with: The versions that decide the encodes' bytes; empty where they are not known.
        proxies: The proxy encodes, in the order that they were made.
        proxy_cpu_seconds: What they took.
        foreign: Where ab-av1 would begin, by the target.
        foreign_cpu_seconds: What it took to say so.
        attempts: In the order that they were made.
        spliced: What a segment was spliced from, by its file's digest.
    """

    key: str
    made_with: tuple[str, ...] = ()
    proxies: tuple[ProxyScore, ...] = Field((), validation_alias=AliasChoices("proxies", "sketches"))
    proxy_cpu_seconds: float = Field(
        0.0, validation_alias=AliasChoices("proxy_cpu_seconds", "sketching_cpu_seconds")
    )
    foreign: dict[str, float] = Field(default_factory=dict)
    foreign_cpu_seconds: float = 0.0
    attempts: tuple[Attempt, ...] = ()
    spliced: dict[str, Splice] = Field(
        default_factory=dict, validation_alias=AliasChoices("spliced", "mended")
    )

    def of(self, measurement: Measurement) -> Attempts:
        """Return the same with no other scores than those of ``measurement``."""
        return self.model_copy(
            update={
                "proxies": tuple(one for one in self.proxies if one.scores.measurement == measurement),
                "attempts": tuple(
                    one.model_copy(
                        update={"scores": tuple(had for had in one.scores if had.measurement == measurement)}
                    )
                    for one in self.attempts
                ),
            }
        )

    @property
    def cpu_seconds(self) -> float:
        """What all of it took."""
        encodes = sum(one.cpu_seconds + one.measuring_cpu_seconds for one in self.attempts)
        return encodes + self.proxy_cpu_seconds + self.foreign_cpu_seconds

    def at(self, crf: float, first: int = 0, preset: int | None = None) -> Attempt | None:
        """Return the attempt at ``crf`` that begins with frame ``first``, by its preset."""
        asked = (crf, first, preset)
        return next((one for one in self.attempts if (one.crf, one.first, one.preset) == asked), None)

    def sources(self, spliced: Splice) -> tuple[Attempt, Attempt]:
        """Return the attempts that a spliced segment is of: that of the whole, and that of the tail.

        Raises:
            ValueError: It was not tried.
        """
        head, crf, preset = self.at(spliced.crf, 0, spliced.preset), spliced.tail_crf, spliced.tail_preset
        tail = self.at(crf, spliced.first, preset) or self.at(crf, 0, preset)
        if head is None or tail is None:
            raise ValueError(f"{spliced} was not tried")
        return head, tail

    def points(self, stride: int, statistic: Statistic = "harmonic") -> list[Point]:
        """Return the attempts at the whole segment that were measured at every ``stride``-th frame."""
        whole = (one for one in self.attempts if not one.first and one.preset is None)
        found = ((one.crf, one.measured(stride)) for one in whole)
        return [Point(crf, scores.figure(statistic)) for crf, scores in found if scores]

    def tails(self, crf: float, stride: int, frames: int, statistic: Statistic = "harmonic") -> list[Tail]:
        """Return the tails that an encode of all ``frames`` at ``crf`` may be given, the shortest first.

        There are none for a percentile: those of two parts do not give that of the whole.
        """
        whole = self.at(crf)
        if statistic not in MEANS or whole is None or (scores := whole.measured(stride)) is None:
            return []
        found = [self._tail(scores, first, stride, frames, statistic) for first in whole.keyframes if first]
        return [tail for tail in reversed(found) if tail]

    def _tail(self, whole: Scores, first: int, stride: int, frames: int, statistic: Statistic) -> Tail | None:
        head, now = whole.between(0, first), whole.between(first, frames)
        if head is None or now is None:
            return None
        points = [
            Point(one.crf, scores.figure(statistic))
            for one in self.attempts
            if one.preset is None and (scores := one.tail_scores(first, stride, frames)) is not None
        ]
        own = sum(one.first == first and one.preset is None for one in self.attempts)
        return Tail(
            first, frames - first, head.figure(statistic), now.figure(statistic), points, own, statistic
        )
