"""What drapto itself costs, without its encoders, where titles have many segments and shelves many titles.

Encoding 10,000 segments would take hours. So an ffmpeg stands in that encodes the first segment of each
number of frames, and copies what came of it for the others; all else is the real one, and all that drapto
does is done: every segment is cut, checked, recorded, joined and decoded.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.idle import FIRST, clone
from bench.timing import Own, own
from drapto.rules import DODO
from tests import clips

if TYPE_CHECKING:
    from pathlib import Path

SEGMENTS = (250, 2000, 10_000)
TITLES = (50, 500)
OF_A_TITLE = 10
"""Segments of each of these."""

STAND_IN = """#!/bin/sh
for target; do :; done
case "$*" in
*libsvtav1*/encoded/.*)
  words="$*"; frames="${words##*-frames:v }"; ready="READY-${frames%% *}"; target="${target#file:}"
  if [ ! -e "$ready" ]; then
    "FFMPEG" "$@" || exit
    cp "$target" "$ready.$$" && exec mv "$ready.$$" "$ready"
  fi
  exec cp "$ready" "$target" ;;
esac
exec "FFMPEG" "$@"
"""

SETTINGS = """[encoding]
preset = 13
[quality]
mode = "crf"
[processing]
chunk_size = 1
[tools]
ffmpeg = '{ffmpeg}'
"""


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
    """Make a project of one film, every frame of which but the last is a segment of its own."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "source").mkdir(parents=True)
    (folder / "dodo.py").write_text(DODO)
    program = folder / "ffmpeg"
    program.write_text(STAND_IN.replace("READY", str(folder / "ready")).replace("FFMPEG", str(ffmpeg)))
    program.chmod(0o755)
    (folder / "drapto.toml").write_text(SETTINGS.format(ffmpeg=program))
    source = folder / "source" / f"{FIRST}.mkv"
    clips.make_clip(ffmpeg, source, frames=segments + 1, size=(64, 64), rate="1", keyint=1, bframes=0)
    return folder
