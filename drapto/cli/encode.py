"""`drapto encode`: files in, finished files out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import click

from drapto.cli import options, quality
from drapto.cli.building import built
from drapto.cli.ranges import Whole
from drapto.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

MOST_JOBS = 256


@click.command(
    short_help="Encode MKV files.",
    epilog=options.examples(
        "drapto encode movie.mkv -o out",
        "drapto encode movie.mkv -o small.mkv --vmaf 90",
        "drapto encode rips/ -o out --preset 4 -n 2",
        "drapto encode movie.mkv -o out --range 10:00-12:00",
    ),
)
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True, type=options.PATH)
@click.option(
    "-o",
    "--output",
    type=options.PATH,
    metavar="DIR|FILE",
    required=True,
    help="Where the finished files go; a .mkv names the one.",
)
@options.work_dir
@click.option("-n", "--jobs", type=Whole(1, MOST_JOBS), metavar="JOBS", help="Tasks side by side.")
@click.option("--mode", type=click.Choice(["auto", "standard", "chunked"]), help="Encoding strategy.")
@quality.quality_options
@click.option("--thorough", is_flag=True, help="Measure every frame instead of a sample.")
@options.profile_option
@options.cluster
@options.set_options
@options.config_file
@options.events_option
@options.as_json
@quality.no_skip
@click.option("--overwrite", is_flag=True, help="Replace a file of another source in an output's place.")
@click.option("--force", is_flag=True, help="Do everything again, whatever is up to date.")
def encode(
    *,
    jobs: int | None,
    mode: str | None,
    thorough: bool,
    no_skip: bool,
    cluster: str | None,
    overwrite: bool,
    force: bool,
    events: Path | None,
    as_json: bool,
    **named: Unpack[quality.Asked],
) -> int:
    """Encode INPUT (MKV files, or directories of them) to AV1/Opus MKVs of the same names.

    What is up to date already is not done again; an interrupted encode goes on where it stopped.

    --json shows no progress, and prints at the end what became of each file: sizes, CRFs, scores, failures.
    """
    if as_json and str(events) == "-":
        raise UsageError("--json and --events - both want standard output", remedy="name a file for --events")
    project = options.open_named(
        named,
        {
            **quality.of_quality(named),
            "quality.thorough": thorough or None,
            "encoding.mode": mode,
            "output.if_exists": "overwrite" if overwrite else None,
            **quality.not_skipping(no_skip),
            **options.on_cluster(cluster),
        },
    )
    return built(project, events, force=force, jobs=jobs, as_json=as_json)
