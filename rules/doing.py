"""One attempt at a task's action: what it reads is there, unchanged, and of the source that was probed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from drapto.engine.causes import FAILED
from drapto.errors import SourceError, StageError
from drapto.media.model import SourceInfo
from drapto.state.doit_plugins import READ, SAID
from drapto.state.readings import Readings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from drapto.project import Title
    from drapto.rules.work import Work

    Action = Callable[..., str | None]


def do(
    name: str,
    action: Action,
    work: Work,
    arguments: dict[str, Any],
    reads: tuple[Sequence[str], Sequence[str]],
) -> dict[str, Any]:
    """Run a rule's action once; return what came of it, and the states of what it read, as it began.

    Args:
        name: The task's name.
        action: The action.
        work: Its surroundings.
        arguments: Further arguments for it.
        reads: What it reads, from the project directory; and what it reads besides, for its records.

    Raises:
        DraptoError: It failed, or what it read is not what it was.
        OSError: It cannot be read.
    """
    # whole, before any part of it: two threads that begin with two of its parts each get half of the other's
    import av  # noqa: F401

    paths = {one: os.path.join(work.project.root, one) for one in reads[0]}  # noqa: PTH118  pathlib is slow
    readings = Readings(paths.values(), work.state.fingerprints, more=reads[1])
    _require_probed(readings, name, work.title)
    said = action(work, **arguments)
    _require_unchanged(readings, work.title)
    return {SAID: said or "", READ: {one: readings.states[path] for one, path in paths.items()}}


def _require_probed(readings: Readings, name: str, title: Title) -> None:
    """Refuse a source that is no longer the one that was probed: picture and sound would be of two films."""
    state = readings.states.get(str(title.film))
    if state is None or name.startswith("probe:"):
        return
    info = SourceInfo.read_if_whole(title.probe)
    if info is not None and info.digest != state[-1]:
        remedy = "run again, and leave it alone meanwhile"
        raise SourceError("has changed since it was probed", path=title.source, remedy=remedy)


def _require_unchanged(readings: Readings, title: Title) -> None:
    """Refuse what was made of a file that is not there any more as it was: nobody knows what was read."""
    for path in readings.changed():
        remedy = "run again, and leave it alone meanwhile"
        error = StageError("changed while it was read", path=path, remedy=remedy)
        if path.startswith(f"{title.work}{os.sep}"):
            error.cause = FAILED.name  # it was found broken, and made again: what reads it does so once more
        raise error
