"""The files of a segment's attempts, kept on disk: an interrupted search pays for nothing twice."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from drapto.encoding.attempts import Attempt, Attempts, Joined, Sketched
from drapto.engine import atomic
from drapto.engine.digest import digest
from drapto.video.join import append

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction
    from pathlib import Path

    from drapto.quality.scores import Scores
    from drapto.video.join import Run


class Workbench:
    """A segment's attempts and their files, in a folder that all segments of a title share.

    Args:
        folder: The folder.
        name: The segment's name.
        key: As `Attempts` has it; what was tried under another one is thrown away.
        delivered: The segment's encoded file, which may be one of the attempts.
        made_with: As `Attempts` has it; what is known to be made with others is thrown away, too.
    """

    def __init__(
        self, folder: Path, name: str, key: str, delivered: Path, made_with: tuple[str, ...] = ()
    ) -> None:
        self._folder = folder
        self._name = name
        self._delivered = delivered
        self.record = folder / f"{name}.json"
        known = Attempts.read_if_whole(self.record)
        if known is None or known.key != key or (known.made_with and known.made_with != made_with):
            self.clear()
            known = Attempts(key=key, made_with=made_with).write(self.record)
        self.known = known

    def path(self, crf: float, first: int = 0) -> Path:
        """Return where the encode at ``crf`` of the frames from ``first`` on is written."""
        return self._folder / f"{self._name}-{f'{first}-' if first else ''}{crf:g}.mkv"

    def file(self, attempt: Attempt) -> Path | None:
        """Return the attempt's encoded file, wherever it is; None where it is gone."""
        for path in (self.path(attempt.crf, attempt.first), self._delivered):
            if path.is_file() and path.stat().st_size == attempt.bytes and digest(path) == attempt.digest:
                return path
        return None

    def delivered(self) -> Attempt | Joined | None:
        """Return the attempt that is the segment's encoded file already, or of what it was joined."""
        if not self._delivered.is_file():
            return None
        content = digest(self._delivered)
        whole = next((one for one in self.known.attempts if one.digest == content), None)
        return whole or self.known.mended.get(content)

    def keep(self, attempt: Attempt) -> Attempt:
        """Write an attempt down, in place of one of the same frames at the same CRF."""
        listed = {(one.first, one.crf): one for one in (*self.known.attempts, attempt)}
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

    def deliver_joined(
        self, joined: Joined, runs: Sequence[Run], *, frames: int, rate: Fraction, disk_rate: int
    ) -> None:
        """Make the segment's file of two encodes; the rest is as in `drapto.video.join.append`."""
        whole = self._folder / f"{self._name}-mended.mkv"
        append(runs, whole, frames=frames, rate=rate, disk_rate=disk_rate)
        self._write({"mended": {**self.known.mended, digest(whole): joined}})
        self.deliver(whole)

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
