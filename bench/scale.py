"""What drapto itself costs, without its encoders, where titles have many segments and shelves many titles.

Encoding 10,000 segments would take hours, so an ffmpeg stands in for the encoder (`tests.many`).
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.idle import FIRST, clone
from bench.timing import Own, own
from tests.many import make_project

if TYPE_CHECKING:
    from pathlib import Path

SEGMENTS = (250, 2000, 10_000)
TITLES = (50, 500)
OF_A_TITLE = 10
"""Segments of each of these."""


@dataclass(frozen=True)
class Looks:
    """What it costs to look at what is finished.

    Attributes:
        idle: A ``doit`` with nothing to do.
        plan: ``drapto plan``.
        status: ``drapto status``.
    """

    idle: Own
    plan: Own
    status: Own


@dataclass(frozen=True)
class Scale:
    """What drapto's own process took.

    Attributes:
        runs: From the probe to the published film, by how many segments it has.
        looks: At such films, afterwards.
        shelves: At so many titles of `OF_A_TITLE` segments.
    """

    runs: dict[int, Own]
    looks: dict[int, Looks]
    shelves: dict[int, Looks]


def measure(folder: Path, ffmpeg: Path) -> Scale:
    """Encode films of `SEGMENTS`, look at them, and look at shelves of `TITLES`."""
    runs, looks, shelves = {}, {}, {}
    for segments in SEGMENTS:
        place = _project(folder / f"{segments}", ffmpeg, segments)
        runs[segments] = own("doit", place)
        looks[segments] = _looks(place)
        shutil.rmtree(place)
    shelf = _project(folder / "shelf", ffmpeg, OF_A_TITLE)
    own("doit", shelf)
    have = 1
    for titles in TITLES:
        for number in range(have, titles):
            clone(shelf, f"other{number:03d}")
        have = titles
        own("doit", shelf)  # what a copied file's new modification time costs, once
        shelves[titles] = _looks(shelf)
    shutil.rmtree(shelf)
    return Scale(runs, looks, shelves)


def _looks(folder: Path) -> Looks:
    return Looks(own("doit", folder), own("drapto", folder, "plan"), own("drapto", folder, "status"))


def _project(folder: Path, ffmpeg: Path, segments: int) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    return make_project(folder, ffmpeg, segments, FIRST).root
