"""The parts of ``make bench``: what each measures, and the figures that come of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench import encoding, eta, film, idle, quality, report, scale, search
from bench.clips import LEARNT_FROM, make_film
from bench.curves import curves_of
from tests import clips

if TYPE_CHECKING:
    from collections.abc import Callable

CHECKOUT = Path(__file__).parent.parent
REAL_CLIPS = CHECKOUT.parent / "shared" / "media"
REAL_CLIP = REAL_CLIPS / "sintel_trailer_720p.mkv"
SECOND_CLIP = REAL_CLIPS / "marathon_540p60.mkv"

PEERS = 4
"""Segments of each clip that ab-av1 is given, too."""

QUALITY_LENGTH = 2
"""How often in a row a clip is given a target: two rounds of both clips take 20 minutes."""

FILM_ROUNDS = 2
"""A round of the film takes six times as long as an encode of it."""

Figures = tuple[list[report.Row], list[str]]
"""The rows, and what is to be said of them."""


@dataclass(frozen=True)
class Wanted:
    """What is measured.

    Attributes:
        ffmpeg: The ffmpeg in use.
        folder: Where to work.
        rounds: How often each comparison is made.
        clip: The clip in place of the usual ones; None for these.
        length: How often in a row it is encoded.
        chunk_size: Seconds per segment.
    """

    ffmpeg: Path
    folder: Path
    rounds: int
    clip: Path | None
    length: int
    chunk_size: float

    @property
    def cores(self) -> set[int]:
        """The two processors that are used."""
        return set(sorted(os.sched_getaffinity(0))[:2])

    @property
    def chosen(self) -> Path:
        """The clip: Sintel's trailer where the shared clips are, else a sample made here."""
        if self.clip is not None:
            return self.clip
        made = self.folder / "sample.mkv"
        return REAL_CLIP if REAL_CLIP.exists() else clips.make_sample(self.ffmpeg, made, seconds=40)

    def lengthened(self, clip: Path, length: int) -> Path:
        """Return ``clip``, ``length`` times in a row, picture and sound: a film is longer than a trailer."""
        if length == 1:
            return clip.resolve()
        target = self.folder / f"{clip.stem}-x{length}.mkv"
        if not target.exists():
            streams = ("-map", "0:V", "-map", "0:a?", "-c", "copy")
            clips.run_ffmpeg(self.ffmpeg, "-stream_loop", str(length - 1), "-i", clip, *streams, target)
        return target


def of_encoding(wanted: Wanted) -> Figures:
    """Hold the encode stage, and the whole job, against plain ffmpeg."""
    compared = encoding.compare(
        wanted.lengthened(wanted.chosen, wanted.length),
        wanted.folder / "encoding",
        wanted.ffmpeg,
        rounds=wanted.rounds,
        cores=wanted.cores,
        chunk_size=wanted.chunk_size,
    )
    said = (
        f"Encoding: {compared.clip}, preset {encoding.PRESET}, CRF {encoding.CRF}, "
        f"{compared.segments} segments of about {wanted.chunk_size:g} s, {compared.cores} cores, "
        f"median of {wanted.rounds} rounds; plain ffmpeg took {compared.plain_wall():.0f} s."
    )
    return report.encoding_rows(compared), [said]


def of_quality(wanted: Wanted) -> Figures:
    """Hold jobs to a target against jobs at a CRF, and ab-av1 on the same segments."""
    others = [SECOND_CLIP] if wanted.clip is None and SECOND_CLIP.exists() else []
    rows, said = [], []
    for each in [wanted.lengthened(one, QUALITY_LENGTH) for one in (wanted.chosen, *others)]:
        aimed = quality.measure(
            each,
            wanted.folder / "quality",
            wanted.ffmpeg,
            cores=wanted.cores,
            chunk_size=wanted.chunk_size,
            peers=PEERS,
            rounds=wanted.rounds,
        )
        rows += report.quality_rows(aimed)
        said.append(f"Target: {each.name}, VMAF 93, {len(aimed.encodes)} segments, {wanted.rounds} rounds.")
    return rows, said


def of_film(wanted: Wanted) -> Figures:
    """Give a target to a film of scenes that no constant was set on."""
    if not REAL_CLIPS.exists() and wanted.clip is None:
        return [], ["Film: the shared clips are not here."]
    shown = film.measure(
        wanted.clip or make_film(wanted.ffmpeg, REAL_CLIPS, wanted.folder / "film.mkv"),
        wanted.folder / "film",
        wanted.ffmpeg,
        cores=wanted.cores,
        chunk_size=wanted.chunk_size,
        rounds=min(wanted.rounds, FILM_ROUNDS),
    )
    said = (
        f"Film: {shown.film}, {shown.seconds:.0f} s of scenes that no constant was set on, "
        f"{len(shown.records)} segments, mean CRF {shown.mean_crf:.1f}, {len(shown.targeted)} rounds."
    )
    return report.film_rows(shown), [said]


