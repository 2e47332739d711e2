"""What it costs to find that nothing needs to be done."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.timing import doit, median, timed
from drapto.rules import DODO
from drapto.video.plan import SegmentPlan
from tests import clips

if TYPE_CHECKING:
    from pathlib import Path

SEGMENTS = 500
TITLES = 20
FIRST = "title00"


@dataclass(frozen=True)
class Idle:
    """Seconds of a ``doit`` that has nothing to do.

    Attributes:
        segments: How many the title has.
        one: Wall-clock seconds with one title, median.
        many: Wall-clock seconds with `TITLES` of them, median.
        floor: Wall-clock seconds of a doit with one task of its own, median.
    """

    segments: int
    one: float
    many: float
    floor: float


def measure(folder: Path, ffmpeg: Path, *, rounds: int) -> Idle:
    """Build a title of `SEGMENTS` one-frame segments, clone it, and run doit on what is up to date."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "source").mkdir(parents=True)
    (folder / "dodo.py").write_text(DODO)
    (folder / "drapto.toml").write_text(
        '[encoding]\npreset = 13\n[quality]\nmode = "crf"\n[processing]\nchunk_size = 1\n'
    )
    source = folder / "source" / f"{FIRST}.mkv"
    clips.make_clip(ffmpeg, source, frames=SEGMENTS + 1, size=(64, 64), rate="1", keyint=1, bframes=0)
    timed(doit(), folder)
    plan = SegmentPlan.read(folder / "work" / FIRST / "encode_data" / "segments.json")
    one = median([timed(doit(), folder).wall for _ in range(rounds)])
    for number in range(1, TITLES):
        clone(folder, f"title{number:02d}")
    timed(doit(), folder)  # what a copied file's new modification time costs, once
    many = median([timed(doit(), folder).wall for _ in range(rounds)])
    return Idle(len(plan.segments), one, many, _floor(folder / "floor", rounds))


def clone(folder: Path, name: str) -> None:
    """Make another finished title out of the first: its files, and what doit remembers of it."""
    for place in ("source", "output"):
        shutil.copy2(folder / place / f"{FIRST}.mkv", folder / place / f"{name}.mkv")
    shutil.copytree(folder / "work" / FIRST, folder / "work" / name)
    for document in ("source.txt", "validation.json", "published.json", "made.jsonl"):
        path = folder / "work" / name / document
        path.write_text(path.read_text().replace(FIRST, name))
    with sqlite3.connect(folder / "work" / ".drapto" / "state.db") as state:
        rows = state.execute("select task_id, task_data from doit where task_id like ?", (f"%:{FIRST}%",))
        copies = [(task.replace(FIRST, name), data.replace(FIRST, name)) for task, data in rows.fetchall()]
        state.executemany("insert into doit values (?, ?)", copies)


def _floor(folder: Path, rounds: int) -> float:
    folder.mkdir()
    (folder / "dodo.py").write_text("def task_one():\n    return {'actions': [], 'uptodate': [True]}\n")
    timed(doit(), folder)
    return median([timed(doit(), folder).wall for _ in range(rounds)])
