"""`drapto compare`: a page that holds any two files against each other."""

from __future__ import annotations

from pathlib import Path

import click

from drapto.cli import options
from drapto.cli.output import say
from drapto.cli.ranges import Whole
from drapto.cli.report import show
from drapto.display.busy import Busy
from drapto.errors import UsageError, printable


@click.command(
    short_help="Make a page that holds two files against each other.",
    epilog=options.examples(
        "drapto compare film.mkv out/film.mkv --open", "drapto compare a.mkv b.mp4 -o ab.html"
    ),
)
@click.argument("source", metavar="SOURCE", type=options.PATH)
@click.argument("output", metavar="OUTPUT", type=options.PATH)
@click.option(
    "-o",
    "--output",
    "target",
    metavar="HTML",
    type=options.PATH,
    help="Where the page goes (default: OUTPUT's name with .compare.html, in the current directory).",
)
@click.option("--every", type=Whole(min=1), metavar="N", help="Measure every N-th frame.")
@click.option("--crop", metavar="W:H:X:Y", help="What of SOURCE's picture OUTPUT shows; by default: found.")
@click.option("--open", "open_", is_flag=True, help="Open the page in a browser.")
@options.set_options
@options.config_file
def compare(
    *,
    source: Path,
    output: Path,
    target: Path | None,
    every: int | None,
    crop: str | None,
    open_: bool,
    set_: tuple[str, ...],
    config_file: Path | None,
) -> None:
    """Score OUTPUT's picture against SOURCE's, and make a page of it: over time, worst scenes, tracks.

    Any two files that ffmpeg reads, whoever made them; `drapto score` has the numbers alone.
    """
    for path in (source, output):
        options.require_file(path)
    page = (target or Path(f"{output.stem}.compare.html")).absolute()
    if page in (source.absolute(), output.absolute()) or page.is_dir():
        raise UsageError("is no place for the page", path=page, remedy="name an HTML file with -o")
    config = options.settings(set_, config_file, {"crop.rect": crop}).config
    from drapto.report.compare import compare as compared  # noqa: PLC0415  loads PyAV and all that measures
    from drapto.report.render import write_page  # noqa: PLC0415  as above

    with Busy("measuring") as busy:
        content = compared(
            source.absolute(), output.absolute(), config, every=every, crop=crop, tell=busy.tell
        )
        write_page(content, page)
    say(f"{printable(page)}")
    if open_:
        show(page)
