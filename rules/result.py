"""What came of titles: put together from what their stages have left, and from what a run has told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto.engine.spent import Spent
from drapto.errors import printable
from drapto.rules.published import output_of
from drapto.rules.run_state import state_of
from drapto.state.results import (
    CrfRange,
    EncodeResult,
    Failure,
    SegmentResult,
    Totals,
    reduction,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from drapto.encoding.record import EncodedSegment
    from drapto.output.model import Validation
    from drapto.project import Project, Title
    from drapto.state.events import ErrorEvent
    from drapto.state.tally import Ran, Tally

UNKNOWN = "unknown"
"""What the cause of a failure is called of which none is known."""


def result_of(project: Project, title: Title, *, ok: bool, skipped: str = "") -> EncodeResult:
    """Return what became of a title, as far as its stages, and the run that works on it, have told.

    Args:
        project: The project.
        title: The title.
        ok: Whether its output is complete and validated.
        skipped: Why it was left alone; empty where it was not.
    """
    from drapto.media.model import SourceInfo
    from drapto.output.model import Validation

    tally = state_of(project).tally
    ran = tally.of(title.name) if tally else None
    spent = tally.spent(title.name) if tally else Spent()
    info = SourceInfo.read_if_whole(title.probe)
    validation = Validation.read_if_whole(title.validation) if ok else None
    pairs = list(_encoded(title))
    records = [record for _, record in pairs]
    source = validation.sizes.source if validation else _size(title)
    output = validation.output_bytes if validation else None
    failures = [_failure(event) for event in ran.failures] if ran else []
    measured = next((one.scores.metric for one in records if one.scores), "")
    return EncodeResult(
        source=title.source,
        output=output_of(title),
        title=title.name,
        ok=ok,
        skipped=skipped,
        errors=tuple(one.message for one in failures),
        failure=failures[0] if failures else None,
        notes=_notes(info.notes if info else (), validation, ran),
        source_bytes=source,
        output_bytes=output,
        reduction=reduction(source, output),
        duration=validation.duration if validation else None,
        frames=validation.frames if validation else None,
        crf=_crf(records),
        target=next((one.target for one in records), None),
        metric=measured,
        score=round(validation.quality.score, 3) if validation and validation.quality else None,
        segments=tuple(_segment(start, record) for start, record in pairs),
        **_taken(ran, spent),
    )


def _taken(ran: Ran | None, spent: Spent) -> dict[str, float | int]:
    """Return what a run took for a title."""
    if ran is None:
        return {}
    return {
        "seconds": round(ran.seconds, 3),
        "fps": round(ran.frames / ran.seconds, 3) if ran.seconds else 0.0,
        "cpu_seconds": round(spent.cpu_seconds, 3),
        "peak_memory": spent.peak,
    }


def _encoded(title: Title) -> Iterator[tuple[float, EncodedSegment]]:
    """Yield when each encoded segment begins, and its record."""
    from drapto.encoding.record import EncodedSegment
    from drapto.video.plan import SegmentPlan

    plan = SegmentPlan.read_if_whole(title.plan)
    for segment in plan.segments if plan else ():
        record = EncodedSegment.read_if_whole(title.encoded / f"{segment.name}.json")
        if record is not None:
            yield segment.start_time, record


def _segment(start: float, record: EncodedSegment) -> SegmentResult:
    score = record.score
    return SegmentResult(
        segment=record.index,
        start=round(start, 3),
        frames=record.frames,
        bytes=record.bytes,
        crf=round(record.crf, 3),
        metric=record.scores.metric if record.scores else "",
        score=None if score is None else round(score, 3),
        attempts=record.attempts,
        cpu_seconds=round(record.search_cpu_seconds or record.cpu_seconds, 3),
    )


def _crf(records: Sequence[EncodedSegment]) -> CrfRange | None:
    if not records:
        return None
    frames = sum(one.frames for one in records)
    mean = sum(one.crf * one.frames for one in records) / frames
    crfs = [round(one.crf, 3) for one in records]
    return CrfRange(lowest=min(crfs), highest=max(crfs), mean=round(mean, 3))


def _failure(event: ErrorEvent) -> Failure:
    return Failure(
        stage=event.stage,
        part=event.part,
        cause=event.cause,
        message=printable(event.message),
        remedy=event.remedy,
    )


def _notes(of_source: Sequence[str], validation: Validation | None, ran: Ran | None) -> tuple[str, ...]:
    differing = validation.differing if validation else ()
    found = [
        *of_source,
        *(validation.notes if validation else ()),
        *(f"differs: {check.said}" for check in differing),
        *((*ran.notes, *ran.hooks) if ran else ()),
    ]
    return tuple(dict.fromkeys(printable(note) for note in found))


def _size(title: Title) -> int | None:
    try:
        return title.source.stat().st_size
    except OSError:
        return None


def totals(titles: Sequence[EncodeResult], tally: Tally | None = None) -> Totals:
    """Return what titles come to, taken together; what the run that was counted took, where one was."""
    done = [one for one in titles if one.ok]
    failed = [one for one in titles if one.failure is not None and not one.ok]
    seconds = tally.seconds if tally else sum(one.seconds for one in titles)
    ran = {one.title: one for one in tally.ran} if tally else {}
    frames = sum(one.frames for one in ran.values())
    made = sum(one.duration or 0.0 for one in done if one.title in ran and ran[one.title].validated)
    sizes = [(one.source_bytes or 0, one.output_bytes) for one in done if one.output_bytes is not None]
    source, output = sum(size for size, _ in sizes), sum(size for _, size in sizes)
    causes = [one.failure.cause or UNKNOWN for one in failed if one.failure]
    return Totals(
        titles=len(titles),
        done=len(done),
        failed=len(failed),
        skipped=sum(bool(one.skipped) for one in titles),
        source_bytes=source,
        output_bytes=output,
        reduction=reduction(source, output),
        duration=round(sum(one.duration or 0.0 for one in done), 3),
        seconds=round(seconds, 3),
        frames=frames,
        fps=round(frames / seconds, 3) if seconds else 0.0,
        speed=round(made / seconds, 3) if seconds else 0.0,
        cpu_seconds=round(tally.cpu_seconds if tally else sum(one.cpu_seconds for one in titles), 3),
        peak_memory=max((one.peak_memory for one in titles), default=0),
        causes={cause: causes.count(cause) for cause in dict.fromkeys(causes)},
    )
