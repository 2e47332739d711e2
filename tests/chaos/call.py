"""call: every call of ffmpeg of a whole targeted job goes wrong once, in each way."""

from __future__ import annotations

import functools
import re
import shutil
from typing import TYPE_CHECKING

from tests.chaos.trials import CODES, SETTINGS, Outcome, judged, log_of, output_of, run
from tests.faulty import faulty
from tests.system.projects import ProjectDir, new_project

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from tests.chaos.trials import Chaos

DOES = (
    "each call of ffmpeg of a whole job that aims at a quality fails, is killed, hangs, leaves garbage, "
    "leaves half, floods its log or has no memory"
)

FAULTS = ("fail", "kill", "hang", "garbage", "truncate", "flood", "memory")

NAMED = {
    "fail": r"something is wrong|failed with status",
    "kill": r"killed",
    "hang": r"no sign of life|did not answer",
    "memory": r"memory",
}
"""What must be said of each that is noticed at once."""


def trials(chaos: Chaos) -> int:
    """Return how many there are: calls times ways."""
    return _job(chaos)[0] * len(FAULTS)


@functools.cache
def _job(chaos: Chaos) -> tuple[int, bytes]:
    """Run the job undisturbed; return how many calls it makes, and its film."""
    folder = chaos.folder / "counted"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    project = _project(chaos, folder, faulty(folder, chaos.ffmpeg, "", first=10_000))
    code, said = run(project)
    assert code == 0, said
    return (folder / "count").stat().st_size, output_of(project).read_bytes()


def _project(chaos: Chaos, folder: Path, program: Path) -> ProjectDir:
    project = new_project(folder / "project", chaos.source)
    settings = SETTINGS.format(ffmpeg=program).replace("[encoding.crf]\nsd = 40\n", "")
    # two rounds of a search, and measurements that take no seconds
    project.target(
        settings + '[output]\nif_larger = "keep"\n[quality]\nmetric = "xpsnr"\nxpsnr_target = 36\n'
    )
    return project


def trial(chaos: Chaos, name: str, number: int, chance: random.Random) -> Outcome:
    """Have one call go wrong."""
    del chance
    call, fault = number // len(FAULTS) + 1, FAULTS[number % len(FAULTS)]
    folder = chaos.folder / name
    program = faulty(folder, chaos.ffmpeg, fault, first=call)
    project = _project(chaos, folder, program)
    code, said = run(project)
    gone = folder / "gone"
    if not gone.exists():
        return Outcome(f"{fault} at call {call}: the run made fewer")
    words = gone.read_text()
    # a question to ffmpeg is no task: it is asked again where it failed, without a word
    asked = re.search(r"-version|-encoders|-filters|-hwaccels|-decoders|lavfi|=color=|x color=", words)
    wrong = judged(project, _job(chaos)[1], code, said, codes=CODES | ({3} if asked else frozenset()))
    if code and not asked:
        wrong.append(f"not healed in the same run ({code}): {said[-600:]}")
    if (code or not asked) and fault in NAMED and not re.search(NAMED[fault], said + log_of(project)):
        wrong.append(f"its cause is not named: {said[-600:]}")
    return Outcome(f"{fault} at call {call}, exit code {code}: {_short(words)}", "; ".join(wrong))


def _short(words: str) -> str:
    """Return what tells a call from others."""
    shown = re.sub(r"\S*/", "", words)
    return f"{shown[:60]} … {shown[-50:]}" if len(shown) > 115 else shown
