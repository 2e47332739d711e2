"""What has been tried for a segment, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import AliasChoices, Field, model_validator

from drapto.engine.document import Document, Model
from drapto.quality.scores import Scores
from drapto.quality.splice import Parts, Tried

if TYPE_CHECKING:
    from drapto.quality.scores import Measurement


class Attempt(Model):
    """One encode of a segment, or of a part of it.

    Attributes:
        crf: Its CRF.
        first: How many of the segment's frames it leaves out before its first.
        end: The segment's frame before which it ends; 0 where it goes to the segment's end.
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
    end: int = 0
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

    @property
    def whole(self) -> bool:
        """Whether it has all of the segment's frames."""
        return not self.first and not self.end

    def frames(self, segment: int) -> int:
        """Return how many frames it has, of a segment that has so many."""
        return (self.end or segment) - self.first


class Splice(Model):
    """What a spliced segment is of: one encode for each of its parts.

    Attributes:
        starts: The first frame of each part.
        crfs: The CRF of the encode that it is of.
    """

    starts: tuple[int, ...]
    crfs: tuple[float, ...]

    @model_validator(mode="before")
    @classmethod
    def _of_an_earlier_version(cls, value: object) -> object:
        """Read what once had two parts always."""
        if isinstance(value, dict) and "tail_crf" in value:
            return {"starts": (0, value["first"]), "crfs": (value["crf"], value["tail_crf"])}
        return value

    @property
    def crf(self) -> float:
        """The CRF that it begins with."""
        return self.crfs[0]

    @property
    def parts(self) -> list[tuple[int, int, float]]:
        """Each part's first frame, the one before which it ends (0 for the segment's end), and its CRF."""
        return list(zip(self.starts, (*self.starts[1:], 0), self.crfs, strict=True))


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
        proxies: Small quick encodes, in the order that they were made; earlier versions predicted by them.
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

    def at(self, crf: float, first: int = 0, end: int = 0) -> Attempt | None:
        """Return the attempt at ``crf`` from frame ``first`` on, to before frame ``end`` or to the last."""
        return next(
            (one for one in self.attempts if (one.crf, one.first, one.end) == (crf, first, end)), None
        )

    def has(self, spliced: Splice) -> bool:
        """Return whether all parts of a spliced segment are among the attempts."""
        return None not in self._sources(spliced)

    def sources(self, spliced: Splice) -> tuple[Attempt, ...]:
        """Return the attempts that a spliced segment is of, one for each part.

        Raises:
            ValueError: It was not tried.
        """
        found = [one for one in self._sources(spliced) if one is not None]
        if len(found) < len(spliced.starts):
            raise ValueError(f"{spliced} was not tried")
        return tuple(found)

    def _sources(self, spliced: Splice) -> list[Attempt | None]:
        """Return the same; earlier versions took parts from an encode of the whole, too."""
        return [self.at(crf, first, end) or self.at(crf) for first, end, crf in spliced.parts]

    def parts(self, starts: tuple[int, ...], frames: int, stride: int) -> Parts:
        """Return what was measured of a segment's parts, at every ``stride``-th frame.

        Args:
            starts: The first frame of each.
            frames: How many frames the segment has.
            stride: The stride.
        """
        ends = (*starts[1:], frames)
        number = {
            (first, end % frames): part for part, (first, end) in enumerate(zip(starts, ends, strict=True))
        }
        tried = [
            Tried(number[one.first, one.end], one.crf, scores.harmonic)
            for one in self.attempts
            if (one.first, one.end) in number and (scores := one.measured(stride)) is not None
        ]
        return Parts(tuple(end - first for first, end in zip(starts, ends, strict=True)), tried)
