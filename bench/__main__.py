"""Run every benchmark: ``python -m bench [--rounds N] [--clip FILE] [--only encoding|idle]``."""

from __future__ import annotations

import os
from pathlib import Path

import click

from bench import encoding, idle, report
from drapto import tools
from tests import clips

CHECKOUT = Path(__file__).parent.parent
REAL_CLIP = CHECKOUT.parent / "shared" / "media" / "sintel_trailer_720p.mkv"
DOCUMENT = CHECKOUT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


@click.command()
@click.option("--rounds", default=3, show_default=True, help="How often each comparison is made.")
@click.option("--clip", type=click.Path(path_type=Path, exists=True), help="Encode this one.")
@click.option("--chunk-size", default=8.0, show_default=True, help="Seconds per segment.")
@click.option("--only", type=click.Choice(["encoding", "idle"]), help="Run one of them; nothing is written.")
def main(rounds: int, clip: Path | None, chunk_size: float, only: str | None) -> None:
    """Measure, print, and write docs/benchmarks.md."""
    found = tools.find_tools()
    folder = CHECKOUT / ".bench"
    folder.mkdir(exist_ok=True)
    rows: list[report.Row] = []
    notes: list[str] = []
    if only != "idle":
        chosen = clip or (
            REAL_CLIP
            if REAL_CLIP.exists()
            else clips.make_sample(found.ffmpeg, folder / "sample.mkv", seconds=40)
        )
        cores = set(sorted(os.sched_getaffinity(0))[:2])
        compared = encoding.compare(
            chosen.resolve(),
            folder / "encoding",
            found.ffmpeg,
            rounds=rounds,
            cores=cores,
            chunk_size=chunk_size,
        )
        rows += report.encoding_rows(compared)
        notes.append(
            f"Encoding: {compared.clip}, preset {encoding.PRESET}, CRF {encoding.CRF}, "
            f"{compared.segments} segments of about {chunk_size:g} s, {compared.cores} cores, "
            f"median of {rounds} rounds."
        )
    if only != "encoding":
        resting = idle.measure(folder / "idle", found.ffmpeg, rounds=5)
        rows += report.idle_rows(resting, idle.TITLES)
        floor = f"a doit with a single task of its own takes {resting.floor:.2f} s here"
        notes.append(f"Nothing to do: median of 5; {floor}.")
    text = "\n\n".join([f"Machine: {report.machine(found)}.", *notes, report.table(rows)])
    click.echo(text)
    if only is None:
        _write(text)


def _write(text: str) -> None:
    before = (
        DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.exists() else f"# Benchmarks\n\n{BEGIN}\n{END}\n"
    )
    head, rest = before.split(BEGIN, 1)
    _, tail = rest.split(END, 1)
    DOCUMENT.write_text(f"{head}{BEGIN}\n\n{text}\n\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
