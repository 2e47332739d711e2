"""subtitles: subtitle tracks, copied out of the source once, and those of files beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drapto.errors import printable
from drapto.media.model import SourceInfo
from drapto.rules.run_state import state_of
from drapto.rules.stage import Known, Stage
from drapto.rules.task import Rule, task
from drapto.rules.tracks import chosen
from drapto.words import count_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from doit.task import Task

    from drapto.media.sidecars import Sidecar
    from drapto.project import Project, Title
    from drapto.rules.work import Work
    from drapto.state.fingerprint import Fingerprints


def tasks(project: Project, title: Title, known: Known) -> Iterator[Task]:
    """Yield the task that copies a title's subtitles, where it has any."""
    found, choice = sidecars(project, title), chosen(project, known.probed)
    if target(title, choice.info, found) is not None:
        kept = [track.index for track in choice.info.subtitles]
        # only where some are left out: what was copied before there was a choice stays so
        streams = {"streams": kept} if len(kept) < len(known.probed.subtitles) else {}
        rule = Rule(
            STAGE.name,
            build,
            settings={**settings(found), **streams},
            file_dep=[title.film, title.probe, *files(found)],
            targets=[title.subtitles],
            arguments={"sidecars": found},
        )
        yield task(project, title, rule)


def sidecars(project: Project, title: Title) -> tuple[Sidecar, ...]:
    """Return the subtitle files beside a title's source that are taken along."""
    if title.range is not None:
        return ()  # they are timed by the whole film
    if not (project.config.input.sidecar_subtitles and title.source.parent.is_dir()):
        return ()
    from drapto.media.sidecars import find_sidecars

    return find_sidecars(title.source)


def files(found: Sequence[Sidecar]) -> list[Path]:
    """Return all that subtitle files consist of."""
    return [path for sidecar in found for path in sidecar.files]


def settings(found: Sequence[Sidecar]) -> dict[str, Any]:
    """Return what the names of subtitle files say; nothing where there are none."""
    return {"sidecars": [_named(sidecar) for sidecar in found]} if found else {}


def shapes(project: Project, title: Title, info: SourceInfo) -> list[dict[str, Any]] | None:
    """Return what comes from files beside the source, by their content; None where nothing does."""
    del info
    known, found = state_of(project).fingerprints, sidecars(project, title)
    shaped = [{**_named(one), "content": [_content(known, path) for path in one.files]} for one in found]
    return shaped or None


def _named(sidecar: Sidecar) -> dict[str, Any]:
    # a name may hold bytes that are no text
    return {
        "name": printable(sidecar.path.name),
        "language": sidecar.language,
        "title": printable(sidecar.title) if sidecar.title else None,
        "flags": list(sidecar.dispositions),
    }


def _content(state: Fingerprints, path: Path) -> str | None:
    try:
        return state.of(path)
    except OSError:
        return None  # its task says so; raised here, it would end the run for all titles


def target(title: Title, info: SourceInfo, found: Sequence[Sidecar]) -> Path | None:
    """Return the file that they are copied to, None where there is nothing to copy."""
    return title.subtitles if info.subtitles or found else None


def build(work: Work, *, sidecars: Sequence[Sidecar]) -> str:
    """Copy them."""
    from drapto.output.subtitles import copy_subtitles

    title = work.title
    info = chosen(work.project, SourceInfo.read(title.probe)).info
    work.run(
        copy_subtitles,
        source=title.film,
        info=info,
        target=title.subtitles,
        context=work.context,
        sidecars=sidecars,
    )
    more = f", {count_text(len(sidecars), 'file')} beside the source" if sidecars else ""
    return count_text(len(info.subtitles), "subtitle") + more


STAGE = Stage(
    "subtitles",
    "subtitles, copied",
    needs="probe",
    tasks=tasks,
    after=("probe",),
    makes=r"subtitles\.mkv",
    shapes=shapes,
    large=("subtitles.mkv",),
)
