"""How long a run would take, and how large what it makes would be, by what was measured on this machine."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drapto.progress import times
from drapto.progress.estimate import Estimator
from drapto.progress.work import DECODE
from drapto.rules.expected import expected
from drapto.rules.run_state import cpus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from drapto.progress.costs import Costs
    from drapto.progress.work import Key, TitleWork
    from drapto.project import Project, Title
    from drapto.rules.explaining import PlannedTask

ENOUGH = 0.1
"""The part of a title's frames from which the size of those that are encoded tells that of the rest."""


@dataclass(frozen=True)
class Prediction:
    """What is expected of titles.

    Attributes:
        seconds: How long the rest takes, by itself.
        bytes: How large the finished files will be.
        measured: Whether encodes of this kind were measured on this machine.
    """

    seconds: float
    bytes: int
    measured: bool


def predict(
    project: Project, tasks: Iterable[PlannedTask], skips: Mapping[str, str]
) -> tuple[dict[str, Prediction], Prediction | None]:
    """Return what is expected of each title of which something is left to do, and of all of them.

    Args:
        project: The project.
        tasks: What is planned (`rules.explain`).
        skips: Why titles are left alone, by their names.
    """
    left: dict[str, None] = {}
    done: dict[str, set[Key]] = {}
    for task in tasks:
        if task.action == "run" and task.title not in skips:
            left[task.title] = None
        elif task.action != "run":
            done.setdefault(task.title, set()).add(_key(task.name))
    costs = times.load()
    slots = project.config.engine.slots or cpus(project)
    every = Estimator(costs, slots)
    found: dict[str, Prediction] = {}
    for title in project.titles:
        if title.name in left and (work := expected(project, title)) is not None:
            alone = Estimator(costs, slots)
            for estimator in (alone, every):
                estimator.plan(work)
                estimator.titles[title.name].done |= done.get(title.name, set())
            seconds = round(alone.estimate(0.0)[1].seconds or 0.0, 1)
            found[title.name] = Prediction(
                seconds, _size(title, work, costs, done), _is_measured(work, costs)
            )
    if not found:
        return {}, None
    seconds = round(every.estimate(0.0)[1].seconds or 0.0, 1)
    whole = sum(one.bytes for one in found.values())
    return found, Prediction(seconds, whole, all(one.measured for one in found.values()))


def _key(name: str) -> Key:
    """Return the task of a name, as the estimate has it."""
    stage, title, *rest = name.split(":")
    if rest[:1] == [DECODE]:
        return title, DECODE, int(rest[1])
    return title, stage, int(rest[0]) if rest and rest[0].isdecimal() else None


def _is_measured(work: TitleWork, costs: Costs) -> bool:
    kinds = {kind for kind in costs.learnt if kind.startswith(("encode ", "search "))}
    return f"{'search' if work.target else 'encode'} {work.preset}" in kinds


def _size(title: Title, work: TitleWork, costs: Costs, done: Mapping[str, set[Key]]) -> int:
    """Return how many bytes a finished file will have: by its own segments, as far as they are encoded."""
    frames = size = 0
    for segment in work.segments:
        if (title.name, "encode", segment.index) in done.get(title.name, set()):
            with contextlib.suppress(OSError):
                size += (title.encoded / f"{segment.index:04d}.mkv").stat().st_size
                frames += segment.frames
    if frames >= ENOUGH * work.frames:
        picture = size * work.frames / max(1, frames)
    else:
        each = (segment.frames for segment in work.segments)
        picture = sum(costs.seconds(f"size {work.quality}", work.pixels(one)) for one in each)
    return round(picture + work.sound_bytes)
