"""Reads the settings: drapto.toml, then the environment, then the command line, the later ones winning."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from drapto.config import keys, layers, migrate, profiles
from drapto.config.environment import read_environment
from drapto.config.overrides import is_of_whole, nested, split
from drapto.config.problems import config_error
from drapto.config.schema import Config
from drapto.errors import ConfigError

if TYPE_CHECKING:
    from drapto.config.layers import Given, Key

FILE_NAME = "drapto.toml"
COMMAND_LINE = "command line"

Overrides = Mapping[str, object] | Sequence[str]


@dataclass(frozen=True)
class Loaded:
    """Settings, and where they came from.

    Attributes:
        config: All settings.
        origins: By key, the file, variable or command line that gave it; what is not here is a default.
        notes: What a user should know of how the file was read, a line each.
        given: What was given for this run alone, by key.
    """

    config: Config
    origins: dict[Key, str]
    notes: tuple[str, ...] = ()
    given: dict[str, object] = field(default_factory=dict)


def load_config(
    root: Path | None = None,
    *,
    file: Path | None = None,
    environ: Mapping[str, str] | None = None,
    overrides: Overrides = (),
) -> Config:
    """Return a project's settings.

    Args:
        root: The project directory, whose ``drapto.toml`` is read where there is one; by default the current
            directory.
        file: Read this file instead; it must be there.
        environ: The environment; the process's own by default.
        overrides: What wins over both: ``section.key=value`` texts, or values by such keys.

    Raises:
        ConfigError: Names the file, variable or option, the key, what is wrong and what to do.
    """
    return load(root, file=file, environ=environ, overrides=overrides).config


def load(
    root: Path | None = None,
    *,
    file: Path | None = None,
    environ: Mapping[str, str] | None = None,
    overrides: Overrides = (),
) -> Loaded:
    """As `load_config`, but also tell where each setting came from."""
    given: dict[Key, Given] = {}
    notes: tuple[str, ...] = ()
    path = find_file(root, file)
    if path is not None:
        migrated = migrate.migrate(read_toml(path), path)
        notes = migrated.notes
        given |= profiles.expand(Config, layers.flatten(Config, migrated.data, str(path)))
    variables = read_environment(os.environ if environ is None else environ)
    above = profiles.expand(Config, variables) | profiles.expand(Config, read_overrides(overrides))
    # what is given for this run stands above what the file has, also for single titles
    given = {key: value for key, value in given.items() if key[:1] != ("titles",) or key[2:] not in above}
    given |= above
    alone = dict(overrides) if isinstance(overrides, Mapping) else {}
    return Loaded(validate(given), {key: value.origin for key, value in given.items()}, notes, alone)


def validate(given: Mapping[Key, Given]) -> Config:
    """Return the checked settings.

    Raises:
        ConfigError: One of them cannot hold.
    """
    project, titles = split(given)
    titles = {name: profiles.expand(Config, own) for name, own in titles.items()}
    for name, own in titles.items():
        for key, value in own.items():
            if is_of_whole(key) or not key:
                what = "holds for all titles" if key else "is not a table of settings"
                raise ConfigError(
                    f"{keys.join(('titles', name, *key))} {what}",
                    path=value.origin,
                    remedy="set it for the project" if key else 'write [titles."Name".encoding] and the like',
                )
        _checked(project | own, name)
    config = _checked(project)
    return config.model_copy(update={"titles": nested(titles)}) if titles else config


def _checked(given: Mapping[Key, Given], title: str | None = None) -> Config:
    """Return the settings of the project, or of a title."""
    try:
        return Config.model_validate(layers.nest(given))
    except ValidationError as error:
        origins = {key: value.origin for key, value in given.items()}
        wrong = config_error(error, Config, origins)
        if title is not None:
            wrong.problem += f" (for {keys.join(('titles', title))})"
        raise wrong from None


def find_file(root: Path | None, file: Path | None) -> Path | None:
    """Return the settings file to read, None where there is none.

    Raises:
        ConfigError: ``file`` is given and not there.
    """
    if file is not None:
        if not file.is_file():
            raise ConfigError("is not a file", path=file, remedy="check the name given with --config")
        return file
    path = (Path() if root is None else root) / FILE_NAME
    return path if path.exists() else None


def read_toml(path: Path) -> dict[str, object]:
    """Return the tables of a TOML file.

    Raises:
        ConfigError: It cannot be read, or is not TOML; the line is named.
    """
    try:
        return tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(path, str(error)) from None


_TWICE = re.compile(r"Cannot declare \((.+?),?\) twice \(at line (\d+)")
"""What tomllib says of a heading that stands there twice, as in a file to which one was added below."""


def _not_toml(path: Path, said: str) -> ConfigError:
    """Return the error of a file that tomllib says this of."""
    if (twice := _TWICE.match(said)) is not None:
        name = twice[1].replace("'", "").replace(", ", ".")
        return ConfigError(
            f"[{name}] stands there a second time in line {twice[2]}",
            path=path,
            remedy="move the settings below it to the first, and remove that line",
        )
    if said.startswith("Cannot overwrite a value"):
        where = f" (line {found[1]})" if (found := re.search(r"at line (\d+)", said)) else ""
        return ConfigError(f"has a setting twice{where}", path=path, remedy="remove one of the two")
    return ConfigError(
        f"is not valid TOML: {said[:1].lower()}{said[1:]}", path=path, remedy="correct that line"
    )


def read_text(path: Path) -> str:
    """Return the text of a settings file, without a byte order mark.

    Raises:
        ConfigError: It cannot be read.
    """
    try:
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise ConfigError("is not UTF-8 text", path=path, remedy="save it as UTF-8") from None
    except OSError as error:
        raise ConfigError(
            f"cannot be read ({error.strerror})", path=path, remedy="check its permissions"
        ) from None


def read_overrides(overrides: Overrides) -> dict[Key, Given]:
    """Return the command line's settings by key.

    Raises:
        ConfigError: A text is not ``section.key=value``.
    """
    given = overrides if isinstance(overrides, Mapping) else dict(read_pair(text) for text in overrides)
    found: dict[Key, Given] = {}
    for text, value in given.items():
        key = keys.split(Config, text)
        nested: dict[str, object] = {}
        layers.put(nested, key, value)
        found |= layers.flatten(Config, nested, COMMAND_LINE)
    return found


def read_pair(text: str) -> tuple[str, object]:
    """Return the key and the value of ``section.key=value``, the value typed as in TOML where it can be.

    Raises:
        ConfigError: There is no key, or no ``=``.
    """
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ConfigError(
            f'"{text}" is not a setting',
            path=COMMAND_LINE,
            remedy="write KEY=VALUE, such as encoding.preset=8",
        )
    return key.strip(), _typed(value.strip())


def _typed(text: str) -> object:
    """Return the TOML value that ``text`` is, or ``text`` itself where it is none."""
    try:
        parsed = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    value = parsed["value"]
    plain = list(parsed) == ["value"] and isinstance(value, str | bool | int | float | dict | list)
    return value if plain else text
