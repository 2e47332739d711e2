"""Finds the commands, and maps everything that can end one to an exit code."""

from __future__ import annotations

import importlib
import sys
import traceback
from typing import TYPE_CHECKING, Any

import click

from drapto import interrupts
from drapto.cli.output import say, write
from drapto.errors import EXIT_ERROR, EXIT_INTERRUPTED, EXIT_USAGE, DraptoError, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = (
    "init",
    "encode",
    "run",
    "watch",
    "cluster",
    "plan",
    "status",
    "verify",
    "probe",
    "crop",
    "score",
    "sample",
    "report",
    "history",
    "compare",
    "serve",
    "doctor",
    "config",
    "clean",
)
"""In the order of the help: each is ``drapto.cli.<name>`` with a command of that name."""


MOST_NEAR = 2
"""How many options are named in place of one that does not exist."""


ASKED = {"help": "--help", "version": "--version"}
"""What people type as a command, and what it is here."""


class Suggesting(click.Group):
    """A group that answers a command that does not exist with the nearest one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is called; one that does not exist is refused with the nearest name."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from drapto.config.problems import nearest  # noqa: PLC0415  for a mistyped command alone

            known = self.list_commands(ctx)
            if args[0] in ASKED:
                about = f"{args[1]} " if args[0] == "help" and args[1:2] and args[1] in known else ""
                near: str | None = about + ASKED[args[0]]
            else:
                near = nearest(args[0], known)
            said = f"No such command '{args[0]}'"
            if near is not None:
                said += f"; did you mean `{ctx.command_path} {near}`?"
            raise click.UsageError(said, ctx) from error


class Commands(Suggesting):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """Return the commands' names."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  click's
        """Return a command, None where there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"drapto.cli.{cmd_name}"), cmd_name)
        return command

    def main(  # type: ignore[override]  # click's own overloads differ in standalone_mode alone
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        **extra: Any,  # noqa: ANN401  click's
    ) -> None:
        """Run a command and end the process with its exit code."""
        try:
            code = self._code(args, prog_name, extra)
        except Exception:  # noqa: BLE001  a bug, shown as Python shows it; its text may be a stranger's
            if interrupts.was_heard():  # a library may have made another error of it
                code = _interrupted(args)
            else:
                write(traceback.format_exc(), err=True)
                code = EXIT_ERROR
        interrupts.is_over(code)
        sys.exit(code)

    def _code(self, args: Sequence[str] | None, prog_name: str | None, extra: dict[str, Any]) -> int:
        """Return the exit code of a command: what it returns, or what ended it."""
        try:
            result = super().main(args, prog_name, standalone_mode=False, **extra)
        except DraptoError as error:
            return _refused(str(error), error.exit_code)
        except click.ClickException as error:
            return _misused(error)
        except (click.Abort, KeyboardInterrupt):
            result = EXIT_INTERRUPTED
        except OSError as error:
            where = "" if error.filename is None else f"{printable(error.filename)}: "
            return _refused(f"{where}{error.strerror or error}", EXIT_ERROR)
        if result == EXIT_INTERRUPTED:
            return _interrupted(args)
        return result if isinstance(result, int) else 0


def _interrupted(arguments: Sequence[str] | None) -> int:
    """Say how to go on with the command of these arguments, by default this process's own."""
    write(f"error: {interrupts.line('drapto', arguments)}", err=True)  # on one line, to be copied
    return EXIT_INTERRUPTED


def _misused(error: click.ClickException) -> int:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        say(error.ctx.get_help())  # nothing was asked for: the help is the answer, and no error
        return 0
    return _refused(
        _with_help(error) if isinstance(error, click.UsageError) else error.format_message(), EXIT_USAGE
    )


def _with_help(error: click.UsageError) -> str:
    if isinstance(error, click.NoSuchOption) and error.possibilities:
        near = " or ".join(f"`{one}`" for one in error.possibilities[:MOST_NEAR])
        return f"No such option '{error.option_name}'; did you mean {near}?"
    text = error.format_message().rstrip(".")
    return (
        text if error.ctx is None or text.endswith("?") else f"{text}; see `{error.ctx.command_path} --help`"
    )


def _refused(message: str, code: int) -> int:
    say(f"error: {' '.join(message.split())}", err=True)
    return code
