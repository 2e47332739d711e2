"""What the runs of a project have done: a line of JSON for each, in a file that only grows, up to a limit.

The older half of a long file is set aside, and dropped in the end. A line that is damaged, by a power cut or
by hand, costs itself alone.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from drapto.about import VERSION
from drapto.engine.document import Model
from drapto.engine.logs import write_log
from drapto.state.results import Failure, ShownPath, Totals, reduction

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

FILE = "history.ndjson"

LIMIT = 4 << 20
"""Bytes from which the file is set aside as ``history.ndjson.1``, in place of the one before. A run that
works on one title writes 1 kB."""

Outcome = Literal["done", "failed", "skipped", "unfinished"]


class TitleRun(Model):
    """What one run did for one title.

    Attributes:
        title: The title's name.
        source: The source.
        outcome: ``done``, ``failed``, ``skipped``, or ``unfinished``: the run ended before.
        source_bytes, output_bytes: The sizes; None where they are not known.
        reduction: How much smaller than its source the output is, 0.4 for 40 %.
        duration: How long the output plays, seconds.
        seconds: Wall-clock seconds.
        frames: How many frames were encoded.
        fps: Frames for each second.
        speed: Seconds of film for each second; 0 where it was not finished.
        cpu_seconds: Processor seconds of the programs that ran for it on this machine.
        peak_memory: The most memory that one of these held, bytes.
        skipped: Why it was left alone.
        failure: Why it failed.
    """

    title: str
    source: ShownPath
    outcome: Outcome
    source_bytes: int | None = None
    output_bytes: int | None = None
    reduction: float | None = None
    duration: float | None = None
    seconds: float = 0.0
    frames: int = 0
    fps: float = 0.0
    speed: float = 0.0
    cpu_seconds: float = 0.0
    peak_memory: int = 0
    skipped: str = ""
    failure: Failure | None = None


class Run(Model):
    """A line of the file.

    Attributes:
        v: The version of its layout.
        drapto: drapto's version.
        time: When the run began, ISO 8601, UTC.
        interrupted: Whether it was ended from outside.
        titles: Those that it worked on.
        totals: These together.
    """

    v: Literal[1] = 1
    drapto: str = VERSION
    time: str
    interrupted: bool = False
    titles: tuple[TitleRun, ...]
    totals: Totals


class TitleTotals(TitleRun):
    """What all runs did for a title: its last outcome, its last sizes, and the sums of what it took.

    Attributes:
        runs: How many runs worked on it.
        failures: In how many of them it failed.
    """

    runs: int
    failures: int


class History(Model):
    """What all runs that are remembered have done.

    Attributes:
        runs: The latest, the last of them last.
        titles: Each title over all runs, in the order in which they were first worked on.
        totals: All of these together.
        damaged: How many lines of the file cannot be read.
    """

    v: Literal[1] = 1
    runs: tuple[Run, ...]
    titles: tuple[TitleTotals, ...]
    totals: Totals
    damaged: int = 0


def append(folder: Path, run: Run) -> None:
    """Write a run down.

    Args:
        folder: The project's state directory.
        run: What it did.

    Raises:
        OSError: It cannot be written.
    """
    path = folder / FILE
    # behind one that was cut off, a line begins anew
    begin = "" if _ends_well(path) else "\n"
    write_log(path, f"{begin}{run.model_dump_json()}\n", limit=LIMIT, private=True)


def _ends_well(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            if file.seek(0, os.SEEK_END) == 0:
                return True
            file.seek(-1, os.SEEK_END)
            return file.read() == b"\n"
    except FileNotFoundError:
        return True


def read(folder: Path, latest: int | None = None) -> History:
    """Return what is remembered of a project's runs.

    Args:
        folder: The project's state directory.
        latest: How many runs are wanted one by one; all by default. The totals are over all.
    """
    runs, damaged = [], 0
    for line in _lines(folder):
        try:
            runs.append(Run.model_validate_json(line))
        except ValidationError:
            damaged += 1
    titles = _by_title(runs)
    kept = runs if latest is None else runs[len(runs) - min(latest, len(runs)) :]
    return History(runs=tuple(kept), titles=titles, totals=_over_all(runs, titles), damaged=damaged)


def _lines(folder: Path) -> Iterator[bytes]:
    for name in (f"{FILE}.1", FILE):
        with contextlib.suppress(FileNotFoundError), (folder / name).open("rb") as file:
            yield from (line for line in file if line.strip())


def _by_title(runs: Sequence[Run]) -> tuple[TitleTotals, ...]:
    parts: dict[str, list[TitleRun]] = {}
    for run in runs:
        for one in run.titles:
            parts.setdefault(str(one.source), []).append(one)
    return tuple(_together(those) for those in parts.values())


def _together(parts: Sequence[TitleRun]) -> TitleTotals:
    """Return what several runs did for one title."""
    last = parts[-1]
    made = next((one for one in reversed(parts) if one.outcome == "done"), last)
    seconds, frames = sum(one.seconds for one in parts), sum(one.frames for one in parts)
    return TitleTotals(
        **last.model_dump(
            exclude={"source_bytes", "output_bytes", "reduction", "duration", "seconds", "frames"}
            | {"fps", "speed", "cpu_seconds", "peak_memory"}
        ),
        source_bytes=made.source_bytes,
        output_bytes=made.output_bytes,
        reduction=made.reduction,
        duration=made.duration,
        seconds=round(seconds, 3),
        frames=frames,
        fps=_rate(frames, seconds),
        speed=_rate(made.duration or 0.0, seconds),
        cpu_seconds=round(sum(one.cpu_seconds for one in parts), 3),
        peak_memory=max(one.peak_memory for one in parts),
        runs=len(parts),
        failures=sum(one.outcome == "failed" for one in parts),
    )


def _over_all(runs: Sequence[Run], titles: Sequence[TitleTotals]) -> Totals:
    """Return all titles together: sizes by their last outcome, what they took over all runs."""
    done = [one for one in titles if one.outcome == "done"]
    source, output = sum(one.source_bytes or 0 for one in done), sum(one.output_bytes or 0 for one in done)
    seconds, frames = sum(run.totals.seconds for run in runs), sum(run.totals.frames for run in runs)
    duration = sum(one.duration or 0.0 for one in done)
    causes: dict[str, int] = {}
    for run in runs:
        for cause, number in run.totals.causes.items():
            causes[cause] = causes.get(cause, 0) + number
    return Totals(
        titles=len(titles),
        done=len(done),
        failed=sum(one.outcome == "failed" for one in titles),
        skipped=sum(one.outcome == "skipped" for one in titles),
        source_bytes=source,
        output_bytes=output,
        reduction=reduction(source, output),
        duration=round(duration, 3),
        seconds=round(seconds, 3),
        frames=frames,
        fps=_rate(frames, seconds),
        speed=_rate(duration, seconds),
        cpu_seconds=round(sum(run.totals.cpu_seconds for run in runs), 3),
        peak_memory=max((run.totals.peak_memory for run in runs), default=0),
        causes=causes,
    )


def _rate(made: float, seconds: float) -> float:
    return round(made / seconds, 3) if seconds else 0.0
