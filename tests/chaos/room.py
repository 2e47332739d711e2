"""room: the work lies on a disk that is full at a random moment; room is made, and it is run again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.chaos.disk import mounted
from tests.chaos.trials import Outcome, judged, run

if TYPE_CHECKING:
    import random

    from tests.chaos.trials import Chaos

DOES = "the work lies on a disk that is full at a random moment; room is made, and it is run again"


def trials(chaos: Chaos) -> int:
    """Return how many there are."""
    del chaos
    return 40


def trial(chaos: Chaos, name: str, number: int, chance: random.Random) -> Outcome:
    """Run on a disk that has room for a part of the work."""
    del number
    with mounted(chaos.folder / name / "disk") as disk:
        room = chance.randrange(20_000, 1_500_000)
        filler = disk / "filler"
        filler.write_bytes(bytes((32 << 20) - room))
        project = chaos.project(name, more='[resources]\ndisk_reserve = "0 B"\ndisk_wait = 0\n')
        settings = project.root / "drapto.toml"
        placed = f'[processing]\ntemp_dir = "{disk}/work"\n'
        settings.write_text(settings.read_text().replace("[processing]\n", placed, 1))
        code, said = run(project)
        filler.unlink()
        wrong = judged(project, chaos.whole, code, said)
        return Outcome(f"{room >> 10} KiB of room, exit code {code}", "; ".join(wrong))
