"""How far off the remaining time is that a run tells, by what it writes to ``--events``."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bench.timing import timed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PRESET = 10

FROM = 0.25
"""The part of a run's work from which what is told is held against what came."""

Options = tuple[str, ...]


@dataclass(frozen=True)
class Told:
    """What a run has told of its end.

    Attributes:
        kind: What was encoded.
        learnt: Whether something of the kind was encoded on this machine before.
        seconds: How long the run took, from its first event to its last.
        errors: From a quarter of its work on, each report's distance from the true end, over `seconds`.
        nothing: How often it told that less than half a second was left, while more than 3 s were.
    """

    kind: str
    learnt: bool
    seconds: float
    errors: list[float]
    nothing: int

    @property
    def mean(self) -> float:
        """The mean error, percent of the run."""
        return 100 * statistics.mean(self.errors) if self.errors else 100.0

    @property
    def worst(self) -> float:
        """The 95th percentile, percent."""
        ordered = sorted(self.errors)
        return 100 * ordered[int(0.95 * (len(ordered) - 1))] if ordered else 100.0


def read(events: Path, kind: str, *, learnt: bool) -> Told:
    """Return what a run has told, from its events."""
    lines = [json.loads(line) for line in events.read_text(encoding="utf-8").splitlines()]
    times = [datetime.fromisoformat(line["time"]).timestamp() for line in lines]
    began, ended = times[0], times[-1]
    whole = ended - began
    errors, nothing = [], 0
    for at, line in zip(times, lines, strict=True):
        if line["event"] != "queue_progress" or at - began < FROM * whole:
            continue
        left = line["seconds_left"]
        errors.append(1.0 if left is None else abs(at + left - ended) / whole)
        nothing += left is not None and left < 0.5 and ended - at > 3  # noqa: PLR2004  as `Told` says
    return Told(kind, learnt, whole, errors, nothing)


def measure(folder: Path, clips: Sequence[tuple[str, Sequence[Path], Options]], *, rounds: int) -> list[Told]:
    """Encode each kind of title several times; the first time, nothing is known of this machine.

    Args:
        folder: Where to work.
        clips: The kinds: what each is called, its sources, and the options that it is encoded with.
        rounds: How often.
    """
    shutil.rmtree(folder, ignore_errors=True)
    found = []
    for number, (kind, sources, options) in enumerate(clips):
        state = folder / f"state-{number}"
        for turn in range(rounds):
            place = folder / f"{number}-{turn}"
            place.mkdir(parents=True)
            os.environ["XDG_STATE_HOME"] = str(state)
            command: list[str | Path] = [sys.executable, "-m", "drapto", "encode", *sources, "-o", "out"]
            command += ["--preset", str(PRESET), "--events", "events.ndjson", *options]
            timed(command, place)
            found.append(read(place / "events.ndjson", kind, learnt=turn > 0))
    return found
