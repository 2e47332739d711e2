"""An ffmpeg that goes wrong at chosen calls: it hangs, is killed, leaves garbage; else it is the real one."""

from __future__ import annotations

import json
import shlex
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import json, os, random, signal, subprocess, sys, time
plan = json.load(open("PLAN"))
arguments = sys.argv[1:]
words = " ".join(arguments)

def taken():
    if not all(word in words for word in plan["match"]):  # the plan may be another by now
        return False
    with open("COUNT", "a") as file:
        file.write("x")
    number = os.stat("COUNT").st_size
    return plan["first"] <= number < plan["first"] + plan["times"]

if not taken():
    os.execv("FFMPEG", ["FFMPEG", *arguments])
fault = plan["fault"]
with open("GONE", "w") as file:
    file.write(words)
if fault == "fail":
    print("something is wrong", file=sys.stderr)
    sys.exit(1)
if fault == "memory":
    print("Svt[error]: allocate memory failed, at EbMalloc.c:50", file=sys.stderr)
    print("Nothing was written into output file", file=sys.stderr)
    sys.exit(1)
if fault == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
if fault == "crash":
    os.kill(os.getpid(), signal.SIGSEGV)
if fault == "hang":
    time.sleep(600)
if fault == "full":
    print("av_interleaved_write_frame(): No space left on device", file=sys.stderr)
    sys.exit(228)
status = subprocess.call(["FFMPEG", *arguments])
target = arguments[-1].removeprefix("file:")
if fault == "flood":
    for _ in range(20000):
        print("x" * 1000, file=sys.stderr)
elif os.path.isfile(target):
    size = os.stat(target).st_size
    with open(target, "r+b") as file:
        if fault == "truncate":
            file.truncate(size // 2)
        elif fault == "empty":
            file.truncate(0)
        elif fault == "garbage":
            file.seek(size // 3)
            file.write(random.Random(size).randbytes(size // 3))
        elif fault == "flip":
            file.seek(plan["at"])
            (byte,) = file.read(1)
            file.seek(plan["at"])
            file.write(bytes([byte ^ plan["mask"]]))
sys.exit(status)
"""


def faulty(
    folder: Path, ffmpeg: Path, fault: str, *match: str, first: int = 1, times: int = 1, **more: int
) -> Path:
    """Write the program and what it does wrong; return the program.

    Args:
        folder: Where to.
        ffmpeg: The real one.
        fault: What is wrong: fail, memory, kill, crash, hang, full, flood, truncate, empty, garbage,
            flip.
        match: Words that a call must have to be counted.
        first: The number of the first such call that goes wrong, from 1.
        times: How many go wrong.
        more: Of ``flip``: ``at`` which byte of what it writes, by which ``mask``.
    """
    plan, program = folder / "plan.json", folder / "ffmpeg"
    plan.write_text(json.dumps({"match": match, "first": first, "times": times, "fault": fault, **more}))
    (folder / "count").unlink(missing_ok=True)
    text = PROGRAM.replace("PLAN", str(plan)).replace("GONE", str(folder / "gone"))
    wrong = folder / "wrong.py"
    wrong.write_text(text.replace("COUNT", str(folder / "count")).replace("FFMPEG", str(ffmpeg)))
    # a shell starts in a tenth of the time, and most calls are none of these
    real = f'exec {shlex.quote(str(ffmpeg))} "$@"'
    others = "".join(f'case "$*" in *{shlex.quote(word)}*) ;; *) {real} ;; esac\n' for word in match)
    taken = shlex.join([sys.executable, "-SE", str(wrong)])
    program.write_text(f'#!/bin/sh\n{others}exec {taken} "$@"\n')
    program.chmod(0o755)
    return program
