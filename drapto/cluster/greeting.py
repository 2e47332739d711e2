"""What a worker has to show before it is used: that it sees the run's files, and makes the same bytes."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Any

from drapto.cluster import trial
from drapto.engine import atomic
from drapto.versions import versions_of

if TYPE_CHECKING:
    from pathlib import Path

MIX = "or set engine.dask.mixed = true to let them differ"


class Greeting:
    """The questions, and the answers that are right.

    Args:
        folder: A directory on the shared disk; None where files are sent.
        ffmpeg: The run's own ffmpeg.
        memory: The file that remembers its versions.
        wanted: What is encoded on trial (`trial.asked`).
        mixed: Whether other versions, and other bytes, are taken.

    Attributes:
        versions: Of this machine, by the programs' names; None where others are taken.

    Raises:
        ToolFailedError: This machine's own ffmpeg fails at what the workers are held against.
    """

    patience = 300.0
    """Seconds for all answers: a trial encode on a busy machine takes some."""

    remedy = "see docs/cluster.md, and run again"

    def __init__(
        self, folder: Path | None, ffmpeg: Path, memory: Path, wanted: dict[str, Any], *, mixed: bool
    ) -> None:
        self._folder = folder
        self._wanted = wanted
        self._mixed = mixed
        self._nonce = secrets.token_hex(16)
        self._name = f"nonce-{secrets.token_hex(6)}"
        if folder is not None:
            atomic.write_text(folder / self._name, self._nonce)
        # now, and not when a worker answers: by then nobody waits who could be told that it failed
        self.versions = None if mixed else versions_of(ffmpeg, memory).model_dump()
        self._trial = "" if mixed else trial.encoded(ffmpeg, wanted)

    def asked(self) -> dict[str, Any]:
        """Return the questions (`drapto.cluster.tasks.introduce`)."""
        return {
            "folder": "" if self._folder is None else str(self._folder),
            "nonce": self._name,
            "trial": None if self._mixed else self._wanted,
        }

    def problem(self, answer: dict[str, Any]) -> str:
        """Return why a worker is not to be used, to follow its name; empty where it is."""
        if self._folder is not None and not self._is_shared(answer):
            said = answer.get("problem", "another content")
            remedy = 'mount it there at the same path, or set engine.transfer = "push"'
            return f"does not see {self._folder} ({said}): {remedy}"
        if "problem" in answer:
            return f"cannot work: {answer['problem']}"
        if self.versions is None:
            return ""
        theirs = answer["versions"]
        for name, version in self.versions.items():
            if theirs.get(name) != version:
                other = theirs.get(name) or "none"
                return f"has {name} {other}, and this machine {version}: install the same, {MIX}"
        if answer.get("trial") != self._trial:
            return f"has the same versions, and encodes a trial to other bytes: leave it out, {MIX}"
        return ""

    def _is_shared(self, answer: dict[str, Any]) -> bool:
        """Return whether a worker has read the file here, and written one that is seen here."""
        if answer.get("nonce") != self._nonce or self._folder is None:
            return False
        name = hashlib.blake2b(str(answer["name"]).encode()).hexdigest()[:16]
        path = self._folder / f"{self._name}.{name}"
        try:
            return path.read_text(encoding="ascii") == self._nonce
        except OSError:
            return False
