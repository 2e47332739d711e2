"""What may be thrown away once a title is finished, and what must stay so that it is known to be."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from drapto.engine.atomic import sweep
from drapto.progress import record
from drapto.project import SOURCE_NOTE
from drapto.rules import probe, validate
from drapto.rules.finished import finished as is_finished
from drapto.rules.replacing import is_replaced
from drapto.rules.run_state import state_of
from drapto.rules.skipping import skip_of
from drapto.rules.stage import stages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from drapto.project import Project, Title


def media_of(title: Title) -> list[Path]:
    """Return the work files of a title that are large: everything but records and logs."""
    return sorted(_media_of(title))


def _media_of(title: Title) -> Iterator[Path]:
    """Yield the same, what is found fastest first."""
    patterns = [pattern for stage in reversed(stages()) for pattern in stage.large]
    for pattern in sorted(patterns, key=lambda one: ("*" in one, one.count("/"))):
        yield from title.work.glob(pattern)


def is_dropped(project: Project, title: Title) -> bool:
    """Return whether a finished title's media work files are gone, or are to go.

    A run that is killed while it removes them leaves some, which are then no sign that the rest is missed.
    """
    return not project.config.processing.keep_work or next(_media_of(title), None) is None


def drop(title: Title) -> list[Path]:
    """Remove a title's media work files; the records stay, so that it is known to be finished."""
    removed = media_of(title)
    for path in removed:
        path.unlink(missing_ok=True)
    for folder in {path.parent for path in removed} - {title.work}:
        if not any(folder.iterdir()):
            folder.rmdir()
    return removed


def after(project: Project, title: str, stage: str) -> None:
    """Clean up when a title's last stage has succeeded, where the settings say so."""
    if stage == validate.STAGE.name and not project.config.processing.keep_work:
        for candidate in project.titles:
            if candidate.name == title:
                drop(candidate)


def finished_titles(project: Project) -> list[Title]:
    """Return the titles that nothing is to be done for: published as all is now, or skipped."""
    finished = []
    for title in project.titles:
        own, info = project.of(title), probe.fresh(project, title)
        if is_replaced(own, title) or (
            info is not None and (is_finished(own, title, info) or skip_of(own, title, info) is not None)
        ):
            finished.append(title)
    return finished


def drop_finished(project: Project) -> None:
    """Clean up after titles that a killed run finished, where the settings say so."""
    if not project.config.processing.keep_work:
        for title in finished_titles(project):
            drop(title)


OWN = ("made.jsonl", "probe.json", "encode_data")
"""What besides the note of its source shows that a directory is a title's: a stranger's is not removed."""


def others(project: Project) -> list[Path]:
    """Return the work directories of titles that are none of the project's: those of `drapto encode`."""
    own = {title.work for title in project.titles}
    found = [note.parent for note in sorted(project.work_dir.glob(f"*/{SOURCE_NOTE}"))]
    return [
        one
        for one in found
        if one not in own and not one.is_symlink() and any((one / name).exists() for name in OWN)
    ]


def clean(project: Project, *, everything: bool, of_others: bool = False) -> list[Path]:
    """Remove work files; return what was removed. Sources and outputs are never touched.

    Args:
        project: The project.
        everything: Remove all work, of unfinished titles too, and the state where no other title is left;
            else only what finished titles no longer need to be known as finished.
        of_others: Remove the work of titles that are none of the project's, too, with ``everything``.

    Raises:
        LockedError: A run works in the project.
    """
    lock = state_of(project).lock
    lock.acquire()
    try:
        if not everything:
            return [path for title in finished_titles(project) for path in [*drop(title), *sweep(title.work)]]
        removed = [title.work for title in project.titles if title.work.exists()]
        removed += others(project) if of_others else []
        for path in removed:
            shutil.rmtree(path)
        if others(replace(project, titles=())):  # what is known of those is still needed
            for title in project.titles:
                record.forget_failure(project.state_dir, title.name)
            return removed
        shutil.rmtree(project.state_dir, ignore_errors=True)
    finally:
        lock.release()
    return [*removed, project.state_dir]
