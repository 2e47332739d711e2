"""`drapto doctor`: whether this machine can do the work, and what to do where it cannot."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from drapto.cli import options
from drapto.cli.output import say
from drapto.errors import EXIT_FAILED

if TYPE_CHECKING:
    from drapto.cli.checkup import Check

MARKS = {"ok": "✓", "warning": "⚠", "failed": "✗"}


@click.command(
    short_help="Check this machine, and say what to do.",
    epilog=options.examples("drapto doctor", "drapto doctor --json"),
)
@options.config_file
@options.set_options
@options.as_json
def doctor(config_file: Path | None, set_: tuple[str, ...], as_json: bool) -> int:
    """Check tools, versions, capabilities, disk, memory and processors, and say what to do."""
    from drapto.cli.checkup import examine  # noqa: PLC0415  loads everything that it checks

    config = options.settings(set_, config_file).config
    checks = examine(Path.cwd(), config)
    if as_json:
        options.echo_json({"checks": [asdict(check) for check in checks]})
    else:
        _print(checks)
    return EXIT_FAILED if any(check.state == "failed" for check in checks) else 0


def _print(checks: list[Check]) -> None:
    width = max(len(check.name) for check in checks)
    for check in checks:
        say(f"{MARKS[check.state]} {check.name:<{width}}  {check.found}")
        if check.remedy:
            say(f"  {'':<{width}}  -> {check.remedy}")
