"""Where the commands write."""

from __future__ import annotations

import click

from drapto.terminal import shown


def say(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Write ``text``, free of what a terminal would act on.

    Args:
        text: One line or several.
        err: Write to standard error.
        nl: End with a newline.
    """
    click.echo(shown(text), err=err, nl=nl)
