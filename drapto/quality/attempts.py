"""What has been tried for a segment, kept on disk: an interrupted search pays for nothing twice."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from pydantic import Field

from drapto.engine import atomic
from drapto.engine.document import Document, Model
from drapto.quality.scores import Scores
from drapto.quality.search import Point
from drapto.state.fingerprint import digest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Attempt(Model):
    """One full encode of a segment.

    Attributes:
        crf: Its CRF.
        bytes: The file's size.
        digest: The file's content digest.
        seconds, cpu_seconds: What the encode took; 0 where that is not known.
        starts: How often the encoder was started for it.
        complaints, complaint: How often ffmpeg complained of the source, and its first complaint.
        scores: What was measured of it, one for each density.
        measuring_cpu_seconds: What that took.
    """

    crf: float
    bytes: int
    digest: str
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    starts: int = 1
    complaints: int = 0
    complaint: str = ""
    scores: tuple[Scores, ...] = ()
    measuring_cpu_seconds: float = 0.0

    def measured(self, step: int) -> Scores | None:
        """Return the scores of every ``step``-th frame, if they were measured."""
        return next((scores for scores in self.scores if scores.step == step), None)


class Sketched(Model):
    """A sketch of a segment that was measured.

    Attributes:
        crf: Its CRF.
        scores: What was measured of it.
    """

    crf: float
    scores: Scores


class Attempts(Document):
    """Everything tried for a segment, whatever the target was.

    Attributes:
        key: Digest of all that the encodes depend on but the CRF.
        sketches: In the order that they were drawn.
        sketching_cpu_seconds: What they took.
        foreign: Where ab-av1 would begin, by the target.
        foreign_cpu_seconds: What it took to say so.
        attempts: In the order that they were made.
    """

    key: str
    sketches: tuple[Sketched, ...] = ()
    sketching_cpu_seconds: float = 0.0
    foreign: dict[str, float] = Field(default_factory=dict)
    foreign_cpu_seconds: float = 0.0
    attempts: tuple[Attempt, ...] = ()

    @property
    def cpu_seconds(self) -> float:
        """What all of it took."""
        encodes = sum(one.cpu_seconds + one.measuring_cpu_seconds for one in self.attempts)
        return encodes + self.sketching_cpu_seconds + self.foreign_cpu_seconds

    def at(self, crf: float) -> Attempt | None:
        """Return the attempt at ``crf``."""
        return next((attempt for attempt in self.attempts if attempt.crf == crf), None)

    def points(self, step: int) -> list[Point]:
        """Return the attempts that were measured at every ``step``-th frame."""
        found = ((attempt.crf, attempt.measured(step)) for attempt in self.attempts)
        return [Point(crf, scores.harmonic) for crf, scores in found if scores]


class Bench:
    """A segment's attempts and their files, in a folder that all segments of a title share.

    Args:
        folder: The folder.
        name: The segment's name.
        key: As `Attempts` has it; what was tried under another one is thrown away.
        delivered: The segment's encoded file, which may be one of the attempts.
    """

    def __init__(self, folder: Path, name: str, key: str, delivered: Path) -> None:
        self._folder = folder
        self._name = name
        self._delivered = delivered
        self.record = folder / f"{name}.json"
        known = Attempts.read_if_whole(self.record)
        if known is None or known.key != key:
            self.clear()
            known = Attempts(key=key).write(self.record)
        self.known = known

    def path(self, crf: float) -> Path:
        """Return where the encode at ``crf`` is written."""
        return self._folder / f"{self._name}-{crf:g}.mkv"

    def file(self, attempt: Attempt) -> Path | None:
        """Return the attempt's encoded file, wherever it is; None where it is gone."""
        for path in (self.path(attempt.crf), self._delivered):
            if path.is_file() and path.stat().st_size == attempt.bytes and digest(path) == attempt.digest:
                return path
        return None

    def delivered(self) -> Attempt | None:
        """Return the attempt that is the segment's encoded file already, if one is."""
        if not self._delivered.is_file():
            return None
        content = digest(self._delivered)
        return next((one for one in self.known.attempts if one.digest == content), None)

    def keep(self, attempt: Attempt) -> Attempt:
        """Write an attempt down, in place of one at the same CRF."""
        listed = {one.crf: one for one in self.known.attempts} | {attempt.crf: attempt}
        self._write({"attempts": tuple(listed.values())})
        return attempt

    def keep_sketch(self, crf: float, scores: Scores, cpu_seconds: float) -> None:
        """Write a sketch down, and what it took."""
        known = self.known
        self._write(
            {
                "sketches": (*known.sketches, Sketched(crf=crf, scores=scores)),
                "sketching_cpu_seconds": round(known.sketching_cpu_seconds + cpu_seconds, 3),
            }
        )

    def keep_foreign(self, purpose: str, crf: float, cpu_seconds: float) -> float:
        """Write down where ab-av1 would begin, and what it took."""
        known = self.known
        self._write(
            {
                "foreign": {**known.foreign, purpose: crf},
                "foreign_cpu_seconds": round(known.foreign_cpu_seconds + cpu_seconds, 3),
            }
        )
        return crf

    def _write(self, changes: dict[str, object]) -> None:
        self.known = self.known.model_copy(update=changes).write(self.record)

    def deliver(self, path: Path) -> None:
        """Make ``path`` the segment's encoded file."""
        if path != self._delivered:
            self._delivered.parent.mkdir(parents=True, exist_ok=True)
            path.replace(self._delivered)
            atomic.sync(self._delivered.parent)

    def clear(self) -> None:
        """Remove the attempts' files; the record stays."""
        for path in self._files():
            path.unlink(missing_ok=True)

    def _files(self) -> Iterator[Path]:
        yield from self._folder.glob(f"{self._name}-*.mkv")


def key_of(values: object, source: Path) -> str:
    """Return the digest of JSON ``values`` and of the content of ``source``."""
    text = json.dumps(values, sort_keys=True)
    return hashlib.blake2b(f"{digest(source)}\n{text}".encode(), digest_size=20).hexdigest()
