"""What has been tried for a segment, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

from pydantic import AliasChoices, Field, model_validator

from drapto.engine.document import Document, Model
from drapto.quality.sampling import EARLIER, stride_of_part
from drapto.quality.scores import Scores, Statistic
from drapto.quality.splice import Parts, Tried

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drapto.quality.scores import Measurement


class Section(NamedTuple):
    """Some of a segment's frames, and how they are encoded.

    Attributes:
        first: The first of them.
        end: The one before which they end; 0 for the segment's end.
        crf: The CRF.
        preset: SVT-AV1's preset, where it is another than the title's.
    """

    first: int
    end: int
    crf: float
    preset: int | None = None


class Look(Model):
    """Every frame of a part of an encode, measured.

    Attributes:
        first: The number of its first frame in the encode.
        scores: What was measured.
    """

    first: int
    scores: Scores


class Attempt(Model):
    """One encode of a segment, or of a part of it.

    Attributes:
        crf: Its CRF.
        first: How many of the segment's frames it leaves out before its first.
        end: The segment's frame before which it ends; 0 where it goes to the segment's end.
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
        decoded: Whether all of its frames were decoded for it, and none was refused.
    """

    crf: float
    first: int = 0
    end: int = 0
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
    decoded: bool = False

    def measured(self, stride: int, segment: int) -> Scores | None:
        """Return the scores of every ``stride``-th frame, or of more of a short part, if they were measured.

        Earlier versions measured no more of a short part; what they found is taken as it is.

        Args:
            stride: That of the segment.
            segment: How many frames the segment has.
        """
        known = {scores.stride: scores for scores in reversed(self.scores)}
        own = stride_of_part(stride, self.frames(segment))
        wanted = (own, stride, EARLIER.get(own), EARLIER.get(stride))
        return next((known[one] for one in wanted if one in known), None)

    @property
    def whole(self) -> bool:
        """Whether it has all of the segment's frames."""
        return not self.first and not self.end

    @property
    def section(self) -> Section:
        """Which frames it has, and how they are encoded: no two attempts have the same."""
        return Section(self.first, self.end, self.crf, self.preset)

    def holds(self, section: Section) -> bool:
        """Return whether it can be cut to a section, which then begins with one of its keyframes."""
        there = self.first <= section.first and (not self.end or 0 < section.end <= self.end)
        same = (self.crf, self.preset) == (section.crf, section.preset)
        return there and same and section.first - self.first in (0, *self.keyframes)

    def frames(self, segment: int) -> int:
        """Return how many frames it has, of a segment that has so many."""
        return (self.end or segment) - self.first


class Splice(Model):
    """What a spliced segment is of: one encode for each of its parts.

    Attributes:
        starts: The first frame of each part.
        crfs: The CRF of the encode that it is of.
        presets: The preset of that, where it is another than the title's; empty where none is.
    """

    starts: tuple[int, ...]
    crfs: tuple[float, ...]
    presets: tuple[int | None, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _of_an_earlier_version(cls, value: object) -> object:
        """Read what once had two parts always."""
        if isinstance(value, dict) and "tail_crf" in value:
            presets = value.get("preset"), value.get("tail_preset")
            crfs = value["crf"], value["tail_crf"]
            return {
                "starts": (0, value["first"]),
                "crfs": crfs,
                "presets": presets if presets != (None, None) else (),
            }
        return value

    @classmethod
    def of(cls, sections: Sequence[Section]) -> Self:
        """Return what is of these parts, in order."""
        presets = tuple(section.preset for section in sections)
        return cls(
            starts=tuple(section.first for section in sections),
            crfs=tuple(section.crf for section in sections),
            presets=presets if any(preset is not None for preset in presets) else (),
        )

    @property
    def crf(self) -> float:
        """The CRF that it begins with."""
        return self.crfs[0]

    @property
    def sections(self) -> list[Section]:
        """Its parts, in order."""
        presets = self.presets or (None,) * len(self.starts)
        each = zip(self.starts, (*self.starts[1:], 0), self.crfs, presets, strict=True)
        return [Section(*one) for one in each]


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
        decoded: Digest of the packets of a segment's file all of which were decoded, by that file's digest.
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
    decoded: dict[str, str] = Field(default_factory=dict)

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

    def at(self, crf: float, first: int = 0, end: int = 0, preset: int | None = None) -> Attempt | None:
        """Return the attempt at ``crf`` from frame ``first`` on, to before ``end`` or to the last one."""
        asked = Section(first, end, crf, preset)
        return next((one for one in self.attempts if one.section == asked), None)

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
        """Return the same: encodes of the parts alone, or of more of the segment, from a keyframe on."""
        return [
            self.at(section.crf, section.first, section.end, section.preset)
            or next((one for one in self.attempts if one.holds(section)), None)
            for section in spliced.sections
        ]

    def parts(
        self, starts: tuple[int, ...], frames: int, stride: int, statistic: Statistic = "harmonic"
    ) -> Parts:
        """Return what was measured of a segment's parts by the title's preset.

        Args:
            starts: The first frame of each.
            frames: How many frames the segment has.
            stride: Every how many-th frame was measured.
            statistic: Which figure stands for a part.
        """
        ends = (*starts[1:], frames)
        number = {
            (first, end % frames): part for part, (first, end) in enumerate(zip(starts, ends, strict=True))
        }
        tried = [
            Tried(number[one.first, one.end], one.crf, scores.figure(statistic))
            for one in self.attempts
            if (one.first, one.end) in number
            and one.preset is None
            and (scores := one.measured(stride, frames)) is not None
        ]
        each = tuple(end - first for first, end in zip(starts, ends, strict=True))
        return Parts(each, tried, statistic)
