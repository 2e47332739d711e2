"""`drapto sample`: what a film will come to, from three of its scenes."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import click

from drapto.cli import options, quality
from drapto.cli.output import say
from drapto.display.busy import Busy
from drapto.errors import UsageError, printable
from drapto.words import change_text, score_text, size_text, time_text

if TYPE_CHECKING:
    from drapto.cli.scenes import Sample


@click.command(
    short_help="Encode three scenes, and predict the whole.",
    epilog=options.examples("drapto sample movie.mkv", "drapto sample movie.mkv --profile small --json"),
)
@click.argument("source", metavar="INPUT", type=options.PATH)
@click.option(
    "-o",
    "--output",
    "pictures",
    metavar="NAME",
    type=options.PATH,
    help="What the pictures' names begin with (default: INPUT's name and .sample, in this directory).",
)
@click.option("--no-pictures", is_flag=True, help="Write no pictures.")
@quality.quality_options
@options.profile_option
@options.set_options
@options.config_file
@options.as_json
def sample(
    *,
    source: Path,
    pictures: Path | None,
    no_pictures: bool,
    as_json: bool,
    set_: tuple[str, ...],
    profile: str | None,
    config_file: Path | None,
    **asked: Unpack[quality.Quality],
) -> None:
    """Encode three scenes of INPUT; say about how large and good all of it will be, and how long it takes.

    Pictures of source beside output are written; nothing else is left.
    """
    options.require_file(source)
    given = {"profile": profile, **quality.of_quality(asked)}
    config = options.settings(set_, config_file, given).config.of(source.stem)
    named = None if no_pictures else (pictures or Path(f"{source.stem}.sample")).absolute()
    if named is not None and not named.parent.is_dir():
        raise UsageError("is not a directory", path=named.parent, remedy="make it, or name another with -o")
    from drapto.cli.scenes import sample as sampled  # noqa: PLC0415  what encodes comes after the arguments

    with Busy("encoding three scenes") as busy:
        found = sampled(source.absolute(), config, named, busy.tell)
    if as_json:
        options.echo_json(asdict(found))
        return
    for line in describe(found):
        say(line)


def describe(found: Sample) -> list[str]:
    """Return what was found, in lines."""
    change = found.bytes / found.source_bytes - 1
    spread = f"{size_text(found.smallest)} to {size_text(found.largest)}, by the scene"
    more = f"; {found.uncounted} copied audio tracks come to it" if found.uncounted else ""
    of_source = f"{change_text(change)} of {size_text(found.source_bytes)}"
    size = f"about {size_text(found.bytes)} ({of_source}; {spread}{more})"
    lines = [
        f"{printable(Path(found.source).name)}: {found.quality}",
        f"size    {size}",
        f"time    about {time_text(found.seconds)} on this machine",
    ]
    for number, scene in enumerate(found.scenes, 1):
        score = "" if scene.score is None else f", {score_text(scene.metric, scene.score)}"
        picture = "" if scene.picture is None else f", {printable(scene.picture)}"
        lines.append(f"scene {number} at {time_text(scene.time)}: CRF {scene.crf:g}{score}{picture}")
    if found.bytes > found.source_bytes:
        lines.append("⚠ it would come out larger than its source, and be skipped: see output.if_larger")
    return lines
