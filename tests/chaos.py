"""Faults by the hundred, with seeds: what `make chaos` runs whole, and the suite a few of.

Each trial makes a project of its own, does something bad to a run, runs again where that is due, and asks the
same of all: no traceback, the right exit code, no temporary file and no child left, the same finished film,
and nothing to do afterwards. ``python -m tests.chaos --times 2 --seed 7 kill fault`` runs two of each kind.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests import clips
from tests.chaos_cluster import cluster_killed
from tests.faulty import faulty
from tests.system.killing import start, survivors
from tests.system.projects import ProjectDir, new_project

if TYPE_CHECKING:
    from collections.abc import Callable

SETTINGS = """stall_timeout = 3
breaker_reset = 0
[encoding.crf]
sd = 40
[tools]
ffmpeg = '{ffmpeg}'
"""

FRAMES = 36

FAULTS = ("fail", "memory", "kill", "crash", "hang", "full", "flood", "truncate", "empty", "garbage")

CALLS = (
    ("libsvtav1", f"-frames:v {FRAMES}"),
    ("libopus", "-progress"),
    ("ffmetadata",),
    ("-attach",),
    ("obu",),
)
"""Words of the calls of a whole job: encodes, sound, mux, subtitles, the checking decode."""

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)


@dataclass(frozen=True)
class Chaos:
    """What all trials share.

    Attributes:
        folder: Where they lie.
        ffmpeg: The real program.
        source: The film.
        whole: What comes of it undisturbed.
        seconds: How long that takes.
    """

    folder: Path
    ffmpeg: Path
    source: Path
    whole: bytes
    seconds: float

    def project(self, name: str, ffmpeg: Path | None = None, more: str = "") -> ProjectDir:
        """Return a new project."""
        project = new_project(self.folder / name / "project", self.source)
        project.configure(SETTINGS.format(ffmpeg=ffmpeg or self.ffmpeg) + more)
        return project


def prepare(folder: Path, ffmpeg: Path) -> Chaos:
    """Make the film, and encode it undisturbed."""
    source = clips.make_tracks(ffmpeg, folder / "film.mkv", frames=FRAMES)
    chaos = Chaos(folder, ffmpeg, source, b"", 0.0)
    project = chaos.project("undisturbed")
    began = time.monotonic()
    run(project)
    return Chaos(folder, ffmpeg, source, output_of(project).read_bytes(), time.monotonic() - began)


def output_of(project: ProjectDir) -> Path:
    """Return the finished film."""
    return project.root / "output" / "film.mkv"


def run(project: ProjectDir) -> tuple[int, str]:
    """Run doit to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "doit"],
        cwd=project.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=600,
    )
    return done.returncode, done.stdout


def judged(chaos: Chaos, project: ProjectDir, code: int, said: str) -> str:
    """Return what is wrong with a run and what it left; empty where nothing is."""
    wrong = []
    if "Traceback" in said or "internal error" in said:
        wrong.append(f"a traceback: {said[-600:]}")
    if code not in {0, 1, 4, 130, -signal.SIGKILL}:
        wrong.append(f"exit code {code}: {said[-300:]}")
    if code:
        code, said = run(project)
    if code:
        wrong.append(f"the next run ends with {code}: {said[-900:]}")
    elif output_of(project).read_bytes() != chaos.whole:
        wrong.append("another film")
    if left := survivors(project.root, 2.0):
        wrong.append(f"left running: {left}")
    code, said = run(project)
    if (code, said.strip()) != (0, "everything is up to date"):
        wrong.append(f"not up to date afterwards: {said[-300:]}")
    wrong += [f"left lying: {path}" for path in project.root.rglob("*.partial")]
    return "; ".join(wrong)


def killed(chaos: Chaos, name: str, chance: random.Random) -> tuple[str, str]:
    """Send a signal to the run, or kill its group or a child of it, at some moment."""
    project, number = chaos.project(name), chance.choice(SIGNALS)
    runner = chance.choice(["thread", "process"])
    child = start(project, "-P", runner)
    time.sleep(chance.uniform(0.2, max(1.0, chaos.seconds)))
    if chance.random() < 0.25:
        os.killpg(child.pid, number)
    else:
        child.send_signal(number)
    try:
        code = child.wait(timeout=8)
    except subprocess.TimeoutExpired:
        child.kill()
        return f"{number.name} {runner}", "did not end within 8 s"
    return f"{number.name} {runner}", judged(chaos, project, 130 if code else 0, "")


