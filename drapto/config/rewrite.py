"""Rewrites an older drapto.toml in the present layout, comments included."""

from __future__ import annotations

import os
import shutil
import tomllib
from typing import TYPE_CHECKING

from drapto.config import layers, migrate, writing
from drapto.config.comments import Comments, read_comments
from drapto.config.loading import read_text, read_toml, validate
from drapto.config.schema import CURRENT_VERSION, Config
from drapto.engine import atomic
from drapto.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from drapto.config.layers import Given, Key


def rewrite(path: Path) -> Path | None:
    """Rewrite the file at ``path`` in the present layout.

    The settings keep their values, and the comments stay with them. The old file is kept beside the new one.

    Returns:
        Where the old file is now; None where it was of the present version, and nothing was done.

    Raises:
        ConfigError: It is not valid, or cannot be written.
    """
    migrated = migrate.migrate(read_toml(path), path)
    given = layers.flatten(Config, migrated.data, str(path))
    config = validate(given)
    if migrated.version == CURRENT_VERSION:
        return None
    text = _text(given, migrated, read_comments(read_text(path)))
    again = validate(layers.flatten(Config, tomllib.loads(text), str(path)))
    if again != config:
        raise ConfigError(
            "would not say the same once it is rewritten", path=path, remedy="rewrite it by hand"
        )
    try:
        backup = _back_up(path)
        atomic.write_text(path, text)
    except OSError as error:
        raise ConfigError(
            f"cannot be rewritten ({error.strerror})", path=path, remedy="check the directory's permissions"
        ) from error
    return backup


def _text(given: dict[Key, Given], migrated: migrate.Migrated, comments: Comments) -> str:
    before = {new: old for old, new in migrated.moved.items()}
    lines = []
    for key, value in sorted(given.items(), key=lambda item: _rank(item[0])):
        old = before.get(key, key)
        lines.append(
            writing.Line(
                key, value.value, above=comments.above.get(old, ()), after=comments.after.get(old, "")
            )
        )
    sections = {
        key[0]: lines for key, lines in comments.above.items() if len(key) == 1 and key not in migrated.moved
    }
    head = "\n".join(comments.top) + "\n\n" if comments.top else ""
    tail = "\n" + "\n".join(comments.end) + "\n" if comments.end else ""
    return head + writing.toml(lines, sections) + tail


def _rank(key: Key) -> tuple[int, ...]:
    """Return where the schema has a setting."""
    order = [known for known, _ in writing.entries(Config())]
    prefix = next((place for place, known in enumerate(order) if known == key), None)
    if prefix is not None:
        return (prefix,)
    return (next((place for place, known in enumerate(order) if known[0] == key[0]), len(order)), 1)


def _back_up(path: Path) -> Path:
    """Copy the file to the first name that is free: ``drapto.toml.bak``, ``drapto.toml.bak2`` and so on."""
    number = 1
    while True:
        backup = path.with_name(f"{path.name}.bak{number if number > 1 else ''}")
        try:
            handle = os.open(backup, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        except FileExistsError:
            number += 1
            continue
        os.close(handle)
        shutil.copy2(path, backup)
        atomic.sync(backup)
        return backup
