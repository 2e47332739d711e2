"""The search for CRFs on encodes that were measured beforehand: what it takes, and how close it comes.

A film takes minutes to be encoded to a target, and says of a change to the search no more than one film does.
Here `drapto.encoding.segment_search` itself, and all that it uses, asks for encodes as ever; it gets what
films that were encoded at several CRFs say they would be.
"""

from __future__ import annotations

import random
import shutil
import statistics
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from bench.curves import KEYINT, RATE
from bench.film import CLOSE, TARGET
from drapto.config import Config
from drapto.encoding.attempt_store import AttemptStore
from drapto.encoding.attempts import Attempt, Attempts, Splice
from drapto.encoding.calibrate import write_calibration
from drapto.encoding.calibration import Anchor
from drapto.encoding.job import SegmentContext
from drapto.encoding.prediction import TitlePredictor
from drapto.encoding.segment_search import SegmentSearch
from drapto.engine.context import StageContext
from drapto.engine.resources import DiskRate
from drapto.quality.sampling import anchors
from drapto.quality.scores import Part, Scores, pooled, scores_of
from tests.encodes import job, request, shape, target

if TYPE_CHECKING:
    from pathlib import Path

    from bench.curves import Curves, Segment
    from drapto.quality.search import Why

NOISE = 0.15
"""By how much a sample of a part's frames is off, points of VMAF, standard deviation (docs/benchmarks.md)."""

SEEDS = 6
"""How often a film is searched, each time with other errors of its samples."""


@dataclass(frozen=True)
class Searched:
    """What the search of one segment came to.

    Attributes:
        frames: How many frames it has.
        encodes: How many of it were encoded, over ``frames``.
        starts: How often an encoder was started.
        vmaf: What was delivered, without the samples' errors.
        bytes: Its size.
        why: Why the search ended.
    """

    frames: int
    encodes: float
    starts: int
    vmaf: float
    bytes: float
    why: Why

    @property
    def missed(self) -> bool:
        """Whether it is not as close as was asked, and not for a bound or a plateau."""
        return abs(self.vmaf - TARGET) > CLOSE and self.why == "target"


@dataclass(frozen=True)
class Title:
    """A film that was searched once.

    Attributes:
        curves: The film.
        segments: Its segments.
    """

    curves: Curves
    segments: list[Searched]

    @property
    def encodes(self) -> float:
        """How many times the film was encoded."""
        return sum(one.encodes * one.frames for one in self.segments) / self._frames

    @property
    def starts(self) -> float:
        """How many encoders a segment took."""
        return statistics.mean(one.starts for one in self.segments)

    @property
    def vmaf(self) -> float:
        """The harmonic mean of its frames."""
        return self._frames / sum(one.frames / (one.vmaf + 1) for one in self.segments) - 1

    @property
    def bytes_ratio(self) -> float:
        """Its bytes over those of the film at one CRF that gives it the same VMAF."""
        return sum(one.bytes for one in self.segments) / self.curves.at_one_crf(self.vmaf)

    @property
    def _frames(self) -> int:
        return sum(one.frames for one in self.segments)


