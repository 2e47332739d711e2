"""`drapto run`: the project in the current directory, as `doit` builds it, for people who have no doit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import click

from drapto.cli import options, quality
from drapto.cli.building import built
from drapto.cli.encode import MOST_JOBS
from drapto.cli.output import say
from drapto.cli.ranges import Whole
from drapto.cli.titles import idle_settings, nothing_here, tasks_of
from drapto.project import open_project

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.command(
    short_help="Encode the titles of this project.",
    epilog=options.examples(
        "drapto run",
        "drapto run 'Alien (1979)' -n 2",
        "drapto run 'audio:Alien (1979)'",
        "drapto run --preset 4",
    ),
)
@click.argument("titles", metavar="[TITLE]...", nargs=-1)
@click.option("-n", "--jobs", type=Whole(1, MOST_JOBS), metavar="JOBS", help="Tasks side by side.")
@quality.quality_options
@options.profile_option
@options.cluster
@options.set_options
@options.events_option
@quality.no_skip
@click.option("--force", is_flag=True, help="Do everything again, whatever is up to date.")
def run(
    *,
    titles: Sequence[str],
    jobs: int | None,
    set_: Sequence[str],
    profile: str | None,
    events: Path | None,
    no_skip: bool,
    cluster: str | None,
    force: bool,
    **asked: Unpack[quality.Quality],
) -> int:
    """Encode what is not up to date in this project: all of its titles, or those that TITLE names.

    A TITLE is a source's name, with or without .mkv, or what `drapto status` calls it. A step alone can be
    named, too: audio for that of all titles, audio:TITLE for that of one. It runs with what it needs.
    """
    given = {
        "profile": profile,
        **quality.of_quality(asked),
        **quality.not_skipping(no_skip),
        **options.on_cluster(cluster),
    }
    loaded = options.settings(set_, options=given)
    project = replace(open_project(Path.cwd(), loaded.config), given=options.for_this_run(loaded))
    if not project.titles:
        say(nothing_here(project))
        return 0
    for line in idle_settings(project):
        say(line, err=True)
    return built(project, events, tasks_of(project, titles), force=force, jobs=jobs)
