"""sound: a bit of a packet of sound is wrong in the finished file; it is found, and made again."""

from __future__ import annotations

import functools
import shutil
from typing import TYPE_CHECKING

import av

from tests.chaos.trials import SETTINGS, Outcome, judged, output_of, run
from tests.faulty import faulty
from tests.system.projects import ProjectDir, new_project

if TYPE_CHECKING:
    import random

    from tests.chaos.trials import Chaos

DOES = "one bit of one packet of sound, encoded or copied, is another in the file that the mux leaves"

MUX = "ffmetadata"
"""A word that no other call has."""


def trials(chaos: Chaos) -> int:
    """Return how many there are."""
    del chaos
    return 100


@functools.cache
def _muxed(chaos: Chaos, copied: str) -> tuple[ProjectDir, bytes, list[tuple[int, int, int]]]:
    """Return a finished project, its film, and each packet of sound in it: track, first byte, size."""
    folder = chaos.folder / f"sound-{copied or 'encoded'}"
    shutil.rmtree(folder, ignore_errors=True)
    project = new_project(folder, chaos.source)
    settings = SETTINGS.format(ffmpeg=chaos.ffmpeg)
    project.configure(settings + (f'[audio]\npassthrough = ["{copied}"]\n' if copied else ""))
    code, said = run(project)
    assert code == 0, said
    muxed = project.work("film") / "muxed.mkv"
    data, places, behind = muxed.read_bytes(), [], 0
    with av.open(str(muxed)) as container:
        for packet in container.demux(container.streams.audio):
            if packet.size:
                # in the order in which they lie in the file
                at = data.index(bytes(packet), behind)
                places.append((packet.stream.index, at, packet.size))
                behind = at
    return project, output_of(project).read_bytes(), places


def trial(chaos: Chaos, name: str, number: int, chance: random.Random) -> Outcome:
    """Flip a bit of what the mux writes."""
    finished, whole, places = _muxed(chaos, ("", "ac3", "flac", "aac")[number % 4])
    track, at, size = chance.choice(places)
    at, mask = at + chance.randrange(size), 1 << chance.randrange(8)
    root = chaos.folder / name / "project"
    shutil.copytree(finished.root, root, symlinks=True)
    project = ProjectDir(root)
    for path in (project.work("film") / "muxed.mkv", project.work("film") / "validation.json"):
        path.unlink()
    output_of(project).unlink()
    program = faulty(chaos.folder / name, chaos.ffmpeg, "flip", MUX, at=at, mask=mask)
    settings = root / "drapto.toml"
    settings.write_text(settings.read_text().replace(f"'{chaos.ffmpeg}'", f"'{program}'"))
    code, said = run(project)
    wrong = judged(project, whole, code, said)
    if "made again by" not in said or "audio" not in said:
        wrong.append(f"not found: {said[-600:]}")
    return Outcome(f"track {track}, byte {at} ^ {mask}, exit code {code}", "; ".join(wrong))
