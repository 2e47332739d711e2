"""`drapto score`: how close one file's picture comes to another's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from drapto.cli import options
from drapto.cli.output import say
from drapto.cli.ranges import Whole
from drapto.display.busy import Busy
from drapto.errors import printable
from drapto.words import count_text, time_text

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.output.score import Score


@click.command(
    short_help="Score one file's picture against another's.",
    epilog=options.examples("drapto score film.mkv out/film.mkv", "drapto score a.mkv b.mkv --json"),
)
@click.argument("source", metavar="SOURCE", type=options.PATH)
@click.argument("output", metavar="OUTPUT", type=options.PATH)
@click.option("--every", type=Whole(min=1), metavar="N", help="Measure every N-th frame.")
@click.option("--model", type=click.Choice(["v0.6.1", "v1"]), help="Which of Netflix's VMAF models.")
@click.option("--viewing", type=click.Choice(["tv", "phone"]), help="Where it is watched; phone needs v1.")
@click.option("--crop", metavar="W:H:X:Y", help="What of SOURCE's picture OUTPUT shows; by default: found.")
@options.set_options
@options.config_file
@options.as_json
def score(
    *,
    source: Path,
    output: Path,
    every: int | None,
    model: str | None,
    viewing: str | None,
    crop: str | None,
    set_: tuple[str, ...],
    config_file: Path | None,
    as_json: bool,
) -> None:
    """Score OUTPUT's picture against SOURCE's, both as a display shows them. Nothing is written.

    The number is the one that drapto's own encodes are held to: VMAF of each frame against its own in SOURCE.
    """
    for path in (source, output):
        options.require_file(path)
    given = {"quality.vmaf_model": model, "quality.viewing": viewing, "crop.rect": crop}
    config = options.settings(set_, config_file, given).config
    from drapto.output.score import score as measured  # noqa: PLC0415  loads PyAV and all that measures

    with Busy("measuring") as busy:
        found = measured(source.absolute(), output.absolute(), config, every=every, crop=crop, tell=busy.tell)
    if as_json:
        options.echo_json(found.model_dump(mode="json"))
        return
    for line in describe(found):
        say(line)


def describe(found: Score) -> list[str]:
    """Return what was found, in lines."""
    scores, display = found.scores, found.display
    crop = f"; of the source {found.crop}" if found.crop else ""
    every = "all of them" if scores.stride == 1 else f"{len(scores.values)} of them, one in {scores.stride},"
    worst = ", ".join(f"{moment.score:.1f} at {time_text(moment.time)}" for moment in found.worst)
    return [
        printable(f"{found.output} against {found.source}"),
        f"VMAF         {scores.harmonic:.2f} (harmonic mean)",
        f"mean         {scores.mean:.2f}",
        f"percentiles  5th {scores.p5:.2f}, 10th {found.p10:.2f}, lowest frame {scores.minimum:.2f}",
        f"lowest       {worst}",
        f"model        {display.model}, on a display that shows the whole picture at {display.size}",
        f"compared     at {found.shown[0]}x{found.shown[1]}{crop}",
        f"frames       {count_text(found.frames, 'frame')}, {every} measured; paired {found.paired}",
        *(f"⚠ {note}" for note in found.notes),
    ]
