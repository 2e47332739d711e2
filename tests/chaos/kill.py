"""kill: a signal to the run, to its group, or to one of its children, at a random moment."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

import drapto
from tests.chaos.trials import CODES, Outcome, faults_of, left_by, output_of, rerun
from tests.system.killing import hear_signals, survivors

if TYPE_CHECKING:
    import random

    from tests.chaos.trials import Chaos
    from tests.system.projects import ProjectDir

DOES = "a signal to the run, its group or one of its children at a random moment; threads and processes"

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)
WAYS = list(product(("thread", "process"), SIGNALS, ("run", "group", "child")))

PACKAGE = str(Path(drapto.__file__).parent)

SOON = 5.0
"""Seconds within which a signalled run ends."""


def trials(chaos: Chaos) -> int:
    """Return how many kills there are."""
    del chaos
    return 200


def trial(chaos: Chaos, name: str, number: int, chance: random.Random) -> Outcome:
    """Kill, look at what is left, and run again."""
    runner, sent, aim = WAYS[number % len(WAYS)]
    moment = chance.uniform(0.3, max(1.0, 0.9 * chaos.seconds))
    what = f"{sent.name} to the {aim} after {moment:.2f} s, {runner}"
    project = chaos.project(name)
    log = chaos.folder / name / "said"
    with log.open("w") as said:
        child = subprocess.Popen(
            [sys.executable, "-m", "doit", "-P", runner],
            cwd=project.root,
            stdout=said,
            stderr=said,
            process_group=0,
            preexec_fn=hear_signals,  # noqa: PLW1509  nothing in this process holds a lock over a fork
        )
        time.sleep(moment)
        struck = _strike(child, sent, aim, chance)
        try:
            # a run whose child was killed goes on, and ends by itself
            code = child.wait(timeout=120 if aim == "child" else SOON)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            return Outcome(f"{what}: {struck}", f"does not end: {log.read_text()[-400:]}")
    return Outcome(f"{what}: {struck}", "; ".join(_judged(chaos, project, code, log.read_text(), sent)))


def _strike(child: subprocess.Popen[bytes], sent: signal.Signals, aim: str, chance: random.Random) -> str:
    """Send the signal; return whom it was sent to."""
    with contextlib.suppress(ProcessLookupError, psutil.Error):
        if aim == "child":
            family: list[psutil.Process] = []
            while not family and child.poll() is None:  # a run that has just begun has none yet
                family = sorted(psutil.Process(child.pid).children(recursive=True), key=lambda one: one.pid)
            if not family:
                return "no child was there"
            struck = chance.choice(family)
            words = struck.cmdline()[:1]
            struck.send_signal(sent)
            return f"{struck.pid} {words}"
        if aim == "group":
            os.killpg(child.pid, sent)
        else:
            child.send_signal(sent)
    return aim


def _is_of_python(said: str) -> bool:
    """Return whether an interrupt came before drapto's first line: Python's start and doit's are not ours."""
    files = re.findall(r'^  File "(.*)", line', said, flags=re.MULTILINE)
    own = [one for one in files if one.startswith(PACKAGE) or one.endswith("dodo.py")]
    return "KeyboardInterrupt" in said and not own


def _judged(chaos: Chaos, project: ProjectDir, code: int, said: str, sent: signal.Signals) -> list[str]:
    early = sent == signal.SIGINT and _is_of_python(said)
    wrong = [] if early else faults_of(code, said, CODES | {-sent})
    if left := survivors(project.root, 2.0):
        wrong.append(f"left running: {left}")
    if code:
        finished = project.finished()
        begun = chaos.folder / project.root.parent.name / "begun"
        code, said = rerun(project, begun)
        wrong += faults_of(code, said)
        executed = set(begun.read_text().split()) if begun.exists() else set()
        if again := sorted(finished & executed):
            wrong.append(f"run again although finished: {again}")
    if code:
        wrong.append(f"the next run ends with {code}: {said[-900:]}")
    elif output_of(project).read_bytes() != chaos.whole:
        wrong.append("another film")
    return wrong + left_by(project)