def of_idle(wanted: Wanted) -> Figures:
    """Run where nothing is to be done."""
    resting = idle.measure(wanted.folder / "idle", wanted.ffmpeg, rounds=5)
    floor = f"a doit with a single task of its own takes {resting.floor:.2f} s here"
    return report.idle_rows(resting, idle.TITLES), [f"Nothing to do: median of 5; {floor}."]


def of_scale(wanted: Wanted) -> Figures:
    """See what many segments and titles cost."""
    rows = report.scale_rows(scale.measure(wanted.folder / "scale", wanted.ffmpeg))
    return rows, ["Scale: one run each, of films of which every segment is one frame of 64x64."]


def of_eta(wanted: Wanted) -> Figures:
    """See how far off the told remaining times are: on a busy machine, the others' load is all that shows."""
    told = eta.measure(wanted.folder / "eta", _kinds(wanted.chosen), rounds=min(wanted.rounds, 2))
    said = f"Remaining time: preset {eta.PRESET}; errors are parts of the run's whole time."
    return report.eta_rows(told), [said]


def of_search(wanted: Wanted) -> Figures:
    """Search the CRFs of a film of each half, on encodes that were measured beforehand."""
    if not REAL_CLIPS.exists() and wanted.clip is None:
        return [], ["Search: the shared clips are not here."]
    films = (
        [wanted.clip]
        if wanted.clip
        else [
            make_film(wanted.ffmpeg, REAL_CLIPS, wanted.folder / "learnt.mkv", LEARNT_FROM),
            make_film(wanted.ffmpeg, REAL_CLIPS, wanted.folder / "film.mkv"),
        ]
    )
    rows = []
    for one in films:
        curves = curves_of(one, wanted.folder / "curves", wanted.ffmpeg)
        titles = search.searched(curves, wanted.folder / "search", seconds=wanted.chunk_size)
        rows += report.search_rows(titles)
    said = (
        f"Search: VMAF {film.TARGET:g} by the search itself, on encodes that were measured beforehand; "
        f"learnt.mkv is of the half that constants were set on; {search.SEEDS} searches of each."
    )
    return rows, [said]


def of_cluster(wanted: Wanted) -> Figures:
    """Hold a local cluster against this machine with the same slots."""
    from bench import cluster  # noqa: PLC0415  needs distributed

    spread = cluster.compare(
        wanted.lengthened(wanted.chosen, wanted.length),
        wanted.folder / "cluster",
        rounds=wanted.rounds,
        chunk_size=wanted.chunk_size,
        slots=len(wanted.cores),
    )
    said = f"Cluster: {spread.clip}, as many workers of one slot as cores, {wanted.rounds} pairs."
    return report.cluster_rows(spread), [said]


def of_workers(wanted: Wanted) -> Figures:
    """Give 10,000 calls to 32 simulated workers."""
    from bench import cluster  # noqa: PLC0415  needs distributed

    simulated = cluster.simulate(
        wanted.folder / "workers", wanted.ffmpeg, workers=32, calls=10_000, sleep=3.0, most=7200
    )
    return [], [simulated.text()]


def _kinds(chosen: Path) -> list[tuple[str, list[Path], tuple[str, ...]]]:
    """Return the kinds of titles of which the remaining time is looked at: three, and a queue of them."""
    short = REAL_CLIPS / "friday_bw_pillarbox.mkv"
    second = SECOND_CLIP if SECOND_CLIP.exists() else chosen
    few = short if short.exists() else chosen
    return [
        ("to a target", [chosen], ()),
        ("at a fixed CRF", [second], ("--crf", "30")),
        ("a few seconds", [few], ()),
        ("a queue of three", list(dict.fromkeys([few, chosen, second])), ()),
    ]


PARTS: dict[str, Callable[[Wanted], Figures]] = {
    "encoding": of_encoding,
    "quality": of_quality,
    "film": of_film,
    "idle": of_idle,
    "scale": of_scale,
}
"""What `make bench` measures."""

ASKED_FOR: dict[str, Callable[[Wanted], Figures]] = {
    "eta": of_eta,
    "search": of_search,
    "cluster": of_cluster,
    "workers": of_workers,
}
"""What is measured only where it is asked for."""
