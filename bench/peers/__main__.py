"""Run drapto and its peers in turn, and write the table: ``make bench-peers``; see ``--help``."""

from __future__ import annotations

import os
import shutil
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bench.clips import make_film
from bench.peers import chart, kept, running, scoring, tables
from bench.peers.found import Found, Settings
from bench.peers.peer import AbsentError, Job, NoWayError
from bench.peers.programs import PEERS
from bench.peers.results import Results
from bench.report import machine
from drapto import tools

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.peers.peer import Peer

CHECKOUT = Path(__file__).parent.parent.parent
MEDIA = CHECKOUT.parent / "shared" / "media"
DOCUMENT, CHART = CHECKOUT / "docs" / "peers.md", CHECKOUT / "docs" / "peers.svg"
CLIPS = ("marathon_540p60.mkv",)
"""Besides the film: of those that have no bars, which each program would cut off in its own way."""

MODES = ("fixed", "target")

CRF, TARGET = 27.0, 93.0
"""The CRF is near the mean of what the film takes for the target."""


class Bench:
    """One run of the whole comparison."""

    def __init__(self, settings: Settings, folder: Path, films: list[Path]) -> None:
        self.settings = settings
        self.folder = folder
        self.films = films
        self.found = tools.find_tools()
        self.cores = set(sorted(os.sched_getaffinity(0))[:2])
        self.results = Results(folder / "results.jsonl")
        self.absent: dict[str, str] = {}
        self.peers: list[Peer] = []
        self.versions: dict[str, str] = {}
        for kind in PEERS:
            peer = kind(self.found.ffmpeg)
            try:
                self.versions[peer.name] = peer.version()
            except AbsentError as error:
                self.absent[peer.name] = str(error)
            else:
                self.peers.append(peer)

    def find(self, peer: Peer, look: Callable[[], dict[str, Any]], *key: object) -> dict[str, Any]:
        """Return what is known or found of a program; the version that it is of is kept with it."""
        return self.results.find(lambda: {**look(), "of": self.versions[peer.name]}, *key)

    def job(self, peer: Peer, film: Path, mode: str, name: str) -> Job:
        """Return what is asked of ``peer``."""
        crf = self.settings.crf if mode == "fixed" else None
        folder = self.folder / "jobs" / f"{peer.name}-{name}-{film.stem}-{mode}"
        return Job(film, folder, self.settings.preset, crf, self.settings.target, chunk=self.settings.chunk)

    def run(self) -> None:
        """Do all that has not been done."""
        if left := running.end_leftovers(self.folder / "jobs"):
            click.echo(f"ended {left} processes of a run that was killed")
        for number in range(self.settings.rounds):
            for film in self.films:
                for mode in MODES:
                    for peer in self.peers:
                        self.encode(peer, film, mode, number)
        source = kept.make(self.found.ffmpeg, self.folder)
        for peer in self.peers:
            self.find(peer, partial(self.keep, peer, source), "kept", peer.name)
        for peer in self.peers:
            self.kill(peer, self.films[0])
        shutil.rmtree(self.folder / "jobs", ignore_errors=True)

    def encode(self, peer: Peer, film: Path, mode: str, number: int) -> None:
        """Encode a film, and score it the first time; run it once more on what is finished."""
        job = self.job(peer, film, mode, f"round{number}")

        def look() -> dict[str, Any]:
            try:
                took = running.whole(peer, job, self.cores)
            except NoWayError as error:
                return {"none": str(error)}
            return {"took": asdict(took), "encoder": peer.encoder(job.folder / "bench.log")}

        key = ("took", film.stem, mode, peer.name, number)
        good = self.say(key, self.find(peer, look, *key))
        if number:
            shutil.rmtree(job.folder, ignore_errors=True)  # that of the first round is scored
        if number or not good or not job.folder.exists():
            return
        key = ("worth", film.stem, mode, peer.name)
        self.say(key, self.find(peer, lambda: asdict(self.worth(peer, job)), *key))
        if film == self.films[0] and mode == (peer.starts_over or "fixed"):
            key = ("idle", film.stem, peer.name)
            self.say(
                key, self.find(peer, lambda: {"took": asdict(running.idle(peer, job, self.cores))}, *key)
            )

    def worth(self, peer: Peer, job: Job) -> scoring.Worth:
        """Score what came of a job."""
        every = self.settings.every
        return scoring.worth(self.found.ffmpeg, peer.made(job), job.source, every=every, scratch=job.folder)

    def keep(self, peer: Peer, source: Path) -> dict[str, Any]:
        """Return what a program keeps of a file that has everything."""
        folder = self.folder / "jobs" / f"{peer.name}-kept"
        job = Job(source, folder, 10, 30.0, self.settings.target, tracks=True, surround=kept.SURROUND)
        running.whole(peer, job, self.cores)
        return {"kept": kept.compare(kept.read(source), kept.read(peer.made(job)))}

    def kill(self, peer: Peer, film: Path) -> None:
        """Kill a program in the middle of the first film, and run it again."""
        mode = peer.starts_over or "fixed"
        usual = self.results.get("took", film.stem, mode, peer.name, 0)
        if "took" not in usual:
            return
        job = self.job(peer, film, mode, "killed")
        half = usual["took"]["wall"] / 2
        key = ("resume", film.stem, peer.name)
        found = self.find(peer, lambda: asdict(running.resume(peer, job, self.cores, after=half)), *key)
        self.say(key, found)

    def say(self, key: tuple[object, ...], found: dict[str, Any]) -> bool:
        """Print what was found; return whether it is a figure."""
        told = {name: one for name, one in found.items() if name not in ("key", "at")}
        click.echo(f"{' '.join(map(str, key))}: {str(told)[:300]}")
        return "failed" not in found and "none" not in found


