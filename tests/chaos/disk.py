"""disk: at each stage, the disk of the work, the output, the state or TMPDIR is full, or read-only."""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from itertools import product
from typing import TYPE_CHECKING

from tests.chaos.trials import CODES, Outcome, judged, run

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator
    from pathlib import Path

    from tests.chaos.trials import Chaos

DOES = (
    "the disk of the work, of the output, of the state or of TMPDIR is full, below its reserve or read-only "
    "when each stage begins; then it is not, and it is run again where it did not wait"
)

STAGES = {
    "probe": (),
    "fields": ("probe",),
    "crop": ("probe", "fields"),
    "segment": ("probe", "fields", "crop"),
    "subtitles": ("segment",),
    "elements": ("segment", "subtitles"),
    "audio": ("segment", "subtitles", "elements"),
    "encode": ("segment", "subtitles", "elements", "audio"),
    "video": ("subtitles", "elements", "audio", "encode"),
    "mux": ("subtitles", "elements", "audio", "video"),
    "validate": ("mux",),
}
"""Each stage, and what is made before."""

PLACES = {"work": "work", "output": "output", "state": "work/.drapto", "TMPDIR": "tmp"}

LEFT = 128 << 10
"""Bytes that are free on a disk that is below its reserve."""

WAYS = ("full", "reserve", "read-only")

CASES = list(product(STAGES, PLACES, WAYS))


def trials(chaos: Chaos) -> int:
    """Return how many there are: stages, times places, times ways."""
    del chaos
    return len(CASES)


@contextlib.contextmanager
def mounted(folder: Path, size: str = "32m") -> Iterator[Path]:
    """Mount a small file system; only root may."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def trial(chaos: Chaos, name: str, number: int, chance: random.Random) -> Outcome:
    """Come to a stage, take the disk away, run on, give it back, and run again."""
    stage, place, way = CASES[number]
    wait = "30 s" if way == "reserve" and chance.random() < 0.7 else "0 s"
    reserve = "256 KiB" if way == "reserve" else "0 B"
    project = chaos.project(name, more=f'[resources]\ndisk_reserve = "{reserve}"\ndisk_wait = "{wait}"\n')
    what = f"{place} {way} at {stage}, waits {wait}"
    (project.root / "tmp").mkdir()
    environ = {"TMPDIR": str(project.root / "tmp")}
    with mounted(project.root / PLACES[place]) as disk:
        if STAGES[stage]:
            code, said = run(project, *STAGES[stage], environ=environ)
            if code:
                return Outcome(what, f"cannot come so far: {said[-600:]}")
        with _taken(disk, way) as give_back:
            helper = threading.Timer(4.0, give_back)
            if wait != "0 s":
                helper.start()
            code, said = run(project, environ=environ)
            helper.cancel()
        # before anything begins, what may not be written to is refused
        codes = frozenset({0, 3, 4}) if way == "read-only" else frozenset({0, 4})
        wrong = judged(project, chaos.whole, code, said, codes=codes & (CODES | {3}))
        if code and not _names(way, said):
            wrong.append(f"its cause is not named: {said[-600:]}")
    return Outcome(f"{what}, exit code {code}", "; ".join(wrong))


def _names(way: str, said: str) -> bool:
    words = ("read-only", "Read-only", "written to") if way == "read-only" else ("disk is full", "too small")
    return any(word in said for word in words)


@contextlib.contextmanager
def _taken(disk: Path, way: str) -> Iterator[_GiveBack]:
    """Take the disk away for the block, or until it is given back."""
    give_back = _GiveBack(disk, way)
    if way == "read-only":
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    else:
        with contextlib.suppress(OSError), (disk / "filler").open("wb", buffering=0) as filler:
            while True:
                filler.write(bytes(4096))
        if way == "reserve":
            with (disk / "filler").open("r+b") as filler:
                filler.truncate(filler.seek(0, 2) - LEFT)
    try:
        yield give_back
    finally:
        give_back()


class _GiveBack:
    """Gives a disk back, once."""

    def __init__(self, disk: Path, way: str) -> None:
        self._disk = disk
        self._way = way
        self._lock = threading.Lock()
        self._done = False

    def __call__(self) -> None:
        with self._lock:
            if self._done:
                return
            self._done = True
            if self._way == "read-only":
                subprocess.run(["mount", "-o", "remount,rw", str(self._disk)], check=True)
                time.sleep(0.1)
            else:
                (self._disk / "filler").unlink()
