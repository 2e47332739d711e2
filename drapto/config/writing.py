"""Writes settings as TOML: what `drapto config show` prints, and the files of `init` and `config migrate`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from drapto.config.keys import join, names_at, setting_at
from drapto.config.schema import Config

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from drapto.config.layers import Key

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


TEMPLATE_HEAD = """\
# drapto's settings, every one with its default: remove the # before one to set it.
# The environment and the command line win over this file; `drapto config show` tells what holds.
"""


TEMPLATE_END = """
# Settings of single titles, by their sources' names, or patterns of these; they stand above all others here.
#     [titles."Mr. Bean*".encoding]
#     preset = 4
"""


@dataclass(frozen=True)
class Line:
    """One setting of a file.

    Attributes:
        key: Its key from the top level.
        value: Its value; None for one that is unset, which TOML cannot say: it is written as a comment.
        above: Comment lines before it, with their ``#``.
        after: A comment behind it, with its ``#``.
        commented: It is itself a comment, to be uncommented.
    """

    key: Key
    value: object
    above: tuple[str, ...] = ()
    after: str = ""
    commented: bool = False


def toml(lines: Iterable[Line], sections: Mapping[str, tuple[str, ...]] | None = None) -> str:
    """Return a file: the top level, then a section for each table, in the order of their first settings.

    Args:
        lines: The settings.
        sections: Comment lines before the sections' headers.
    """
    tables: dict[str, list[Line]] = {"": []}
    for line in lines:
        tables.setdefault(line.key[0] if len(line.key) > 1 else "", []).append(line)
    text: list[str] = []
    for name, members in tables.items():
        if name:
            text += ["", *(sections or {}).get(name, ()), f"[{join((name,))}]"]
        for line in members:
            text += [*line.above, _setting(line, line.key[1:] if name else line.key)]
    return "\n".join(text).strip("\n") + "\n"


def _setting(line: Line, key: Key) -> str:
    value = '""  # not set' if line.value is None else value_text(line.value)
    mark = "# " if line.commented or line.value is None else ""
    return f"{mark}{join(key)} = {value}" + (f"  {line.after}" if line.after else "")


def value_text(value: object) -> str:
    """Return a value as TOML writes it.

    Raises:
        TypeError: Settings have no values of its type.
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() else repr(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return '"' + "".join(_ESCAPES.get(char) or _printable(char) for char in value) + '"'
    if isinstance(value, list):
        return "[" + ", ".join(value_text(item) for item in value) + "]"
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{join((str(key),))} = {value_text(item)}" for key, item in value.items()) + "}"
        )
    raise TypeError(f"{type(value).__name__} is no setting's type")


def _printable(char: str) -> str:
    return char if char.isprintable() else f"\\U{ord(char):08X}"


def dump(config: Config, origins: Mapping[Key, str] | None = None) -> str:
    """Return all settings as a drapto.toml that gives them again.

    Args:
        config: The settings.
        origins: Where each was given, to be written behind it; nothing is where it is None.
    """
    lines = []
    for key, value in entries(config):
        origin = "" if origins is None else f"# {origins.get(key, 'default')}"
        lines.append(Line(key, value, after=origin))
    return toml(lines)


def template() -> str:
    """Return a drapto.toml in which every setting stands as a comment, with its meaning and its default."""
    lines = []
    for key, value in entries(Config()):
        field = setting_at(Config, key)
        if field is None or key == ("version",):
            lines.append(Line(key, value))
        else:
            shown = field.examples[0] if field.examples else value
            lines.append(Line(key, shown, after=f"# {field.description}", commented=True))
    return f"{TEMPLATE_HEAD}\n{toml(lines)}{TEMPLATE_END}"


def entries(config: Config) -> list[tuple[Key, object]]:
    """Return the single settings of ``config`` in the schema's order, sizes as text with their units."""
    found: list[tuple[Key, object]] = []

    def walk(table: Mapping[str, object], above: Key) -> None:
        for name, value in table.items():
            key = (*above, name)
            if isinstance(value, dict) and (value or names_at(Config, key)):
                walk(value, key)
            elif not isinstance(value, dict):
                found.append((key, value))

    walk(config.model_dump(mode="json", by_alias=True), ())
    return found
