"""damage: a file of a finished project, records, caches and database included, is cut or gets nonsense."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tests.chaos.trials import Outcome, judged, run
from tests.system.projects import ProjectDir

if TYPE_CHECKING:
    import random

    from tests.chaos.trials import Chaos

DOES = (
    "a file of a finished project, records, caches and database included, is cut or gets 64 bytes of nonsense"
)


def trials(chaos: Chaos) -> int:
    """Return how many there are."""
    del chaos
    return 100


def trial(chaos: Chaos, name: str, number: int, chance: random.Random) -> Outcome:
    """Cut a file, or write nonsense into it."""
    del number
    root = chaos.folder / name / "project"
    shutil.copytree(chaos.finished, root, symlinks=True)
    project = ProjectDir(root)
    files = [path for path in sorted((*root.glob("work/**/*"), *root.glob("output/*"))) if path.is_file()]
    path = chance.choice([one for one in files if "/logs/" not in str(one) and one.stat().st_size])
    data = path.read_bytes()
    at = chance.randrange(len(data))
    cut = chance.random() < 0.5
    path.write_bytes(data[:at] if cut else data[:at] + chance.randbytes(64) + data[at + 64 :])
    code, said = run(project)
    what = f"{path.relative_to(root)} {'cut' if cut else 'scrambled'} at {at}"
    return Outcome(what, "; ".join(judged(project, chaos.whole, code, said)))
