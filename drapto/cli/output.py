"""Where the commands write."""

from __future__ import annotations

import sys

import click

from drapto.display.wrapping import width_of, wrapped
from drapto.terminal import shown


def say(text: str, *, err: bool = False) -> None:
    """Write ``text``, free of what a terminal would act on; on a terminal, lines break between words.

    Args:
        text: One line or several.
        err: Write to standard error.
    """
    width = width_of(sys.stderr if err else sys.stdout)
    write("\n".join(wrapped(line, width) for line in shown(text).split("\n")) if width else text, err=err)


def write(text: str, *, err: bool = False) -> None:
    """Write ``text`` as `say`, its lines as they are: JSON, a file, a traceback."""
    click.echo(shown(text), err=err, nl=not text.endswith("\n"))
