"""Finds the comments of a TOML file, so that a rewritten file keeps them.

This reads lines, not TOML: it is only used on files that have been parsed, and a comment that it misses costs
a remark, never a setting.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drapto.config.layers import Key

_HEADER = re.compile(r"\s*\[([^\[\]]+)\]\s*(#.*)?")
_SETTING = re.compile(
    r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*="""
)


@dataclass
class Comments:
    """The comments of a file.

    Attributes:
        top: Those at its head that a blank line parts from what follows.
        above: By key, those on the lines before a setting or a table's header.
        after: By key, the one behind a setting.
        end: Those after the last setting.
    """

    top: tuple[str, ...] = ()
    above: dict[Key, tuple[str, ...]] = field(default_factory=dict)
    after: dict[Key, str] = field(default_factory=dict)
    end: tuple[str, ...] = ()


def read_comments(text: str) -> Comments:
    """Return the comments of a valid TOML ``text``."""
    comments = Comments()
    table: Key = ()
    waiting: list[str] = []
    begun = False
    for line in text.splitlines():
        if line.lstrip().startswith("#"):
            waiting.append(line.strip())
        elif not line.strip():
            if waiting and not begun:
                comments.top += tuple(waiting)
                waiting = []
        elif (key := _key_of(line, table)) is not None:
            if _HEADER.fullmatch(line):
                table = key
            begun = True
            if waiting:
                comments.above[key] = tuple(waiting)
            waiting = []
            if behind := _behind(line):
                comments.after[key] = behind
    comments.end = tuple(waiting)
    return comments


def _key_of(line: str, table: Key) -> Key | None:
    """Return the key that a line sets, or the table that it opens."""
    if header := _HEADER.fullmatch(line):
        return _parts(header[1])
    if setting := _SETTING.match(line):
        return (*table, *_parts(setting[1]))
    return None


def _parts(text: str) -> Key:
    parts: list[str] = []
    table: object = tomllib.loads(f"{text} = 0")
    while isinstance(table, dict):
        ((name, table),) = table.items()
        parts.append(name)
    return tuple(parts)


def _behind(line: str) -> str:
    """Return the comment behind a setting: from the first ``#`` that no string holds."""
    for match in re.finditer("#", line):
        rest = line[: match.start()]
        try:
            tomllib.loads(rest)
        except tomllib.TOMLDecodeError:
            continue
        return line[match.start() :].rstrip()
    return ""
