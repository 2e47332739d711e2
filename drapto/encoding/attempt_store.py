"""The files of a segment's attempts, kept on disk: an interrupted search pays for nothing twice."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from drapto.encoding.attempts import Attempt, Attempts, Splice
from drapto.engine import atomic
from drapto.engine.digest import digest
from drapto.video.encode_settings import EncodeShape
from drapto.video.join import append

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction
    from pathlib import Path
    from typing import Self

    from drapto.encoding.job import SegmentJob
    from drapto.engine.resources import DiskRate
    from drapto.quality.scores import Measurement
    from drapto.video.join import Run
    from drapto.video.request import EncodeRequest


class AttemptStore:
    """A segment's attempts and their files, in a folder that all segments of a title share.

    Args:
        folder: The folder.
        name: The segment's name.
        key: As `Attempts` has it; what was tried under another one is thrown away.
        target: The segment's encoded file, which may be one of the attempts.
        made_with: As `Attempts` has it; what is known to be made with others is thrown away, too.
        measurement: What is measured now: other scores, such as those of another model, are forgotten, while
            the encodes that they are of stay. None forgets nothing.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        key: str,
        target: Path,
        made_with: tuple[str, ...] = (),
        *,
        measurement: Measurement | None = None,
    ) -> None:
        self._folder = folder
        self._name = name
        self._target = target
        self.record = folder / f"{name}.json"
        known = Attempts.read_if_whole(self.record)
        if known is None or known.key != key or (known.made_with and known.made_with != made_with):
            self.clear()
            known = Attempts(key=key, made_with=made_with).write(self.record)
        self.known = known
        if measurement:
            self._forget_other(measurement)

    @classmethod
    def of(cls, job: SegmentJob, measurement: Measurement | None = None) -> Self:
        """Return the store of a segment."""
        request = job.request
        name, key = f"{request.index:04d}", key_of(job.shape, request)
        return cls(job.attempts, name, key, request.target, made_with=job.made_with, measurement=measurement)

    def _forget_other(self, measurement: Measurement) -> None:
        """Forget what was measured otherwise, and encodes of which nothing else is left."""
        kept = self.known.of(measurement)
        attempts = tuple(one for one in kept.attempts if one.scores or self.file(one))
        there = kept.model_copy(update={"attempts": attempts})
        spliced = {content: one for content, one in kept.spliced.items() if there.has(one)}
        self.known = there.model_copy(update={"spliced": spliced})

    def path(self, crf: float, first: int = 0, end: int = 0, preset: int | None = None) -> Path:
        """Return where the encode at ``crf`` of the frames from ``first`` to before ``end`` is written."""
        part = f"{first}-{end}-" if end else f"{first}-" if first else ""
        by = "" if preset is None else f"-preset-{preset}"
        return self._folder / f"{self._name}-{part}{crf:g}{by}.mkv"

    def file(self, attempt: Attempt) -> Path | None:
        """Return the attempt's encoded file, wherever it is; None where it is gone."""
        own = self.path(attempt.crf, attempt.first, attempt.end, attempt.preset)
        for path in (own, self._target):
            if path.is_file() and path.stat().st_size == attempt.bytes and digest(path) == attempt.digest:
                return path
        return None

    def delivered(self) -> Attempt | Splice | None:
        """Return the attempt that is the segment's encoded file already, or of what that was spliced."""
        if not self._target.is_file():
            return None
        content = digest(self._target)
        whole = next((one for one in self.known.attempts if one.digest == content), None)
        return whole or self.known.spliced.get(content)

    def keep(self, attempt: Attempt) -> Attempt:
        """Write an attempt down, in place of one of the same frames at the same CRF."""
        listed = {one.section: one for one in (*self.known.attempts, attempt)}
        self._write({"attempts": tuple(listed.values())})
        return attempt

    def keep_foreign(self, purpose: str, crf: float, cpu_seconds: float) -> float:
        """Write down where another program would begin, and what it took to say so."""
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
        if path != self._target:
            self._target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(self._target)
            atomic.sync(self._target.parent)

    def deliver_spliced(
        self, spliced: Splice, runs: Sequence[Run], *, frames: int, rate: Fraction, disk_rate: DiskRate
    ) -> None:
        """Make the segment's file of two encodes.

        Args:
            spliced: What it is of, for the record.
            runs: In order.
            frames: How many frames they have together.
            rate: The nominal frame rate.
            disk_rate: How fast to write.

        Raises:
            FrameCountError, ArtifactError, ToolFailedError, SpaceError: As `drapto.video.join.append`.
        """
        whole = self._folder / f"{self._name}-spliced.mkv"
        append(runs, whole, frames=frames, rate=rate, disk_rate=disk_rate)
        self._write({"spliced": {**self.known.spliced, digest(whole): spliced}})
        self.deliver(whole)

    def keep_decoded(self, packets: str) -> str:
        """Write down the digest of the packets of the segment's file, all of which were decoded."""
        if packets:
            self._write({"decoded": {digest(self._target): packets}})
        return packets

    def decoded(self) -> str:
        """Return that digest; empty where it is not known."""
        return self.known.decoded.get(digest(self._target), "") if self._target.is_file() else ""

    def clear(self) -> None:
        """Remove the attempts' files; the record stays."""
        for path in self._folder.glob(f"{self._name}-*.mkv"):
            path.unlink(missing_ok=True)


def key_of(shape: EncodeShape, request: EncodeRequest) -> str:
    """Return the digest of all that a segment's encodes depend on but the CRF."""
    values = {
        **shape.model_dump(mode="json", include=set(EncodeShape.model_fields)),
        "stream": request.stream,
    }
    text = f"{digest(request.source)}\n{json.dumps(values, sort_keys=True)}"
    return hashlib.blake2b(text.encode(), digest_size=20).hexdigest()
