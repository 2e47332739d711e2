"""`drapto config`: what holds, and older files brought up to date."""

from __future__ import annotations

from pathlib import Path

import click

from drapto.cli import options
from drapto.cli.group import Suggesting
from drapto.cli.output import say, write
from drapto.config import FILE_NAME
from drapto.errors import ConfigError


@click.group(
    cls=Suggesting,
    short_help="Show the settings, or migrate an older file.",
    epilog=options.examples("drapto config show", "drapto config profiles", "drapto config migrate"),
)
def config() -> None:
    """Show the settings, or rewrite an older drapto.toml."""


@config.command(
    short_help="Show every setting, and who set it.",
    epilog=options.examples("drapto config show", "drapto config show --profile small"),
)
@options.config_file
@options.profile_option
@options.set_options
@options.as_json
def show(config_file: Path | None, profile: str | None, set_: tuple[str, ...], as_json: bool) -> None:
    """Print every setting, as a drapto.toml, with where its value comes from."""
    from drapto.config.writing import dump, entries  # noqa: PLC0415  only needed here

    loaded = options.settings(set_, config_file, {"profile": profile})
    if as_json:
        values = {
            ".".join(key): {"value": value, "origin": loaded.origins.get(key, "default")}
            for key, value in entries(loaded.config)
        }
        options.echo_json(values)
        return
    write(dump(loaded.config, loaded.origins))


@config.command(
    short_help="List the profiles.",
    epilog=options.examples("drapto config profiles", "drapto config profiles --json"),
)
@options.as_json
def profiles(as_json: bool) -> None:
    """List the profiles: those that come with drapto, and your own."""
    from drapto.config.profiles import names  # noqa: PLC0415  only needed here

    known = names()
    if as_json:
        options.echo_json(known)
        return
    for name, meaning in known.items():
        say(f"{name:<12}{meaning}")


@config.command(
    short_help="Rewrite an older drapto.toml.",
    epilog=options.examples("drapto config migrate", "drapto config migrate --config old/drapto.toml"),
)
@options.config_file
def migrate(config_file: Path | None) -> None:
    """Rewrite drapto.toml in today's layout; comments are kept, and the old file beside it."""
    from drapto.config.rewrite import rewrite  # noqa: PLC0415  only needed here

    path = config_file or Path(FILE_NAME)
    if not path.is_file():
        raise ConfigError(
            "is not there", path=path, remedy="run this in the project directory, or give --config"
        )
    backup = rewrite(path)
    say(f"{path} is of today's version" if backup is None else f"{path} rewritten; the old one is {backup}")
