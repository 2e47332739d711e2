"""The command line: commands parse and print, the work is elsewhere. One file per command."""

from __future__ import annotations

import os

import click

from drapto import __version__
from drapto.cli.group import Commands

__all__ = ["main"]

if "_DRAPTO_COMPLETE" in os.environ:  # a shell asks, by click's variable
    from drapto.cli import completion

    completion.use()


EXAMPLES = """\b
Examples:
  drapto encode movie.mkv -o films
  drapto sample movie.mkv
  drapto encode --help"""


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EXAMPLES,
)
@click.version_option(__version__, "-V", "--version", message="drapto %(version)s")
def main() -> None:
    """Turn MKV rips of discs into small AV1/Opus MKVs that lose nothing a viewer would notice."""
