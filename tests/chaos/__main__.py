"""Run trials, and print what came of them. See the package's first lines."""

from __future__ import annotations

import argparse
import importlib
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.chaos.trials import Chaos, Outcome, prepare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.chaos.trials import Kind

KINDS = ("kill", "call", "damage", "disk", "room", "memory", "mutant", "whole", "sound", "day")
"""Each a module of this package."""

RESULTS = Path(".chaos/results.jsonl")


def kind_of(name: str) -> Kind:
    """Return a kind by its name."""
    found: Any = importlib.import_module(f"tests.chaos.{name}")
    return found  # type: ignore[no-any-return]


def known(results: Path) -> dict[tuple[str, int, int], dict[str, Any]]:
    """Return the last outcome of each trial: by its kind, seed and number."""
    lines = results.read_text().splitlines() if results.exists() else []
    outcomes = [json.loads(line) for line in lines]
    return {(one["kind"], one["seed"], one["number"]): one for one in outcomes}


def table(results: Path) -> str:
    """Return what was run so far, for docs/reliability.md."""
    tried: Counter[tuple[str, int]] = Counter()
    held: Counter[tuple[str, int]] = Counter()
    for (kind, seed, _), outcome in known(results).items():
        tried[kind, seed] += 1
        held[kind, seed] += not outcome["wrong"]
    lines = ["| kind | seed | tried | held |", "|---|---|---|---|"]
    lines += [
        f"| {kind} | {seed} | {tried[kind, seed]} | {held[kind, seed]} |" for kind, seed in sorted(tried)
    ]
    return "\n".join(lines)


def attempt(chaos: Chaos, kind: str, seed: int, number: int) -> Outcome:
    """Do one trial, in a folder of its own, which is kept where something is wrong."""
    name = f"{kind}-{seed}-{number}"
    shutil.rmtree(chaos.folder / name, ignore_errors=True)
    (chaos.folder / name).mkdir()
    outcome = kind_of(kind).trial(chaos, name, number, random.Random(f"{seed} {kind} {number}"))
    if not outcome.wrong:
        shutil.rmtree(chaos.folder / name, ignore_errors=True)
    return outcome


def commit() -> str:
    """Return which state of the code is tried."""
    command = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parent)
    return done.stdout.strip()


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> int:
    """Run what is asked for; return 0 where all of it held."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("kinds", nargs="*", choices=[[], *KINDS], default=list(KINDS), metavar="kind")
    parser.add_argument("--times", type=int, help="how many of each kind, evenly over all of them")
    parser.add_argument("--only", type=int, nargs="*", help="the numbers of the trials")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--again", action="store_true", help="also what has held before")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--folder", type=Path, help="where to work; what is wrong stays there")
    parser.add_argument("--table", action="store_true", help="print what was run so far, and run nothing")
    given = parser.parse_args(arguments)
    if given.table:
        say(table(given.results))
        return 0
    given.results.parent.mkdir(parents=True, exist_ok=True)
    folder = given.folder or Path(tempfile.mkdtemp(prefix="drapto-chaos-"))
    folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder / "undisturbed", ignore_errors=True)
    chaos, state, failed = prepare(folder.resolve()), commit(), 0
    for kind in given.kinds:
        before = {} if given.again else known(given.results)
        for number in numbers(kind_of(kind).trials(chaos), given.times, given.only):
            if (last := before.get((kind, given.seed, number))) and not last["wrong"]:
                continue
            began = time.monotonic()
            outcome = attempt(chaos, kind, given.seed, number)
            failed += bool(outcome.wrong)
            seconds = time.monotonic() - began
            mark = "✗" if outcome.wrong else "✓"
            say(f"{mark} {kind} {number} ({outcome.what}) {outcome.wrong} {seconds:.1f} s")
            line = {"kind": kind, "seed": given.seed, "number": number, "code": state}
            line |= {"what": outcome.what, "wrong": outcome.wrong, "seconds": round(seconds, 1)}
            with given.results.open("a") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
    say(table(given.results))
    if failed:
        say(f"what is wrong is in {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if failed else 0


def numbers(whole: int, times: int | None, only: Sequence[int] | None) -> Sequence[int]:
    """Return the numbers of the trials to do: all, those asked for, or some evenly over all."""
    if only:
        return only
    if times is None or times >= whole:
        return range(whole)
    return [number * whole // times for number in range(times)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
