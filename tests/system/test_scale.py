"""What drapto does for each segment is the same, however many there are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.many import make_project

if TYPE_CHECKING:
    from pathlib import Path

COUNTED = """
import collections, json, os, sys
counts = collections.Counter()
others = "os.rename os.mkdir os.scandir os.listdir sqlite3.connect subprocess.Popen".split()

def hear(event, arguments):
    if event == "open":
        path = str(arguments[0])
        # who waits for a slot looks again and again
        if path.startswith(os.getcwd()) and "/slots/" not in path and "/memory/" not in path:
            counts["open"] += 1
    elif event in others:
        counts[event] += 1

sys.addaudithook(hear)
from doit.doit_cmd import DoitMain
code = DoitMain().run(sys.argv[1:])
json.dump(counts, open("counts", "w"))
sys.exit(code)
"""

OF_A_SHARE = {"open": 18, "os.rename": 1, "subprocess.Popen": 1, "sqlite3.connect": 1}
"""What one task of the checking decode does, however many segments it decodes, as counted."""


def counted(folder: Path) -> dict[str, int]:
    """Run doit in a project; return how often its process did what the system sees."""
    # a tracer cannot be installed in one thread while the hook runs in another
    environ = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    command = [sys.executable, "-c", COUNTED]
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, int] = json.loads((folder / "counts").read_text())
    return found


def test_each_segment_costs_the_same(ffmpeg: Path, tmp_path: Path) -> None:
    """Bounds a tenth above what was counted: 37 opens, 6 renames, one child, one connection."""
    few, more = 10, 40
    runs, looks, shares = {}, {}, {}
    for segments in (few, more):
        project = make_project(tmp_path / str(segments), ffmpeg, segments)
        runs[segments] = counted(project.root)
        shares[segments] = len(list((project.root / "work" / "film" / "decoded").glob("*.json")))
        counted(project.root)  # what was written within the last moment is looked at once more
        looks[segments] = counted(project.root)
    # the checking decode takes as many tasks as were free to take it: they are counted by themselves
    decoded = shares[more] - shares[few]
    each = {
        event: (count - runs[few][event] - decoded * OF_A_SHARE.get(event, 0)) / (more - few)
        for event, count in runs[more].items()
    }
    assert each["open"] < 41, each
    assert each["os.rename"] < 7, each
    assert each["subprocess.Popen"] < 1.2, each
    assert each["sqlite3.connect"] < 1.2, each
    assert max(each["os.listdir"], each["os.scandir"], each["os.mkdir"]) < 0.2, each
    # and nothing at all where there is nothing to do
    assert looks[few] == looks[more]
