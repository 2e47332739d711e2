"""What a check finds broken is made again, once, by the stage that made it.

A memory that flips a bit, a disk that loses a block or a tool that ends well over half a file leaves a work
file that its task takes for made. The stage that reads it finds that out, and would do so in every run. So
what can be the cause is made again there and then, as its own task would, and the stage is tried once more.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from typing import TYPE_CHECKING, Any

from drapto.engine.causes import of_error
from drapto.engine.private import open_private
from drapto.errors import (
    ArtifactError,
    DraptoError,
    FrameCountError,
    StageError,
    ToolFailedError,
    ValidationError,
)
from drapto.rules.doing import do
from drapto.state.doit_plugins import READ, forget, recall, remember

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from doit.task import Task

    from drapto.rules.work import Work

READERS = ("video", "mux", "validate")
"""Stages that read what others made, and find out what is wrong with it."""

MAKERS = ("encode", "video", "audio", "subtitles", "elements", "mux", "validate")
"""Stages that make what can be made again, at a known cost; the last one by its parts alone."""

OF_SOUND = ("audio", "decode errors")
OF_SUBTITLES = ("subtitle", "attachment")
OF_PICTURE = ("video", "decoded", "field")
"""How the names of checks begin whose failure a part's file can be the cause of."""


def heal(work: Work, place: dict[str, Any], error: DraptoError, began: float) -> list[str]:
    """Make again what a stage found broken; return the names of the tasks that did so.

    Args:
        work: The surroundings.
        place: The stage's task, as events say it.
        error: What it found.
        began: When it began, seconds of the system's clock.
    """
    if place["stage"] not in READERS or not isinstance(error, ArtifactError | StageError | ValidationError):
        return []
    if of_error(error).resource:
        return []  # it is the machine that lacks something; nothing is known of the file
    with _alone(work):
        tasks = {task.name: task for task in work.state.tasks_of(work.title) if _makes(task)}
        suspects = [name for name in _suspects(work, place, error, tasks) if name in tasks]
        if suspects and all(work.state.healed.get(name, 0.0) > began for name in suspects):
            return suspects  # for another one, since this one read it
        if not suspects or any(name in work.state.healed for name in suspects):
            return []
        for name in suspects:
            work.state.healed[name] = float("inf")  # also where it fails
            _remake(work, tasks[name])
        for name in suspects:
            work.state.healed[name] = time.time()
    return suspects


def _makes(task: Task) -> bool:
    meta = task.meta or {}
    return (
        bool(task.actions)
        and meta.get("stage") in MAKERS
        and (meta["stage"] != "validate" or "decode_part" in meta)
    )


def _suspects(work: Work, place: dict[str, Any], error: DraptoError, tasks: dict[str, Task]) -> Iterator[str]:
    """Yield the tasks whose work may be what is broken, in the order of the graph."""
    title = work.title.name
    if isinstance(error, ValidationError):
        yield from _by_checks(error.failed, tasks)
        return
    named = [name for name, task in tasks.items() if _is_made_by(work, error.path, task)]
    if named and place["stage"] != named[0].split(":")[0]:
        yield from named
    elif place["stage"] == "video" and isinstance(error, FrameCountError | ToolFailedError):
        yield from (
            name for name in tasks if name.startswith(f"encode:{title}:") and _is_torn(work, tasks[name])
        )
    elif place["stage"] == "mux" and isinstance(error, ToolFailedError | ArtifactError):
        parts = [name for name in tasks if name.split(":")[0] in {"video", "audio", "subtitles", "elements"}]
        yield from (name for name in parts if _is_torn(work, tasks[name]))


def _by_checks(failed: Sequence[str], tasks: dict[str, Task]) -> Iterator[str]:
    """Yield what makes what the failed checks are about, and then the mux, which all goes through."""

    def any_of(heads: Iterable[str]) -> bool:
        return any(name.startswith(tuple(heads)) for name in failed)

    tracks = [task.meta["track"] for task in tasks.values() if "track" in task.meta]
    for name, task in tasks.items():
        stage = task.meta["stage"]
        if (
            (stage == "video" and any_of(OF_PICTURE))
            or (stage == "subtitles" and any_of(OF_SUBTITLES))
            or (stage == "audio" and any_of((f"audio {tracks.index(task.meta['track'])} ", "decode errors")))
            or stage == "mux"
        ):
            yield name


def _is_made_by(work: Work, path: str | None, task: Task) -> bool:
    return path is not None and path in {os.path.join(work.project.root, one) for one in task.targets}  # noqa: PTH118  as text, like the error's


def _is_torn(work: Work, task: Task) -> bool:
    """Return whether the file that a task made cannot be read to its end, or lacks frames."""
    from drapto.encoding.record import EncodedSegment
    from drapto.output.copies import content_of

    path = work.project.root / task.targets[0]
    try:
        tracks = content_of(path).tracks
    except (ArtifactError, OSError):
        return True
    packets = [track.packets for track in tracks.values()]
    if task.meta["stage"] != "encode":
        return not any(packets)
    record = EncodedSegment.read_if_whole(path.with_suffix(".json"))
    return record is None or packets != [record.frames]


def _remake(work: Work, task: Task) -> None:
    """Run a task's action, and have doit's database know what it made now.

    Raises:
        DraptoError: It failed.
    """
    (called,) = task.actions
    name, action, _, _, arguments, reads, _ = called.args
    database = work.project.database
    row = recall(database, name)
    forget(database, name)
    done = do(name, action, work, arguments, reads)
    values = (row or {}).get("_values_:")
    if row is None or not values or "made" not in values:
        return  # it will be run once more: nothing is known of how it was made
    root = work.project.root
    values["made"] = {path: work.state.fingerprints.state(root / path) for path in values["made"]}
    remember(database, name, row | done[READ])


@contextlib.contextmanager
def _alone(work: Work) -> Iterator[None]:
    """Be the only one that makes things again, among threads and processes."""
    path = work.state.state_dir / "healing"
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = open_private(path)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
