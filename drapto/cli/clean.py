"""`drapto clean`: takes back the disk space."""

from __future__ import annotations

from typing import Unpack

import click

from drapto.cli import options
from drapto.cli.output import say
from drapto.errors import printable


@click.command(short_help="Remove work files.", epilog=options.examples("drapto clean", "drapto clean --all"))
@options.project_options
@click.option(
    "--all", "everything", is_flag=True, help="All work files and the state: the next run starts anew."
)
def clean(everything: bool, **named: Unpack[options.Named]) -> None:
    """Remove the work files of finished titles, which stay up to date.

    Without INPUT these are the titles of the project; --all then removes those of every `drapto encode` here,
    too. Sources and outputs are never touched.

    INPUT is an MKV file, a directory of them, or a title of this project, as `drapto run` takes it.
    """
    project = options.open_named(named)
    from drapto import rules  # noqa: PLC0415  the graph comes once the arguments have proved good

    removed = rules.clean(project, everything=everything, of_others=not named["inputs"])
    for path in removed:
        say(f"removed {printable(path)}")
    if everything and removed and any(title.output.is_file() for title in project.titles):
        say("the finished files stay; to have a run replace them: --set output.if_exists=overwrite")
    if not removed:
        say("nothing to remove")
        if not named["inputs"] and rules.others(project):
            say("of `drapto encode` there is work: name its inputs and -o, or remove all of it with --all")
