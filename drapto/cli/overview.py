"""How far the titles of a project are, as values: what `drapto status` prints."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from drapto.cli.plan import plain
from drapto.errors import printable
from drapto.state.encode_data import PROGRESS, ProgressRecord, summarise
from drapto.state.ledger import read_record
from drapto.words import count_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from drapto.project import Project, Title
    from drapto.rules import PlannedTask
    from drapto.state.encode_data import SegmentRecord

State = Literal["running", "waiting", "failed", "skipped", "stale", "partly", "todo", "done"]


@dataclass(frozen=True)
class StageOverview:
    """A stage of a title: how many of its tasks are up to date; ``done``, ``partly`` or ``todo``."""

    name: str
    state: State
    done: int
    tasks: int


@dataclass(frozen=True)
class Now:
    """What is known of a project besides its graph: its run, its failures, settings of single runs.

    Attributes:
        running: What the run that works now says of each title; empty where none does.
        failures: The last failure of each title that has not succeeded since.
        as_given: Titles that are finished as one run was given them, each with these settings as text.
        extra: The stages without which a title is finished.
    """

    running: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    failures: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    as_given: Mapping[str, str] = field(default_factory=dict)
    extra: frozenset[str] = frozenset()


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
        shown: What people call it: its source's name.
        source, output: The files.
        output_bytes: The finished file's size; None where it is not there.
        state: ``running``; ``waiting`` in a run that works now; ``failed``; ``skipped``; ``stale``, as
            something that it was made from has changed; ``partly`` done; ``todo``; ``done``.
        why: Why it failed, what has changed, or with which settings of one run it was finished; else empty.
        at: When it failed, ISO 8601; else empty.
        fraction: How much of its work is done, 0 to 1; None where no run works on it.
        seconds_left: Until it is finished; None where that is not known.
        waits_for: What it waits for, where it does; empty else.
        stages: In the order of the graph.
        segments: None where nothing is known of them yet.
        skipped: Why it is left alone, and what to do to have it encoded; empty where it is not.
    """

    title: str
    shown: str
    source: str
    output: str
    output_bytes: int | None
    state: State
    why: str
    at: str
    fraction: float | None
    seconds_left: float | None
    waits_for: str
    stages: tuple[StageOverview, ...]
    segments: SegmentsOverview | None
    skipped: str = ""


def overview(
    project: Project,
    tasks: Iterable[PlannedTask],
    skips: Mapping[str, str] = MappingProxyType({}),
    now: Now | None = None,
) -> list[TitleOverview]:
    """Return how far each title is.

    Args:
        project: The project.
        tasks: Its plan (`rules.explain`).
        skips: Why titles are left alone (`rules.skips`), by their names.
        now: What is known besides.
    """
    by_title: dict[str, list[PlannedTask]] = {title.name: [] for title in project.titles}
    for task in tasks:
        by_title[task.title].append(task)
    known = now or Now()
    return [_title(title, by_title[title.name], skips.get(title.name, ""), known) for title in project.titles]


def _title(title: Title, tasks: Sequence[PlannedTask], skipped: str, now: Now) -> TitleOverview:
    running = now.running.get(title.name, {})
    state, why, at = _state_of(title, tasks, skipped, now)
    fraction, left = running.get("fraction"), running.get("seconds_left")
    return TitleOverview(
        title=title.name,
        shown=printable(title.source.stem),
        source=printable(title.source),
        output=printable(title.output),
        output_bytes=title.output.stat().st_size if title.output.is_file() else None,
        state=state,
        why=printable(why),
        at=at,
        fraction=fraction if isinstance(fraction, int | float) else None,
        seconds_left=left if isinstance(left, int | float) else None,
        waits_for=_waits_for(running) if state == "waiting" else "",
        stages=_stages(tasks),
        segments=_segments(title),
        skipped=skipped,
    )


def _state_of(title: Title, tasks: Sequence[PlannedTask], skipped: str, now: Now) -> tuple[State, str, str]:
    """Return a title's state, why it is that, and since when, as far as there is something to say."""
    tasks = [task for task in tasks if task.stage not in now.extra]
    left = [task for task in tasks if task.action == "run"]
    failure = now.failures.get(title.name)
    if skipped:
        return "skipped", "", ""
    if title.name in now.running:
        return ("running" if now.running[title.name].get("state") == "running" else "waiting"), "", ""
    if failure is not None and left:
        place = str(failure.get("stage", ""))
        return "failed", f"{place}: {failure.get('error', '')}", str(failure.get("at", ""))
    if title.name in now.as_given:
        return "done", f"as made with {now.as_given[title.name]}", ""
    changed = [reason for task in left for reason in task.reasons if reason.kind == "changed"]
    if changed:
        return "stale", plain(changed[0]), ""
    return _state(len(tasks) - len(left), len(tasks)), "", ""


def _waits_for(running: Mapping[str, Any]) -> str:
    """Return what a title of a run waits for, in a few words."""
    stages = running.get("stages")
    found = (
        {str(one.get("waits_for", "")) for one in stages if isinstance(one, dict)}
        if isinstance(stages, list)
        else set()
    )
    return ", ".join(sorted(found - {""})) or "its turn"


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
    return "partly" if done else "todo"


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
