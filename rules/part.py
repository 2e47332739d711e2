"""range: the part of a source that is encoded, cut out of it; only where the settings want a part alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drapto.config.span import read_span
from drapto.engine.document import Document
from drapto.engine.needs import DiskNeed, Needs
from drapto.rules.run_state import state_of
from drapto.rules.stage import Known, Stage
from drapto.rules.task import Rule, task
from drapto.words import clock_text, count_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from doit.task import Task

    from drapto.media.model import SourceInfo
    from drapto.project import Project, Title
    from drapto.rules.work import Work


class CutPart(Document):
    """What was cut out of a source (``range.json``).

    Attributes:
        source: The source's content digest.
        wanted: The part that was asked for, as `settings` has it.
        digest: The content digest of what was cut out.
        since, until: When it begins and ends in the source, seconds; None: with the source.
        frames: How many frames it has.
    """

    source: str
    wanted: tuple[float, float | None]
    digest: str
    since: float
    until: float | None
    frames: int

    @property
    def said(self) -> str:
        """What of the source it is."""
        end = "the end" if self.until is None else clock_text(self.until)
        return f"{clock_text(self.since)} to {end} of the source, {count_text(self.frames, 'frame')}"


def is_part(title: Title) -> bool:
    """Return whether a part of a title's source alone is encoded."""
    return title.range is not None


def content_of(title: Title) -> Path:
    """Return the file that says what the content of what is encoded is: of a part its record.

    That stays where the part itself is removed; who depends on it reads the part besides.
    """
    return title.range_record if is_part(title) else title.source


def besides(title: Title) -> tuple[Path, ...]:
    """Return what is read, where that is not `content_of` itself."""
    return (title.film,) if is_part(title) else ()


def tasks(project: Project, title: Title, known: Known) -> Iterator[Task]:
    """Yield the task that cuts a title's part out."""
    del known
    rule = Rule(
        STAGE.name,
        build,
        settings=settings(title),
        file_dep=[title.source],
        targets=[title.range_record, title.film],
        document=CutPart,
    )
    yield task(project, title, rule)


def settings(title: Title) -> dict[str, Any]:
    """Return what cutting reads of the settings, however it was written there."""
    return {"range": list(read_span(title.range or ""))}


def record(title: Title) -> CutPart | None:
    """Return what is recorded of a title's part; None where nothing is, or all of the source is encoded."""
    return CutPart.read_if_whole(title.range_record) if is_part(title) else None


def digest(project: Project, title: Title) -> str | None:
    """Return the content digest of what is encoded of a title, as its source and the settings are now.

    It is known of a part also where that has been removed. None: it has to be cut out first.

    Raises:
        OSError: The source cannot be read.
    """
    content: str = state_of(project).fingerprints.of(title.source)
    if not is_part(title):
        return content
    cut = record(title)
    if cut is None or cut.source != content or [*cut.wanted] != settings(title)["range"]:
        return None
    return cut.digest


def notes(title: Title) -> tuple[str, ...]:
    """Return what has to be known to read the finished file's checks."""
    cut = record(title)
    return () if cut is None else (f"this is a part of the film: {cut.said}",)


def shapes(project: Project, title: Title, info: SourceInfo) -> dict[str, Any] | None:
    """Return what shapes the finished file: what was really cut out."""
    del project
    cut = record(title)
    return None if cut is None or cut.digest != info.digest else {"since": cut.since, "until": cut.until}


def build(work: Work) -> str:
    """Cut it out."""
    from drapto.media.cut import cut
    from drapto.media.matroska.container import require_matroska
    from drapto.media.matroska.part import Wanted
    from drapto.media.sidecars import find_sidecars

    title, span = work.title, read_span(work.title.range or "")
    title.claim(work.project.root)
    require_matroska(title.source)
    room = DiskNeed(title.work, title.source.stat().st_size if span.end is None else 0, "this title's part")
    taken = work.run(
        cut,
        Needs(disk=(room,)),
        source=title.source,
        target=title.film,
        wanted=Wanted(span.start, span.end),
        disk_rate=work.context.disk_rate,
    )
    made = CutPart(
        source=work.state.fingerprints.of(title.source),
        wanted=tuple(span),
        digest=work.state.fingerprints.of(title.film),
        since=round(taken.since, 9),
        until=None if taken.until is None else round(taken.until, 9),
        frames=taken.frames,
    ).write(title.range_record)
    beside = work.project.config.input.sidecar_subtitles and find_sidecars(title.source)
    more = "\nsubtitle files beside the source are left out: they are timed by all of it" if beside else ""
    return f"{made.said}, for {title.range}{more}"


STAGE = Stage(
    "range",
    "the part of each source that is encoded, cut out of it",
    needs="source",
    tasks=tasks,
    shapes=shapes,
    large=("range.mkv",),
    applies=is_part,
)
