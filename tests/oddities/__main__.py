"""Run the odd sources, whole or some of them, and write the table. See the package's first lines."""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from tests import clips
from tests.oddities import pairwise, recipes, sets
from tests.oddities.running import SETTINGS, Outcome, run
from tests.oddities.table import HEAD, REPORTED, read, table

if TYPE_CHECKING:
    from collections.abc import Sequence

TOGETHER = 10
"""Sources that one run of drapto is given."""

CHECKOUT = Path(__file__).parents[2]


def sources(folder: Path, count: int, step: int) -> list[Path]:
    """Make the files of ``count`` rows, or every ``step``-th of them."""
    ffmpeg = clips.find_ffmpeg()
    rows = list(enumerate(pairwise.rows(recipes.PROPERTIES, recipes.allowed, count)))[::step]
    return [recipes.make(ffmpeg, row, folder / f"{recipes.name(number, row)}.mkv") for number, row in rows]


def reports(folder: Path, step: int) -> list[Path]:
    """Make the files of what users reported, or every ``step``-th of them."""
    ffmpeg = clips.find_ffmpeg()
    return [sets.make(ffmpeg, name, folder) for name in sorted(sets.MAKERS)[::step]]


def shared(folder: Path | None) -> list[Path]:
    """Return the real clips, where they are."""
    if folder is None:
        return []
    return sorted(path for part in ("media", "cases") for path in (folder / part).glob("*.mkv"))


class Known:
    """What became of sources so far, in a file for each setting: a run that was stopped goes on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def of(self, setting: str) -> dict[str, Outcome]:
        """Return the last outcome of each source, by its name."""
        path = self.folder / f"{setting}.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return {one.name: one for one in (Outcome(**json.loads(line)) for line in lines)}

    def add(self, setting: str, outcome: Outcome) -> None:
        with (self.folder / f"{setting}.jsonl").open("a") as file:
            file.write(json.dumps(asdict(outcome)) + "\n")


def work_through(
    given: Sequence[Path], folder: Path, settings: Sequence[str], known: Known, again: str | None
) -> None:
    """Find out what becomes of each source, but for those of which it is known, unless wanted ``again``."""
    have = {setting: known.of(setting) for setting in settings}

    def wanted(path: Path, setting: str) -> bool:
        return path.stem not in have[setting] or (again is not None and bool(re.search(again, path.stem)))

    for first in range(0, len(given), TOGETHER):
        for setting in settings:
            some = [path for path in given[first : first + TOGETHER] if wanted(path, setting)]
            work = folder / f"{setting}-{first:03d}"
            shutil.rmtree(work, ignore_errors=True)
            for outcome in run(some, work, setting) if some else []:
                known.add(setting, outcome)
                say(f"{setting:9}{outcome.came:9}{outcome.name}  {'; '.join(outcome.said)}")
            shutil.rmtree(work, ignore_errors=True)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.oddities", description=__doc__)
    parser.add_argument("folder", type=Path, help="where sources are made and worked on")
    parser.add_argument("--count", type=int, default=200, help="rows of properties")
    parser.add_argument("--step", type=int, default=1, help="take every n-th row")
    parser.add_argument("--settings", nargs="*", choices=list(SETTINGS), default=list(SETTINGS))
    parser.add_argument("--shared", type=Path, help="the folder with media/ and cases/")
    parser.add_argument("--reported", action="store_true", help="what users reported, and not the rows")
    parser.add_argument("--only", default="", help="sources whose names have this regular expression")
    parser.add_argument("--table", type=Path, help="write the table here")
    parser.add_argument("--earlier", type=Path, help="a table: its rows of sources that have not run here")
    parser.add_argument("--earlier-version", default="an earlier version", help="what that table is of")
    parser.add_argument("--again", help="as --only: sources to run again though their outcome is known")
    parser.add_argument("--known", action="store_true", help="run nothing: the table of what is known so far")
    given = parser.parse_args(arguments)
    began = time.monotonic()
    made = given.folder / "sources"
    generated = reports(made, given.step) if given.reported else sources(made, given.count, given.step)
    files = [*generated, *shared(given.shared)]
    files = [path for path in files if re.search(given.only, path.name)]
    say(f"{len(files)} sources after {time.monotonic() - began:.0f} s")
    known = Known(given.folder / "outcomes")
    if not given.known:
        work_through(files, given.folder, given.settings, known, given.again)
    found = {}
    for setting in given.settings:
        have = known.of(setting)
        found[setting] = [have[path.stem] for path in files if path.stem in have]
    earlier = read(given.earlier.read_text(), given.earlier_version) if given.earlier else None
    head = REPORTED if given.reported else HEAD
    text = table(found, [path.stem for path in files], earlier, head=head)
    if given.table is not None:
        given.table.write_text(text)
    say(text)
    say(f"{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