def faulted(chaos: Chaos, name: str, chance: random.Random) -> tuple[str, str]:
    """Have one call of the job go wrong once."""
    fault, words = chance.choice(FAULTS), chance.choice(CALLS)
    (chaos.folder / name).mkdir()
    program = faulty(chaos.folder / name, chaos.ffmpeg, fault, *words, first=chance.choice([1, 1, 2]))
    project = chaos.project(name, program)
    code, said = run(project)
    return f"{fault} at {words[0]}", judged(chaos, project, code, said)


def damaged(chaos: Chaos, name: str, chance: random.Random) -> tuple[str, str]:
    """Damage a file of a finished project: cut it, or write nonsense into it."""
    (chaos.folder / name).mkdir()
    root = chaos.folder / name / "project"
    shutil.copytree(chaos.folder / "undisturbed" / "project", root, symlinks=True)
    project = ProjectDir(root)
    files = [path for path in sorted((*root.glob("work/**/*"), *root.glob("output/*"))) if path.is_file()]
    path = chance.choice([one for one in files if "/logs/" not in str(one) and one.stat().st_size])
    data = path.read_bytes()
    at = chance.randrange(len(data))
    path.write_bytes(
        data[:at] if chance.random() < 0.5 else data[:at] + chance.randbytes(64) + data[at + 64 :]
    )
    code, said = run(project)
    return f"{path.relative_to(root).parts[-1]}", judged(chaos, project, code, said)


def short_of_room(chaos: Chaos, name: str, chance: random.Random) -> tuple[str, str]:
    """Run on a disk that is full at some moment; make room, and run again."""
    disk = chaos.folder / name / "disk"
    disk.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(disk)], check=True)
    try:
        room = chance.randrange(20_000, 1_500_000)
        filler = disk / "filler"
        filler.write_bytes(bytes((32 << 20) - room))
        project = chaos.project(name, more='[resources]\ndisk_reserve = "0 B"\ndisk_wait = 0\n')
        settings = project.root / "drapto.toml"
        placed = f'[processing]\ntemp_dir = "{disk}/work"\n'
        settings.write_text(settings.read_text().replace("[processing]\n", placed, 1))
        code, said = run(project)
        filler.unlink()
        return f"{room >> 10} KiB of room", judged(chaos, project, code, said)
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


KINDS: dict[str, tuple[int, Callable[[Chaos, str, random.Random], tuple[str, str]]]] = {
    "kill": (200, killed),
    "fault": (120, faulted),
    "damage": (100, damaged),
    "room": (40, short_of_room),
    "cluster": (50, cluster_killed),
}
"""How often each kind is tried, and how."""


def main() -> int:
    """Run the trials and print what came of them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kinds", nargs="*", default=list(KINDS))
    parser.add_argument("--times", type=int)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    os.environ["DRAPTO_IF_LARGER"] = "keep"  # clips so small become larger
    held: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="drapto-chaos-") as place:
        chaos = prepare(Path(place), clips.find_ffmpeg())
        for kind in given.kinds:
            times, trial = KINDS[kind]
            for number in range(given.times or times):
                name = f"{kind}-{number}"
                what, wrong = trial(chaos, name, random.Random(f"{given.seed} {name}"))
                tried[kind] += 1
                held[kind] += not wrong
                sys.stdout.write(f"{'✗' if wrong else '✓'} {name} ({what}) {wrong}\n")
                sys.stdout.flush()
                if not wrong:
                    shutil.rmtree(chaos.folder / name, ignore_errors=True)
    for kind in tried:
        sys.stdout.write(f"{kind}: {held[kind]} of {tried[kind]}\n")
    return 0 if held == tried else 1


if __name__ == "__main__":
    sys.exit(main())