@click.command()
@click.option("--rounds", default=2, show_default=True, help="How often each encode is made.")
@click.option("--preset", default=6, show_default=True, help="Of SVT-AV1, for all of them.")
@click.option("--every", default=1, show_default=True, help="Score every such frame: an odd number.")
@click.option(
    "--clip", type=click.Path(path_type=Path, exists=True), help="This film alone; the page is left as it is."
)
@click.option("--film-only", is_flag=True, help="Leave the other clips out.")
@click.option("--print-only", is_flag=True, help="Leave docs/peers.md and its chart as they are.")
def main(rounds: int, preset: int, every: int, clip: Path | None, film_only: bool, print_only: bool) -> None:
    """Measure what an earlier run of the same settings has not, and write docs/peers.md and docs/peers.svg.

    To measure all anew, delete .bench/peers. To see in minutes whether every program works here:
    --clip CLIP --preset 12 --rounds 1, with a clip of some seconds.
    """
    settings = Settings(rounds, preset, CRF, TARGET, every)
    folder = CHECKOUT / ".bench" / "peers" / f"preset-{preset}-every-{every}"
    folder.mkdir(parents=True, exist_ok=True)
    bench = Bench(settings, folder, _films(folder.parent, clip, film_only=film_only))
    bench.run()
    found = Found(bench.results, settings, [film.stem for film in bench.films], bench.absent)
    text = "\n\n".join([f"Machine: {machine(bench.found)}.", *tables.text(found)])
    click.echo(text)
    if not print_only and clip is None:
        tables.put(DOCUMENT, f"{text}\n\n![What each takes, drapto's being 1]({CHART.name})")
        CHART.write_text(chart.drawn(found), encoding="utf-8")


def _films(folder: Path, clip: Path | None, *, film_only: bool) -> list[Path]:
    """Return what is encoded, the film first."""
    if clip:
        return [clip.resolve()]
    if not MEDIA.exists():
        raise click.UsageError("the shared clips are not here: name one with --clip")
    film = make_film(tools.find_tools().ffmpeg, MEDIA, folder / "film.mkv")
    return [film] if film_only else [film, *((MEDIA / name).resolve() for name in CLIPS)]


if __name__ == "__main__":
    main()
