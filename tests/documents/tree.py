"""The commands as click has them."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from drapto.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Found:
    """A command.

    Attributes:
        name: As it is typed: ``drapto cluster worker``.
        command: What click knows of it.
        context: A context for it, as if it had been called.
    """

    name: str
    command: click.Command
    context: click.Context

    @property
    def usage(self) -> str:
        """What follows the name: options and arguments."""
        return " ".join(self.command.collect_usage_pieces(self.context))

    @property
    def text(self) -> list[str]:
        """The help's paragraphs."""
        given = inspect.cleandoc(self.command.help or "")
        return [" ".join(paragraph.split()) for paragraph in given.split("\n\n")]

    @property
    def examples(self) -> list[str]:
        """Lines that can be typed."""
        given = (self.command.epilog or "").splitlines()
        return [line.strip() for line in given if line.startswith("  ")]

    @property
    def options(self) -> list[tuple[str, str]]:
        """The options but ``-h``: how each is given; what it does, with its bounds and its default."""
        records = (
            parameter.get_help_record(self.context)
            for parameter in self.command.params
            if isinstance(parameter, click.Option)
        )
        return list(filter(None, records))

    def names(self) -> set[str]:
        """Return every option that the command knows."""
        given = self.command.get_params(self.context)
        return {name for one in given if isinstance(one, click.Option) for name in one.opts}


def all_commands() -> Iterator[Found]:
    """Yield the program, and its commands and theirs, in the order of the help."""
    yield from _below("drapto", main, None)


def _below(name: str, command: click.Command, parent: click.Context | None) -> Iterator[Found]:
    context = click.Context(command, info_name=name.rsplit(" ", maxsplit=1)[-1], parent=parent)
    yield Found(name, command, context)
    if isinstance(command, click.Group):
        for one in command.list_commands(context):
            found = command.get_command(context, one)
            if found is not None:
                yield from _below(f"{name} {one}", found, context)
