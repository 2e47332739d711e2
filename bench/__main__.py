"""Run every benchmark: ``python -m bench``; see ``--help``."""

from __future__ import annotations

import os
from pathlib import Path

import click

from bench import encoding, eta, film, idle, quality, report, scale
from bench.clips import make_film
from drapto import tools
from tests import clips

CHECKOUT = Path(__file__).parent.parent
REAL_CLIPS = CHECKOUT.parent / "shared" / "media"
REAL_CLIP = REAL_CLIPS / "sintel_trailer_720p.mkv"
SECOND_CLIP = REAL_CLIPS / "marathon_540p60.mkv"
DOCUMENT = CHECKOUT / "docs" / "benchmarks.md"
PEERS = 4
"""Segments of each clip that ab-av1 is given, too."""

QUALITY_LENGTH = 2
"""How often in a row a clip is given a target: two rounds of both clips take 20 minutes."""

FILM_ROUNDS = 2
"""A round of the film takes six times as long as an encode of it."""

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


@click.command()
@click.option("--rounds", default=3, show_default=True, help="How often each comparison is made.")
@click.option("--clip", type=click.Path(path_type=Path, exists=True), help="Encode this one.")
@click.option("--length", default=4, show_default=True, help="Encode the clip so often in a row.")
@click.option("--chunk-size", default=15.0, show_default=True, help="Seconds per segment.")
@click.option(
    "--only",
    type=click.Choice(["encoding", "film", "idle", "quality", "scale", "eta", "cluster", "workers"]),
    help="Run one; nothing is written.",
)
def main(rounds: int, clip: Path | None, length: int, chunk_size: float, only: str | None) -> None:
    """Measure, print, and write docs/benchmarks.md."""
    os.environ["DRAPTO_IF_LARGER"] = "keep"  # clips of one frame a second become larger
    found = tools.find_tools()
    folder = CHECKOUT / ".bench"
    folder.mkdir(exist_ok=True)
    rows: list[report.Row] = []
    notes: list[str] = []
    cores = set(sorted(os.sched_getaffinity(0))[:2])
    chosen = clip or _default_clip(found.ffmpeg, folder)
    if only in (None, "encoding"):
        played = _lengthened(found.ffmpeg, chosen, folder, length)
        compared = encoding.compare(
            played, folder / "encoding", found.ffmpeg, rounds=rounds, cores=cores, chunk_size=chunk_size
        )
        rows += report.encoding_rows(compared)
        notes.append(
            f"Encoding: {compared.clip}, preset {encoding.PRESET}, CRF {encoding.CRF}, "
            f"{compared.segments} segments of about {chunk_size:g} s, {compared.cores} cores, "
            f"median of {rounds} rounds; plain ffmpeg took {compared.plain_wall():.0f} s."
        )
    if only in (None, "quality"):
        others = [SECOND_CLIP] if clip is None and SECOND_CLIP.exists() else []
        for each in [_lengthened(found.ffmpeg, one, folder, QUALITY_LENGTH) for one in (chosen, *others)]:
            aimed = quality.measure(
                each,
                folder / "quality",
                found.ffmpeg,
                cores=cores,
                chunk_size=chunk_size,
                peers=PEERS,
                rounds=rounds,
            )
            rows += report.quality_rows(aimed)
            notes.append(f"Target: {each.name}, VMAF 93, {len(aimed.encodes)} segments, {rounds} rounds.")
    if only in (None, "film") and (REAL_CLIPS.exists() or clip):
        shown = film.measure(
            clip or make_film(found.ffmpeg, REAL_CLIPS, folder / "film.mkv"),
            folder / "film",
            found.ffmpeg,
            cores=cores,
            chunk_size=chunk_size,
            rounds=min(rounds, FILM_ROUNDS),
        )
        rows += report.film_rows(shown)
        notes.append(
            f"Film: {shown.film}, {shown.seconds:.0f} s of scenes that no constant was set on, "
            f"{len(shown.records)} segments, mean CRF {shown.mean_crf:.1f}, {len(shown.targeted)} rounds."
        )
    if only in (None, "idle"):
        resting = idle.measure(folder / "idle", found.ffmpeg, rounds=5)
        rows += report.idle_rows(resting, idle.TITLES)
        floor = f"a doit with a single task of its own takes {resting.floor:.2f} s here"
        notes.append(f"Nothing to do: median of 5; {floor}.")
    if only in ("eta", "cluster", "workers"):
        more, said = _asked_for(only, found.ffmpeg, folder, chosen, rounds, length, chunk_size)
        rows += more
        notes.append(said)
    if only in (None, "scale"):
        rows += report.scale_rows(scale.measure(folder / "scale", found.ffmpeg))
        notes.append("Scale: one run each, of films of which every segment is one frame of 64x64.")
    text = "\n\n".join([f"Machine: {report.machine(found)}.", *notes, report.table(rows)])
    click.echo(text)
    if only is None:
        _write(text)


def _asked_for(
    only: str, ffmpeg: Path, folder: Path, chosen: Path, rounds: int, length: int, chunk_size: float
) -> tuple[list[report.Row], str]:
    """Measure what is measured only where it is asked for; return its figures, and a note."""
    if only == "eta":  # of a busy machine, the others' load is all that it shows
        told = eta.measure(folder / "eta", _kinds(chosen), rounds=min(rounds, 2))
        return report.eta_rows(told), (
            f"Remaining time: preset {eta.PRESET}; errors are parts of the run's whole time."
        )
    from bench import cluster  # noqa: PLC0415  needs distributed

    if only == "workers":
        simulated = cluster.simulate(
            folder / "workers", ffmpeg, workers=32, calls=10_000, sleep=5.0, most=7200
        )
        return [], simulated.text()
    played = _lengthened(ffmpeg, chosen, folder, length)
    slots = len(set(sorted(os.sched_getaffinity(0))[:2]))
    spread = cluster.compare(played, folder / "cluster", rounds=rounds, chunk_size=chunk_size, slots=slots)
    note = f"Cluster: {spread.clip}, as many workers of one slot as cores, {rounds} pairs."
    return report.cluster_rows(spread), note


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


def _default_clip(ffmpeg: Path, folder: Path) -> Path:
    """Return the Sintel trailer where the shared clips are, else a sample made here."""
    return REAL_CLIP if REAL_CLIP.exists() else clips.make_sample(ffmpeg, folder / "sample.mkv", seconds=40)


def _lengthened(ffmpeg: Path, clip: Path, folder: Path, length: int) -> Path:
    """Return ``clip``, ``length`` times in a row, picture and sound: a film is longer than a trailer."""
    if length == 1:
        return clip.resolve()
    target = folder / f"{clip.stem}-x{length}.mkv"
    if not target.exists():
        streams = ("-map", "0:V", "-map", "0:a?", "-c", "copy")
        clips.run_ffmpeg(ffmpeg, "-stream_loop", str(length - 1), "-i", clip, *streams, target)
    return target


def _write(text: str) -> None:
    """Put the figures between the two marks of the document."""
    head, rest = DOCUMENT.read_text(encoding="utf-8").split(BEGIN, 1)
    _, tail = rest.split(END, 1)
    DOCUMENT.write_text(f"{head}{BEGIN}\n\n{text}\n\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
