"""`drapto init`: a project directory."""

from __future__ import annotations

from pathlib import Path

import click

from drapto.cli import dodo, options
from drapto.cli.options import PATH
from drapto.cli.output import say
from drapto.config import FILE_NAME, load_config
from drapto.config.writing import template
from drapto.engine.atomic import write_text
from drapto.errors import printable
from drapto.sources import find_sources


@click.command(
    short_help="Make a project directory.",
    epilog=options.examples("drapto init films && cd films", "mv /rips/*.mkv source/", "drapto run"),
)
@click.argument("directory", metavar="[DIR]", type=PATH, default=Path())
def init(directory: Path) -> None:
    """Make DIR (by default the current directory) a project.

    Writes dodo.py, drapto.toml with every setting as a comment, and the directories for sources and output.
    What is there already is left as it is. Only a dodo.py that an earlier version wrote, and that no longer
    works, is written anew.
    """
    from drapto.rules.project import DODO  # noqa: PLC0415  the graph is only needed here

    files = {dodo.FILE: DODO, FILE_NAME: template()}
    for name, text in files.items():
        path = directory / name
        if path.exists() and name == dodo.FILE:
            say(f"{printable(path)} {dodo.bring_up_to_date(path, text)}")
        elif path.exists():
            say(f"{printable(path)} is there already")
        else:
            write_text(path, text)
            say(f"{printable(path)} written")
    config = load_config(directory)
    for folder in (config.input.source_dir, config.output.dir):
        (directory / folder).mkdir(parents=True, exist_ok=True)
    sources = directory / config.input.source_dir
    run = f"run `drapto run` in {printable(directory.resolve())}"
    if find_sources(sources, config):
        say(f"{printable(sources)} has MKV files already: {run}")
    else:
        say(f"Put MKV files into {printable(sources)}, then {run}")
