"""mutant: a Matroska file with something wrong in it, from the probe to its segments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.chaos.forked import Ended, in_child
from tests.chaos.mutations import mutate, originals
from tests.chaos.trials import Outcome
from tests.system.projects import new_project

if TYPE_CHECKING:
    import random

    from tests.chaos.trials import Chaos
    from tests.system.projects import ProjectDir

DOES = "a Matroska file with bits, blocks, sizes, times or whole parts wrong, from the probe to its segments"

TARGETS = ("segment", "crop", "subtitles", "elements")

LONGEST = 60.0
"""Seconds of a processor; of the clock, three times as many."""

MEMORY = 1 << 30
"""Bytes that drapto's own process may hold, and ask for."""

LOADED = 128 << 20
"""Of these, what a process that has all of drapto loaded holds before it begins; 80 to 100 MiB were seen."""

SETTINGS = "stall_timeout = 20\nmax_attempts = 1\nbreaker_reset = 0\n[tools]\nffmpeg = '{ffmpeg}'\n"


def trials(chaos: Chaos) -> int:
    """Return how many there are."""
    del chaos
    return 2000


def trial(chaos: Chaos, name: str, number: int, chance: random.Random) -> Outcome:
    """Change a file, and run its first stages."""
    del number
    project = mutant_project(chaos, name)
    _, what = mutate(originals(chaos), chance, project.root / "source" / "film.mkv")
    ended = in_child(project.root, TARGETS, seconds=3 * LONGEST, memory=2 * MEMORY)
    wrong = faults_of(ended)
    return Outcome(f"{what}: {ended.code}, {ended.cpu:.1f} s, {ended.peak >> 20} MiB", "; ".join(wrong))


def mutant_project(chaos: Chaos, name: str) -> ProjectDir:
    """Return a project without a source."""
    project = new_project(chaos.folder / name / "project")
    project.configure(SETTINGS.format(ffmpeg=chaos.ffmpeg))
    return project


def faults_of(ended: Ended) -> list[str]:
    """Return what is wrong with how a run on a damaged file ended."""
    wrong = []
    if ended.code is None or ended.cpu > LONGEST:
        wrong.append(f"hung: {ended.seconds:.0f} s, {ended.cpu:.0f} s of a processor")
    elif ended.code not in (0, 1):
        wrong.append(f"exit code {ended.code}")
    if re.search(r"Traceback|internal error|cannot be recorded", ended.said):
        wrong.append("a traceback")
    if ended.peak > MEMORY - LOADED:
        wrong.append(f"{ended.peak >> 20} MiB")
    if ended.code == 1 and "film.mkv: " not in ended.said:
        wrong.append(f"the file is not named: {ended.said[-900:]}")
    if wrong:
        wrong.append(ended.said[-1500:])
    return wrong
