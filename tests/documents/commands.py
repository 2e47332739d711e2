"""The page of all commands: docs/reference/commands.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drapto import errors
from tests.documents.tree import all_commands

if TYPE_CHECKING:
    from tests.documents.tree import Found

HEAD = """\
# Commands

<!-- written by `python -m tests.documents`: change the commands themselves, in drapto/cli/ -->

Every command explains itself: `drapto --help` lists them, and `drapto encode --help` explains one.
This page has the same texts. So has the manual page, `man drapto`.

Every command also takes `-h` and `--help`.
"""


def page() -> str:
    """Return the page."""
    found = list(all_commands())
    listed = [
        f"| [`{one.name}`](#{_anchor(one)}) | {one.command.short_help or one.text[0]} |" for one in found[1:]
    ]
    table = ["| command | does |", "|---|---|", *listed]
    return (
        "\n".join([HEAD, *table, "", *(line for one in found[1:] for line in _section(one)), *_codes()])
        + "\n"
    )


def _anchor(found: Found) -> str:
    return found.name.replace(" ", "-")


def _section(found: Found) -> list[str]:
    lines = [f"## {found.name}", "", "```text", f"{found.name} {found.usage}", "```", ""]
    for paragraph in found.text:
        lines += [_escaped(paragraph), ""]
    if found.options:
        lines += ["| option | does |", "|---|---|"]
        lines += [f"| `{_cell(given)}` | {_cell(_escaped(does))} |" for given, does in found.options]
        lines += [""]
    if found.examples:
        reason = "examples of the help; a test holds their options against the commands"
        lines += [f"<!-- not run: {reason} -->", "```sh", *found.examples, "```", ""]
    return lines


def _escaped(text: str) -> str:
    """Return text of a terminal as Markdown shows it."""
    return text.replace("<", "&lt;").replace("*", "\\*")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


CODES = {
    "0": "Done, or nothing to do.",
    str(errors.EXIT_FAILED): "A task failed. Its line names the file and says what to do.",
    str(errors.EXIT_ERROR): "An error inside drapto, or inside doit.",
    str(errors.EXIT_USAGE): "Refused before any work: a mistyped command, a bad setting, a missing tool, "
    "another run in the same project.",
    str(
        errors.EXIT_RESOURCE
    ): "Stopped because the machine ran out of something, such as disk space or memory. "
    "Run the same command again when that is resolved.",
    str(errors.EXIT_LEFT): "Work is left. Only `drapto status --exit-code` ends with it.",
    str(
        errors.EXIT_INTERRUPTED
    ): "Interrupted, for example by Ctrl-C. Run the same command again to continue.",
}
"""What the exit codes mean."""


def _codes() -> list[str]:
    rows = [f"| {code} | {meaning} |" for code, meaning in CODES.items()]
    return ["## Exit codes", "", "| code | means |", "|---|---|", *rows]