class MeasuredBefore:
    """The encodes of one segment: `drapto.encoding.segment_search.Trials`, of which none is made.

    Args:
        curves: The film.
        segment: The segment.
        seed: Of the samples' errors.
    """

    def __init__(self, curves: Curves, segment: Segment, seed: int) -> None:
        self.known = Attempts(key="")
        self._curves = curves
        self._segment = segment
        self._seed = seed

    def encoded(self, crf: float, first: int = 0, end: int = 0, *, stride: int = 0) -> Attempt:
        """Return an attempt, once for each part and CRF."""
        del stride
        known = self.known.at(crf, first, end)
        if known is None:
            known = Attempt(crf=crf, first=first, end=end, bytes=1, digest=f"{crf} {first} {end}")
            self._keep(known)
        return known

    def measured(self, attempt: Attempt, stride: int) -> Scores:
        """Return its scores, with an error of its own."""
        known = attempt.measured(stride, len(self._segment.frames))
        if known is None:
            chance = random.Random(f"{self._seed} {self._segment.frames} {attempt.section}")  # noqa: S311
            error = chance.gauss(0, NOISE)
            values = self._curves.values(self._of(attempt), attempt.crf)
            known = scores_of("vmaf", [min(100.0, max(0.0, one + error)) for one in values], stride=stride)
            self._keep(attempt.model_copy(update={"scores": (*attempt.scores, known)}))
        return known

    def pooled(self, spliced: Splice, stride: int) -> Scores:
        """Return those of all parts."""
        frames = len(self._segment.frames)
        return pooled(
            Part(frames=one.frames(frames), scores=self.measured(one, stride))
            for one in self.known.sources(spliced)
        )

    def delivered(self) -> Attempt | Splice | None:
        """Return nothing: each search begins anew."""
        return None

    def outcome(self, chosen: Attempt | Splice, why: Why) -> Searched:
        """Return what it came to."""
        frames = len(self._segment.frames)
        sources = self.known.sources(chosen) if isinstance(chosen, Splice) else (chosen,)
        each = [(one.frames(frames), self._curves.score(self._of(one), one.crf)) for one in sources]
        return Searched(
            frames=frames,
            encodes=sum(one.frames(frames) for one in self.known.attempts) / frames,
            starts=len(self.known.attempts),
            vmaf=frames / sum(count / (score + 1) for count, score in each) - 1,
            bytes=sum(self._curves.bytes(self._of(one), one.crf) for one in sources),
            why=why,
        )

    def _of(self, attempt: Attempt) -> range:
        frames = self._segment.frames
        return range(frames.start + attempt.first, frames.start + (attempt.end or len(frames)))

    def _keep(self, attempt: Attempt) -> None:
        listed = {one.section: one for one in (*self.known.attempts, attempt)}
        self.known = self.known.model_copy(update={"attempts": tuple(listed.values())})


def searched(curves: Curves, folder: Path, *, seconds: float) -> list[Title]:
    """Search a film `SEEDS` times, in folders of their own below ``folder``, which are made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    found = []
    for seed in range(SEEDS):
        own = folder / str(seed)
        own.mkdir(parents=True)
        found.append(search(curves, own, seconds=seconds, seed=seed))
    return found


def search(curves: Curves, folder: Path, *, seconds: float, seed: int = 0) -> Title:
    """Search a film's CRFs, its anchors first, as a run does.

    Args:
        curves: The film.
        folder: An empty one.
        seconds: How long segments are.
        seed: Of the samples' errors.
    """
    segments = curves.segments(seconds)
    trials = [MeasuredBefore(curves, one, seed) for one in segments]
    calibration = folder / "calibration.json"
    first = {
        at: _search(trials[at], segments[at], at + 1, folder, None).begin() for at in anchors(len(segments))
    }
    found = [Anchor(segment=at + 1, crf=crf, score=score) for at, (crf, score) in first.items()]
    write_calibration(calibration, "vmaf", found)
    ends = []
    for number, (one, segment) in enumerate(zip(trials, segments, strict=True), start=1):
        _, end = _search(one, segment, number, folder, calibration).run()
        ends.append(one.outcome(end.chosen, end.why))
    return Title(curves, ends)


def _search(
    trials: MeasuredBefore, segment: Segment, number: int, folder: Path, calibration: Path | None
) -> SegmentSearch:
    """Return the search of a segment that has been begun as far as ``trials`` know."""
    source = folder / "source"
    source.touch()
    usual = Config().quality
    bounds = {"lowest": usual.crf_min, "highest": usual.crf_max, "most": usual.max_encodes}
    aim = target(TARGET, tolerance=CLOSE, **bounds)
    how = shape(len(segment.frames), rate=Fraction(RATE), keyint=KEYINT)
    asked = replace(job(request(source, folder, index=number), how, aim, calibration), scenes=segment.scenes)
    stage = StageContext("film", source, folder / "logs", DiskRate(1 << 30, folder / "disk"))
    context = SegmentContext(asked, aim, stage)
    return SegmentSearch(context, trials, TitlePredictor(context, AttemptStore.of(context.job)))
