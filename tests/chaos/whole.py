"""whole: a Matroska file with something wrong in it through the whole job; what is published is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av

from tests.chaos.forked import in_child
from tests.chaos.mutant import LONGEST, MEMORY, faults_of, mutant_project
from tests.chaos.mutations import mutate, originals
from tests.chaos.trials import Outcome, output_of
from tests.oddities import judge

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from tests.chaos.trials import Chaos

DOES = "the same through the whole job: what is published decodes and lacks a moment of its source at most"

MOMENT = 12
"""Frames that may be missing of what an undamaged reader finds in the damaged file."""


def trials(chaos: Chaos) -> int:
    """Return how many there are."""
    del chaos
    return 150


def trial(chaos: Chaos, name: str, number: int, chance: random.Random) -> Outcome:
    """Change a file, and make a film of it."""
    del number
    project = mutant_project(chaos, name)
    source = project.root / "source" / "film.mkv"
    original, what = mutate(originals(chaos), chance, source)
    ended = in_child(project.root, (), seconds=5 * LONGEST, memory=2 * MEMORY)
    wrong = faults_of(ended)
    output = output_of(project)
    if output.exists():
        wrong += [f"{one}: {ended.said[-900:]}" for one in _output_faults(output, source, original)]
        what += ", published"
    elif ended.code == 0:
        wrong.append(f"nothing is published: {ended.said[-900:]}")
    if list(project.root.rglob("*.partial")):
        wrong.append("a partial file is left")
    return Outcome(f"{what}: {ended.code}, {ended.cpu:.1f} s, {ended.peak >> 20} MiB", "; ".join(wrong))


def _output_faults(output: Path, source: Path, original: Path) -> list[str]:
    wrong = []
    try:
        made = judge.read(output)
        _require_decodes(output)
    except (av.FFmpegError, ValueError) as error:
        return [f"it does not decode: {error}"]
    whole = judge.read(original)
    try:
        left = len(judge.read(source).times)
    except (av.FFmpegError, ValueError, OverflowError, UnicodeError):
        left = 0
    if len(made.times) < min(left, len(whole.times)) - MOMENT or not made.times:
        wrong.append(f"{len(made.times)} frames; {left} decode in the source, {len(whole.times)} were there")
    return wrong


def _require_decodes(path: Path) -> None:
    """Decode all that is seen and heard.

    Raises:
        av.FFmpegError: A packet of it is damaged.
    """
    with av.open(f"file:{path}", metadata_errors="replace") as container:
        for packet in container.demux([one for one in container.streams if one.type in ("video", "audio")]):
            packet.decode()
