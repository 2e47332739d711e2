"""How far the titles of a project are, as values: what `drapto status` prints."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from drapto.errors import printable
from drapto.state.encode_data import PROGRESS, ProgressRecord, summarise
from drapto.state.ledger import read_record
from drapto.words import count_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from drapto.project import Project, Title
    from drapto.rules import PlannedTask
    from drapto.state.encode_data import SegmentRecord

State = Literal["done", "partly", "waiting", "skipped"]


@dataclass(frozen=True)
class StageOverview:
    """A stage of a title: how many of its tasks are up to date."""

    name: str
    state: State
    done: int
    tasks: int


@dataclass(frozen=True)
class SegmentsOverview:
    """The segments of a title, as ``encode_data`` has them.

    Attributes:
        total, completed, failed: How many.
        progress: Percent of the frames.
        current: The number of the one that was started last and is running; None where none is.
        errors: What failed, a line each.
        attempts: Which segments took more than one attempt, and why, a line each.
        places: Which segments run where, a line for each machine of a cluster.
    """

    total: int
    completed: int
    failed: int
    progress: float
    current: int | None
    errors: tuple[str, ...]
    attempts: tuple[str, ...] = ()
    places: tuple[str, ...] = ()


@dataclass(frozen=True)
class TitleOverview:
    """A title.

    Attributes:
        title: Its name.
        source, output: The files.
        output_bytes: The finished file's size; None where it is not there.
        state: ``done`` where every stage is, ``partly`` where some are.
        stages: In the order of the graph.
        segments: None where nothing is known of them yet.
        skipped: Why it is left alone, and what to do to have it encoded; empty where it is not.
    """

    title: str
    source: str
    output: str
    output_bytes: int | None
    state: State
    stages: tuple[StageOverview, ...]
    segments: SegmentsOverview | None
    skipped: str = ""


def overview(
    project: Project, tasks: Iterable[PlannedTask], skips: Mapping[str, str] = MappingProxyType({})
) -> list[TitleOverview]:
    """Return how far each title is.

    Args:
        project: The project.
        tasks: Its plan (`rules.explain`).
        skips: Why titles are left alone (`rules.skips`), by their names.
    """
    by_title: dict[str, list[PlannedTask]] = {title.name: [] for title in project.titles}
    for task in tasks:
        by_title[task.title].append(task)
    return [_title(title, by_title[title.name], skips.get(title.name, "")) for title in project.titles]


def _title(title: Title, tasks: Sequence[PlannedTask], skipped: str) -> TitleOverview:
    return TitleOverview(
        title=title.name,
        source=printable(title.source),
        output=printable(title.output),
        output_bytes=title.output.stat().st_size if title.output.is_file() else None,
        state="skipped" if skipped else _state(_done(tasks), len(tasks)),
        stages=_stages(tasks),
        segments=_segments(title),
        skipped=skipped,
    )


def _done(tasks: Sequence[PlannedTask]) -> int:
    return sum(task.action == "up-to-date" for task in tasks)


def _stages(tasks: Sequence[PlannedTask]) -> tuple[StageOverview, ...]:
    total = Counter(task.stage for task in tasks)
    done = Counter(task.stage for task in tasks if task.action == "up-to-date")
    return tuple(
        StageOverview(name, _state(done[name], total[name]), done[name], total[name]) for name in total
    )


def _state(done: int, total: int) -> State:
    if done == total:  # of a title that took its source's place, nothing is to be done
        return "done"
    return "partly" if done else "waiting"


def _segments(title: Title) -> SegmentsOverview | None:
    record = read_record(title.encode_data)
    progress = ProgressRecord.read_if_whole(title.encode_data / PROGRESS)
    if record is not None:  # what it says has waited for the disk
        progress = summarise(record, {} if progress is None else progress.running)
    if progress is None:
        return None
    errors = () if record is None else tuple(one.error for one in record.segments if one.error is not None)
    return SegmentsOverview(
        total=progress.total_segments,
        completed=progress.segments_completed,
        failed=progress.segments_failed,
        progress=progress.total_progress,
        current=progress.current_segment,
        errors=errors,
        attempts=() if record is None else tuple(_attempts(record.segments)),
        places=() if record is None else tuple(_places(record.segments)),
    )


def _attempts(segments: Iterable[SegmentRecord]) -> Iterator[str]:
    """Yield what went wrong with the segments on the way, a line each."""
    for one in segments:
        if one.history:
            causes = Counter(attempt.cause or "failed" for attempt in one.history)
            said = ", ".join(f"{cause} ({count})" if count > 1 else cause for cause, count in causes.items())
            last = f"{one.history[-1].at:%Y-%m-%d %H:%M}"
            yield f"segment {one.index}: {count_text(one.attempts, 'attempt')}, of which: {said}; last {last}"


def _places(segments: Iterable[SegmentRecord]) -> Iterator[str]:
    """Yield which segments are encoded on which machine of a cluster, a line each."""
    found: dict[str, list[int]] = {}
    for one in segments:
        if one.status == "encoding" and one.where:
            found.setdefault(one.where, []).append(one.index)
    for name, numbers in sorted(found.items()):
        listed = ", ".join(map(str, numbers))
        yield f"{name} encodes {'segment' if len(numbers) == 1 else 'segments'} {listed}"
