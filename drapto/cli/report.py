"""`drapto report`: a page about each finished title, and one about all of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import click

from drapto.cli import options
from drapto.cli.output import say
from drapto.cli.titles import nothing_here
from drapto.display.busy import Busy
from drapto.errors import EXIT_FAILED, printable
from drapto.project import open_project
from drapto.words import count_text

if TYPE_CHECKING:
    from drapto.project import Project


@click.command(
    short_help="Make a page about each finished title.",
    epilog=options.examples("drapto report --open", "drapto report film.mkv -o out"),
)
@options.project_options
@click.option("--again", is_flag=True, help="Make pages anew that are there already.")
@click.option("--open", "open_", is_flag=True, help="Open the page of all titles in a browser.")
def report(again: bool, open_: bool, **named: Unpack[options.Named]) -> int:
    """Make the pages of finished titles that have none, or an outdated one, and a page about all titles.

    A page holds all that it shows, and can be sent to somebody as it is.

    INPUT is an MKV file, a directory of them, or a title of this project, as `drapto run` takes it.
    """
    project = options.open_named(named)
    if not project.titles:
        say(nothing_here(project))
        return 0
    from drapto import rules  # noqa: PLC0415  the graph comes once the arguments have proved good

    with Busy("making pages") as busy:
        done = rules.write_reports(
            _whole(project, named),
            project.titles,
            again=again,
            tell=lambda title: busy.now(f"making the page of {title.source.stem}"),
        )
    for problem in done.problems:
        say(f"⚠ {problem}", err=True)
    there = len(done.made) + len(done.kept)
    skipped = len(set(done.unfinished) & rules.skips(project).keys()) if done.unfinished else 0
    left = {"not finished": len(done.unfinished) - skipped, "skipped": skipped}
    unfinished = "".join(f", {number} {what}" for what, number in left.items() if number)
    say(f"{count_text(there, 'page')} ({len(done.made)} made now){unfinished}: {printable(done.index)}")
    if open_:
        show(done.index)
    return EXIT_FAILED if len(done.made) + len(done.kept) + len(done.unfinished) < len(project.titles) else 0


def _whole(project: Project, named: options.Named) -> Project:
    """Return the project that these titles are some of: the page of all titles has the others, too."""
    if not named["inputs"] or named["output"] is not None:
        return project
    whole = replace(open_project(Path.cwd(), project.config), given=project.given)
    works = {title.work for title in whole.titles}
    return whole if all(title.work in works for title in project.titles) else project


def show(page: Path) -> None:
    """Open a page in the user's browser; say where it is where there is none."""
    import webbrowser  # noqa: PLC0415  only who asks for it

    if not webbrowser.open(page.as_uri()):
        say(f"no browser could be started; open {printable(page)}", err=True)
