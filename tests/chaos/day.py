"""day: a shelf of twelve titles, three of them bad, and something goes wrong every five seconds."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psutil

from tests import clips
from tests.chaos.disk import mounted
from tests.chaos.trials import Outcome
from tests.faulty import faulty
from tests.oddities import judge
from tests.system.killing import hear_signals, survivors
from tests.system.projects import ProjectDir, new_project

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

    from tests.chaos.trials import Chaos

DOES = (
    "twelve titles, three of them bad, and a fault every 5 s for up to ten minutes: a child is killed or "
    "stopped, the run is killed and begun again, the disk is full, a work file is damaged, ffmpeg goes wrong"
)

SECONDS = float(os.environ.get("CHAOS_DAY_SECONDS", "600"))
EVERY = 5.0
GOOD = 9

SETTINGS = """stall_timeout = 5
breaker_reset = 2
[resources]
disk_reserve = "8 MiB"
disk_wait = "60 s"
[output]
if_larger = "keep"
[tools]
ffmpeg = '{ffmpeg}'
"""


def trials(chaos: Chaos) -> int:
    """Return how many days there are."""
    del chaos
    return 1


def trial(chaos: Chaos, name: str, number: int, chance: random.Random) -> Outcome:
    """Live through a day."""
    del number
    root = chaos.folder / name / "project"
    sources = _shelf(chaos, chaos.folder / name / "shelf")
    project = new_project(root, *sources)
    program = faulty(chaos.folder / name, chaos.ffmpeg, "", first=1 << 30)
    settings = SETTINGS.format(ffmpeg=program)
    project.configure(settings)
    toml = root / "drapto.toml"
    toml.write_text(toml.read_text().replace("preset = 13", "preset = 5"))
    with mounted(root / "work", "300m") as disk:
        day = _Day(project, chaos.folder / name, chance, disk)
        day.live()
        began = time.monotonic()
        code, said = day.ended or day.run_to_its_end()
        wrong = _judged(project, code, said, sources)
    wrong += [f"a traceback: {one[-900:]}" for one in day.said if re.search(r"Traceback|internal error", one)]
    faults = ", ".join(f"{count} {what}" for what, count in sorted(day.faults.items()))
    last = f"the last took {time.monotonic() - began:.0f} s"
    return Outcome(f"{len(day.said)} runs ({last}), exit code {code}; {faults}", "; ".join(wrong))


def _shelf(chaos: Chaos, folder: Path) -> list[Path]:
    """Make nine good titles and three bad ones."""
    folder.mkdir()
    whole = clips.make_sample(chaos.ffmpeg, folder / "good-1.mkv", seconds=8)
    tracks = clips.make_tracks(chaos.ffmpeg, folder / "good-2.mkv", frames=240)
    others = [
        clips.make_clip(
            chaos.ffmpeg,
            folder / f"good-{number}.mkv",
            codec=("h264", "hevc", "mpeg2")[number % 3],
            size=(640, 360),
            frames=192,
            keyint=24,
            open_gop=number % 2 == 0,
            graph=clips.moving_picture((640, 360), "24", first=100 * number),
        )
        for number in range(3, GOOD + 1)
    ]
    data = whole.read_bytes()
    gutted, noise = folder / "bad-gutted.mkv", folder / "bad-noise.mkv"
    gutted.write_bytes(data[: len(data) // 3] + data[2 * len(data) // 3 :])
    noise.write_bytes(bytes(range(256)) * 400)
    silent = clips.make_audio_only(chaos.ffmpeg, folder / "bad-sound-only.mkv")
    return [whole, tracks, *others, gutted, noise, silent]


@dataclass
class _Day:
    """A project that is run again and again, while things go wrong."""

    project: ProjectDir
    folder: Path
    chance: random.Random
    disk: Path
    said: list[str] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    ended: tuple[int, str] | None = None

    def live(self) -> None:
        """Have things go wrong until the day is over, or a run has ended with nothing left to do."""
        until, child = time.monotonic() + SECONDS, self._start()
        while time.monotonic() < until:
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = child.wait(timeout=EVERY)
                text = self._close()
                if code in (0, 1) and self._is_all_there():
                    self.ended = code, text
                    return
                child = self._start()
                continue
            self._go_wrong(child)
        child.send_signal(signal.SIGTERM)
        child.wait(timeout=10)
        self._close()

    def run_to_its_end(self) -> tuple[int, str]:
        """Run once more, with nothing that goes wrong."""
        self._plan("", 1 << 30)
        code = self._start().wait(timeout=1200)
        return code, self._close()

    def _is_all_there(self) -> bool:
        return len(list((self.project.root / "output").glob("good-*.mkv"))) == GOOD

    def _start(self) -> subprocess.Popen[bytes]:
        with (self.folder / "said").open("wb") as said:
            return subprocess.Popen(
                [sys.executable, "-m", "drapto", "run"],
                cwd=self.project.root,
                stdout=said,
                stderr=said,
                process_group=0,
                preexec_fn=hear_signals,  # noqa: PLW1509  no thread of this process holds a lock
            )

    def _close(self) -> str:
        """Take in what the run that has ended said."""
        self.said.append((self.folder / "said").read_text(errors="replace"))
        return self.said[-1]

    def _go_wrong(self, run: subprocess.Popen[bytes]) -> None:
        ways: dict[str, Callable[[], object]] = {
            "killed children": lambda: self._strike(run, signal.SIGKILL),
            "stopped children": lambda: self._strike(run, signal.SIGSTOP),
            "killed runs": lambda: run.send_signal(signal.SIGKILL),
            "ended runs": lambda: run.send_signal(self.chance.choice((signal.SIGTERM, signal.SIGINT))),
            "full disks": self._fill,
            "damaged files": self._damage,
            "failed calls": lambda: self._plan(
                self.chance.choice(("fail", "memory", "crash", "truncate", "garbage", "hang")), 1
            ),
        }
        way = self.chance.choices(list(ways), weights=(3, 2, 1, 1, 1, 2, 3))[0]
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            ways[way]()
            self.faults[way] += 1

    def _strike(self, run: subprocess.Popen[bytes], sent: signal.Signals) -> None:
        family = psutil.Process(run.pid).children(recursive=True)
        tools = [one for one in family if "ffmpeg" in " ".join(one.cmdline()[:3])]
        self.chance.choice(tools or [psutil.Process()]).send_signal(sent if tools else 0)

    def _fill(self) -> None:
        filler = self.disk / "filler"
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(1 << 16))
        time.sleep(3)
        filler.unlink()

    def _damage(self) -> None:
        files = [path for path in sorted(self.disk.rglob("*.*")) if path.is_file()]
        files = [path for path in files if "/logs/" not in str(path) and not path.name.endswith(".partial")]
        with contextlib.suppress(OSError, IndexError, ValueError):
            path = self.chance.choice(files)
            with path.open("r+b") as file:
                file.seek(self.chance.randrange(path.stat().st_size))
                file.write(self.chance.randbytes(16))

    def _plan(self, fault: str, first: int) -> None:
        plan = self.folder / "plan.json"
        (self.folder / "count").unlink(missing_ok=True)
        new = plan.with_suffix(".new")
        new.write_text(json.dumps({"match": ["-nostdin"], "first": first, "times": 1, "fault": fault}))
        new.replace(plan)


def _judged(project: ProjectDir, code: int, said: str, sources: list[Path]) -> list[str]:
    wrong = [] if code == 1 else [f"exit code {code}, not 1: {said[-900:]}"]
    for source in sources:
        output = project.root / "output" / source.name
        if source.name.startswith("bad"):
            if output.exists():
                wrong.append(f"{source.name} is published")
            if source.name not in said:
                wrong.append(f"{source.name} is not named: {said[-900:]}")
        elif not output.exists():
            wrong.append(f"{source.name} is not published: {said[-1500:]}")
        else:
            wrong += [f"{source.name}: {one}" for one in judge.faults(judge.read(source), judge.read(output))]
    if left := survivors(project.root, 2.0):
        wrong.append(f"left running: {left}")
    return wrong + [f"left lying: {path}" for path in project.root.rglob("*.partial")]
